/** Reads what every account was owed when a day ended, from the sums that reconciliation left, a part of the directory at a time. */
import { type AccountSums, owedBy } from '#cloud/account-sums.ts';
import type { LiabilityDay, LiabilityFailure } from '#cloud/liability-days.ts';
import type { LiabilityBucket } from '#cloud/liability-tree.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { gatheredKey } from '#wire/liability-object.ts';
import { directoryShards } from '#wire/table-keys.ts';

export type GatherPorts = {
  bucket: LiabilityBucket;
  accountsAfter(shard: number, after: string, limit: number): Promise<string[]>;
  sumsThrough(account: string, day: string): Promise<AccountSums | undefined>;
  /** Names a step's findings; never given twice. */
  newPart(): string;
};

/** Accounts of one step: some 2 MB of rows, and 15 s at 5 ms a read. */
export const accountsPerPart = 20_000;
const accountsPerPage = 500;
const readsAtOnce = 32;

/** A row of what was gathered: an account and its units as text. */
export type OwedRow = [account: string, units: string];

/** The day after the next part; `building` follows the last one. A negative balance fails the day: it would hide what others are owed. */
export async function gatherPart(
  ports: GatherPorts,
  before: LiabilityDay,
): Promise<Omit<LiabilityDay, 'step'>> {
  const { day, shard } = before;
  const rows = new Map<string, OwedRow[]>();
  let { after } = before;
  let seen = 0;
  let page: string[];
  do {
    page = await ports.accountsAfter(shard, after, accountsPerPage);
    const owed = await sideBySide(page, readsAtOnce, (account) => owedTo(ports, account, day));
    const failure = owed.flatMap((each) => each.failure ?? []).at(0);
    if (failure) return { ...before, state: 'failed', failure };
    for (const { account, assets } of owed)
      for (const { asset, units } of assets) {
        const of = rows.get(asset) ?? [];
        of.push([account, units.toString()]);
        rows.set(asset, of);
      }
    after = page.at(-1) ?? after;
    seen += page.length;
  } while (page.length > 0 && seen < accountsPerPart);

  const isShardDone = page.length === 0;
  const next = isShardDone ? { shard: shard + 1, after: '' } : { shard, after };
  const isLast = next.shard === directoryShards;
  return {
    ...before,
    ...next,
    ...(await kept(ports, before, rows)),
    state: isLast ? 'building' : 'gathering',
  };
}

async function owedTo(ports: GatherPorts, account: string, day: string) {
  const sums = isHouse(account) ? undefined : await ports.sumsThrough(account, day);
  const all = sums ? owedBy(sums.book) : [];
  const negative = all.find(({ units }) => units < 0n);
  const details = negative && `${account} is owed ${negative.units} units of ${negative.asset}`;
  return {
    account,
    assets: all.filter(({ units }) => units > 0n),
    ...(details && { failure: { code: 'negative_balance', details } satisfies LiabilityFailure }),
  };
}

/** Writes a part's rows; what is gathered counts them. */
async function kept(
  { bucket, newPart }: GatherPorts,
  { day, parts, gathered }: LiabilityDay,
  rows: ReadonlyMap<string, OwedRow[]>,
): Promise<Pick<LiabilityDay, 'parts' | 'gathered'>> {
  if (rows.size === 0) return { parts, gathered };
  const part = newPart();
  const counts = new Map(gathered.map((each) => [each.asset, each]));
  for (const [asset, of] of rows) {
    await bucket.put(gatheredKey(day, part, asset), Buffer.from(JSON.stringify(of)));
    const known = counts.get(asset) ?? { asset, accounts: 0, units: 0n };
    const units = of.reduce((sum, [, each]) => sum + BigInt(each), known.units);
    counts.set(asset, { asset, accounts: known.accounts + of.length, units });
  }
  const assets = [...rows.keys()].sort();
  return { parts: [...parts, { part, assets }], gathered: [...counts.values()] };
}
