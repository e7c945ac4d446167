/**
 * One owner's money in the ledger and in the vault's contract, compared at one cut: the contract as of the final block through which
 * facts are taken, with the last batch that it had settled there; the ledger as it is now, less the trades behind that batch.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Asset, type AssetId, atomsPerUnit } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import { chainKeys, directoryShards, ledgerKeys } from '#wire/table-keys.ts';
import { getItems, keyText } from './batch-items.ts';
import { dustOf } from './chain-dust.ts';
import { readFactCursor } from './follow-facts.ts';
import { readBalances } from './ledger-balances.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { queryAll, queryPage } from './query.ts';
import { readBatch } from './settlement-batches.ts';
import { sideBySide } from './side-by-side.ts';
import { accountEntries } from './statement-store.ts';
import { storedNumber } from './stored-number.ts';
import type { VaultReads } from './vault-reads.ts';

export type AccountComparison = {
  asset: AssetId;
  /** All of the owner's accounts together, and what of it trades behind the batch have brought (or taken, negative). */
  ledgerUnits: bigint;
  unsettledUnits: bigint;
  dustAtoms: bigint;
  vaultAtoms: bigint;
  /** What the ledger says that the vault should hold. */
  expectedAtoms: bigint;
};

export type ComparePorts = {
  client: DynamoDBDocumentClient;
  chainTable: string;
  ledgerTable: string;
  reads: Pick<VaultReads, 'lastBatch' | 'balanceOf'>;
  assets(): Promise<readonly Asset[]>;
  groups: readonly GroupId[];
  pause(ms: number): Promise<void>;
};

/** While money moves, some looks fall between two books: a difference is what the last of so many still sees. */
const looks = 10;
const pauseMs = 500;
const shardsAtOnce = 8;
const rowsPerPage = 500;
/** Batches of a group that can be planned beyond the one that is settled. */
const plannedAtMost = 500;

export async function compareWithVault(
  ports: ComparePorts,
  owner: string,
): Promise<AccountComparison[]> {
  for (let look = 1; ; look += 1) {
    const compared = await compareOnce(ports, owner);
    const differs = compared.some((each) => each.vaultAtoms !== each.expectedAtoms);
    if (!differs || look === looks) return compared;
    await ports.pause(pauseMs);
  }
}

async function compareOnce(ports: ComparePorts, owner: string): Promise<AccountComparison[]> {
  const { client, chainTable, reads } = ports;
  const chain = { client, table: chainTable };
  const { finalNumber } = await readFactCursor({ ...chain, consumer: 'chain-facts' });
  const lastBatch = finalNumber === 0 ? 0 : Number(await reads.lastBatch(finalNumber));
  const accounts = [owner, ...(await subAccountsOf(ports, owner))];
  const unsettled = await unsettledOf(ports, owner, lastBatch);
  const owned = await ownedBy(ports, accounts);
  const compared: AccountComparison[] = [];
  for (const asset of await ports.assets()) {
    const ledgerUnits = owned.get(asset.id) ?? 0n;
    const unsettledUnits = unsettled.get(asset.id) ?? 0n;
    const dustAtoms = await dustOf(chain, owner, asset.id);
    const vaultAtoms =
      finalNumber === 0 ? 0n : await reads.balanceOf(owner, asset.chainAsset, finalNumber);
    const expectedAtoms = (ledgerUnits - unsettledUnits) * atomsPerUnit(asset) + dustAtoms;
    const sums = { ledgerUnits, unsettledUnits, dustAtoms, vaultAtoms, expectedAtoms };
    compared.push({ asset: asset.id, ...sums });
  }
  return compared;
}

/** They are called `owner/name`, and to the vault they are the owner. */
async function subAccountsOf(ports: ComparePorts, owner: string): Promise<string[]> {
  const where = { client: ports.client, table: ports.ledgerTable };
  const shards = Array.from({ length: directoryShards }, (_, shard) => shard);
  const found = await sideBySide(shards, shardsAtOnce, (shard) =>
    queryPage(where, ledgerKeys.directoryShard(shard), {
      // The sign behind `/` ends the names that begin so.
      ...{ limit: rowsPerPage, after: `${owner}/`, before: `${owner}0` },
    }),
  );
  return found.flatMap(({ items }) => items.map(({ sk }) => String(sk)));
}

