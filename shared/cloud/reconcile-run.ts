/** Reconciles one cleared run: its frames are netted anew and compared, both ways, with what the ledger wrote. Changes nothing. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { runOf } from '#domain/account-book.ts';
import { type CreditChange, changeKey } from '#domain/clearing.ts';
import { compareEntries, compareRun, netRun } from '#domain/compare-run.ts';
import type { GroupId } from '#domain/market.ts';
import type { Difference } from '#domain/reconciliation.ts';
import { feeAccount, ledgerKeys, padded } from '#wire/table-keys.ts';
import { getItems } from './batch-items.ts';
import { type ClearedRun, clearedRun, readRun } from './cleared-run.ts';
import type { JournalFrames } from './journal-frames.ts';
import { isAfter } from './journal-run.ts';
import { type LedgerEntry, readEntry } from './ledger-entry.ts';
import { sideBySide } from './side-by-side.ts';
import { untilSettled } from './transaction.ts';

export type RunReconciling = {
  client: DynamoDBDocumentClient;
  table: string;
  frames: JournalFrames;
};

/**
 * Frames without money between two runs are read too, to see that there was none; of more than so many only the run's own:
 * the comparison with the engine's snapshot would still tell.
 */
const framesBetweenAtMost = 5_000;
/** How far back an account's entry before the run is looked for: the daily pass follows the whole chain. */
const entriesBefore = 20;
const accountsAtOnce = 8;

export async function reconcileRun(
  { client, table, frames: readFrames }: RunReconciling,
  groupId: GroupId,
  toFrame: number,
): Promise<Difference[]> {
  const where = { client, table };
  const run = await clearedRun(where, groupId, toFrame);
  if (!run) return [missingRun(groupId, toFrame)];
  const before = await runBefore(where, run);
  const ownFrom = Math.max(0, Math.min(run.fromFrame, toFrame) - 1);
  const between = before?.toFrame ?? 0;
  const afterFrame =
    between > ownFrom || ownFrom - between > framesBetweenAtMost ? ownFrom : between;
  const { toShardSequence } = run;
  const frames = await readFrames({ groupId, afterFrame, toFrame, toShardSequence });
  const own = frames.filter(({ frame }) => frame >= run.fromFrame);
  const { changes, differences } = netRun(run, own, feeAccount);
  const keys = changes.map((change) => entryKey(change, run));
  const items = await getItems(where, keys);
  const entries = new Map(
    [...items.values()].map((item) => {
      const entry = readEntry(item);
      return [changeKey(entry), entry];
    }),
  );
  return [
    ...differences,
    ...compareRun(run, frames, before),
    ...compareShard(run, frames.at(-1)?.shardSequence, before),
    ...compareEntries(run, changes, entries),
    ...(await compareNeighbours(where, run, entries)),
  ];
}

const entryKey = ({ account, asset }: CreditChange, { groupId, toFrame, atMs }: ClearedRun) =>
  ledgerKeys.entry(account, groupId, toFrame, asset, atMs);

const missingRun = (groupId: GroupId, toFrame: number): Difference => ({
  ...{ kind: 'run_item', groupId, what: `run to frame ${toFrame}` },
  ...{ expected: 'its item', found: 'none' },
});

type Where = { client: DynamoDBDocumentClient; table: string };

async function runBefore({ client, table }: Where, run: ClearedRun) {
  const query = new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk < :own',
    ExpressionAttributeValues: {
      ':pk': ledgerKeys.runs(run.groupId),
      ':own': padded(run.toFrame),
    },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: 1,
  });
  const { Items: [item] = [] } = await untilSettled(() => client.send(query));
  return item && readRun(item);
}

/** Where in the stream the run lies: behind the one before, and no further than its last frame. */
function compareShard(
  run: ClearedRun,
  lastSequence: string | undefined,
  before: ClearedRun | undefined,
): Difference[] {
  const found: Difference[] = [];
  const say = (what: string, expected: string, actual: string) =>
    found.push({
      ...{ kind: 'run_order', groupId: run.groupId, what: `run to frame ${run.toFrame}: ${what}` },
      ...{ expected, found: actual },
    });
  const { fromShardSequence, toShardSequence } = run;
  // An epoch record or a repeated put behind the last frame may belong to the run.
  if (lastSequence && isAfter(lastSequence, toShardSequence))
    say('last record', `${lastSequence} or later`, toShardSequence);
  if (before && isAfter(before.toShardSequence, fromShardSequence))
    say('record before its first', `${before.toShardSequence} or later`, fromShardSequence);
  return found;
}

/** Each entry against the one before it in the same pair group, and entries of this run that nobody should have. */
async function compareNeighbours(
  where: Where,
  run: ClearedRun,
  entries: ReadonlyMap<string, LedgerEntry>,
): Promise<Difference[]> {
  const accounts = [...new Set([...entries.values()].map(({ account }) => account))];
  const found = await sideBySide(accounts, accountsAtOnce, async (account) => {
    const { earlier, isWhole } = await entriesUntil(where, account, run);
    const own = [...entries.values()].filter((entry) => entry.account === account);
    return [
      ...own.flatMap((entry) => compareAfter(entry, run.groupId, earlier, isWhole)),
      ...earlier.flatMap((entry) => doubled(entry, run, entries)),
    ];
  });
  return found.flat();
}

async function entriesUntil({ client, table }: Where, account: string, run: ClearedRun) {
  const query = new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk < :end',
    ExpressionAttributeValues: {
      ':pk': ledgerKeys.entries(account),
      // Behind everything of the run's own moment.
      ':end': padded(run.atMs + 1),
    },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: entriesBefore,
  });
  const answer = await untilSettled(() => client.send(query));
  return { earlier: (answer.Items ?? []).map(readEntry), isWhole: !answer.LastEvaluatedKey };
}

function compareAfter(
  entry: LedgerEntry,
  groupId: GroupId,
  earlier: readonly LedgerEntry[],
  isWhole: boolean,
): Difference[] {
  const own = runOf(entry)?.toFrame ?? 0;
  const before = earlier.find((each) => {
    const run = runOf(each);
    return run?.groupId === groupId && run.toFrame < own && each.asset === entry.asset;
  });
  if (!before && !isWhole) return [];
  const expected = (before?.frozenAfterUnits ?? 0n) + entry.frozenUnits;
  if (entry.frozenAfterUnits === expected) return [];
  const { account, asset, entryId } = entry;
  return [
    {
      ...{ kind: 'entry_after', account, asset, what: `${entryId} frozen after` },
      ...{ expected: String(expected), found: String(entry.frozenAfterUnits) },
    },
  ];
}

function doubled(
  entry: LedgerEntry,
  { groupId, toFrame }: ClearedRun,
  entries: ReadonlyMap<string, LedgerEntry>,
): Difference[] {
  const run = runOf(entry);
  if (run?.groupId !== groupId || run.toFrame !== toFrame) return [];
  if (entries.get(changeKey(entry))?.entryId === entry.entryId) return [];
  const { account, asset, entryId } = entry;
  return [
    {
      ...{ kind: 'entry_extra', account, asset, what: `${entryId} of run ${groupId}#${toFrame}` },
      ...{ expected: 'no such entry', found: `frozen ${entry.frozenUnits}` },
    },
  ];
}
