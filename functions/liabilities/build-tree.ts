/** Builds the tree of a day's next asset from what was gathered, and publishes the day after the last one. */
import type { AccountSums } from '#cloud/account-sums.ts';
import { owedBy } from '#cloud/account-sums.ts';
import type {
  GatheredAsset,
  LiabilityDay,
  LiabilityFailure,
  PublishedTree,
  VaultHeld,
} from '#cloud/liability-days.ts';
import { type SaltOf, sha256 } from '#cloud/liability-salt.ts';
import { addLeaf, type LiabilityBucket, leavesFor, writeTree } from '#cloud/liability-tree.ts';
import { assert } from '#domain/assertion.ts';
import type { Asset, AssetId } from '#domain/asset.ts';
import { rootOf } from '#domain/liability-proof.ts';
import type { Reconciliation } from '#domain/reconciliation.ts';
import { toHex } from '#wire/hex-digits.ts';
import { gatheredKey } from '#wire/liability-object.ts';
import { houseAccounts, vaultAccount } from '#wire/table-keys.ts';
import type { OwedRow } from './gather-owed.ts';

export type BuildPorts = {
  bucket: LiabilityBucket;
  saltOf: SaltOf;
  sumsThrough(account: string, day: string): Promise<AccountSums | undefined>;
  /** The day's, finished. */
  reconciled(day: string): Promise<Reconciliation | undefined>;
  assets(): Promise<Asset[]>;
  /** What the vault held when the day ended; `ledgerUnits` is what the house's vault account says. */
  vaultAt(day: string, asset: AssetId, ledgerUnits: bigint): Promise<VaultHeld>;
  nowMs(): number;
};

/** The day with one more tree, published with its last one, or failed. */
export async function buildTree(
  ports: BuildPorts,
  before: LiabilityDay,
): Promise<Omit<LiabilityDay, 'step'>> {
  const house = await houseSums(ports, before.day);
  const names = [...before.gathered.map(({ asset }) => asset), ...house.keys()];
  const assets = [...new Set(names)].sort();
  const asset = assets[before.trees.length];
  if (asset === undefined) return { ...before, state: 'published', publishedAtMs: ports.nowMs() };
  const gathered = before.gathered.find((each) => each.asset === asset) ?? {
    ...{ asset, accounts: 0, units: 0n },
  };
  const failure = await failureOf(ports, before.day, gathered, house);
  if (failure) return { ...before, state: 'failed', failure };
  const listed = (await ports.assets()).find(({ id }) => id === asset);
  if (!listed) {
    const details = `${asset} is in the ledger and not in the directory of assets`;
    return { ...before, state: 'failed', failure: { code: 'unknown_asset', details } };
  }
  const ledgerUnits = -(house.get(asset)?.get(vaultAccount) ?? 0n);
  const vault = await ports.vaultAt(before.day, asset, ledgerUnits);
  const tree = { ...(await treeOf(ports, before, gathered, listed.decimals)), ...vault };
  return { ...before, trees: [...before.trees, tree] };
}

async function treeOf(
  { bucket, saltOf }: BuildPorts,
  { day, parts }: LiabilityDay,
  { asset, accounts, units }: GatheredAsset,
  decimals: number,
): Promise<Omit<PublishedTree, keyof VaultHeld>> {
  const leaves = leavesFor({ day, asset }, accounts);
  for (const { part, assets } of parts) {
    if (!assets.includes(asset)) continue;
    const bytes = await bucket.get(gatheredKey(day, part, asset));
    const rows = JSON.parse(Buffer.from(bytes).toString()) as OwedRow[];
    for (const [account, owed] of rows) addLeaf(leaves, saltOf, account, BigInt(owed));
  }
  const top = await writeTree(bucket, leaves);
  assert(top.units === units, `${day} ${asset}: the tree holds ${top.units} of ${units} units`);
  const root = toHex(rootOf(sha256, { day, asset, decimals, accounts, top }));
  return { day, asset, decimals, accounts, root, totalUnits: units.toString() };
}

/** No account was passed over: users and house cancel, and reconciliation counted the same. */
async function failureOf(
  { reconciled }: BuildPorts,
  day: string,
  { asset, units }: GatheredAsset,
  house: ReadonlyMap<AssetId, ReadonlyMap<string, bigint>>,
): Promise<LiabilityFailure | undefined> {
  const ofHouse = [...(house.get(asset)?.values() ?? [])].reduce((sum, each) => sum + each, 0n);
  if (units + ofHouse !== 0n) {
    const details = `${asset}: users are owed ${units} units, the house ${ofHouse}`;
    return { code: 'does_not_balance', details };
  }
  const totals = (await reconciled(day))?.totals.find((each) => each.asset === asset);
  if (!totals) return undefined;
  const { available, withdrawing, frozen } = totals.users;
  const counted = Object.values(frozen).reduce((sum, each) => sum + each, available + withdrawing);
  if (counted === units) return undefined;
  const details = `${asset}: ${units} units here, ${counted} in the reconciliation of ${day}`;
  return { code: 'differs_from_reconciliation', details };
}

async function houseSums({ sumsThrough }: BuildPorts, day: string) {
  const house = new Map<AssetId, Map<string, bigint>>();
  for (const account of houseAccounts) {
    const sums = await sumsThrough(account, day);
    for (const { asset, units } of sums ? owedBy(sums.book) : []) {
      const of = house.get(asset) ?? new Map<string, bigint>();
      house.set(asset, of.set(account, units));
    }
  }
  return house;
}