async function ownedBy(
  { client, ledgerTable }: ComparePorts,
  accounts: readonly string[],
): Promise<Map<AssetId, bigint>> {
  const owned = new Map<AssetId, bigint>();
  for (const account of accounts) {
    const items = await queryAll({ client, table: ledgerTable }, ledgerKeys.account(account));
    for (const { asset, available, withdrawing, credit } of readBalances(items)) {
      const lent = credit.reduce((sum, { frozen, pending }) => sum + frozen + pending, 0n);
      owned.set(asset, (owned.get(asset) ?? 0n) + available + withdrawing + lent);
    }
  }
  return owned;
}

/** What entries behind the batch have moved: everything matched through its time is in it or before it. */
async function unsettledOf(
  ports: ComparePorts,
  owner: string,
  lastBatch: number,
): Promise<Map<AssetId, bigint>> {
  const { client, chainTable, ledgerTable } = ports;
  const batch = lastBatch === 0 ? undefined : await readBatch({ client, chainTable }, lastBatch);
  const through = new Map<GroupId, number>();
  for (const groupId of ports.groups)
    through.set(groupId, await settledThrough(ports, groupId, lastBatch));
  const moved = new Map<AssetId, bigint>();
  let cursor: string | undefined;
  do {
    const page = await accountEntries({ client, table: ledgerTable }, owner, {
      ...{ limit: rowsPerPage, fromMs: batch?.matchedThroughMs ?? 0 },
      ...(cursor === undefined ? {} : { cursor }),
    });
    const gifts = await giftsBehind(ports, page.entries, lastBatch);
    for (const entry of page.entries) {
      const units = gifts.get(entry.entryId) ?? tradedBehind(entry, through);
      moved.set(entry.asset, (moved.get(entry.asset) ?? 0n) + units);
    }
    ({ cursor } = page);
  } while (cursor !== undefined);
  return moved;
}

async function settledThrough(
  { client, chainTable }: ComparePorts,
  groupId: GroupId,
  lastBatch: number,
): Promise<number> {
  const where = { client, table: chainTable };
  const { items } = await queryPage(where, chainKeys.batchesOf(groupId), { limit: plannedAtMost });
  const settled = items.find(({ batchId }) => storedNumber(batchId) <= lastBatch);
  return settled ? Number(settled['sk']) : 0;
}

function tradedBehind(
  { business, businessId, trades }: LedgerEntry,
  through: ReadonlyMap<GroupId, number>,
): bigint {
  if (business !== 'clearing') return 0n;
  const settled = through.get(businessId.slice(0, businessId.lastIndexOf('#'))) ?? 0;
  return trades
    .filter(({ sequence }) => sequence > settled)
    .reduce((sum, { units, feeUnits }) => sum + units - feeUnits, 0n);
}

/** Gifts of the house that no settled batch carries, and repairs of batches that are not settled, by their entries. */
async function giftsBehind(
  { client, chainTable }: ComparePorts,
  entries: readonly LedgerEntry[],
  lastBatch: number,
): Promise<Map<string, bigint>> {
  const gifts = entries.filter(({ business }) => business === 'adjust');
  const keyOf = ({ businessId }: LedgerEntry) => chainKeys.houseTransfer(businessId);
  const rows = await getItems({ client, table: chainTable }, gifts.map(keyOf));
  const batchOf = (entry: LedgerEntry): number => {
    const [, repaired] = /^insured:(\d+):/.exec(entry.businessId) ?? [];
    if (repaired !== undefined) return Number(repaired);
    const row = rows.get(keyText(keyOf(entry)));
    return row ? storedNumber(row['batchId']) : Number.POSITIVE_INFINITY;
  };
  return new Map(
    gifts.map((entry) => [entry.entryId, batchOf(entry) > lastBatch ? entry.availableUnits : 0n]),
  );
}
