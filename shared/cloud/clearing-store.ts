/**
 * Posts a run of frames to the ledger exactly once, in as many transactions as it needs (PROTOCOL 4).
 *
 * The cursor item of a pair group holds the watermark and, while a run is half posted, `{ toFrame, toShardSequence, cursor }`.
 * Every transaction compares the item's `version`, so a second try, or an older process that still runs, can only
 * go on where the last one ended. `frozen` is set, on condition of the value read before: one group's clearing alone
 * writes it. The available side of a return is contended and only added to. The last transaction also keeps the run
 * itself (`cleared-run.ts`) and its rows of the outbox: what follows from a run happens because it is cleared, and only then.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactGetCommand,
} from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type CreditChange, changeKey, netFrames } from '#domain/clearing.ts';
import type { GroupId } from '#domain/market.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { feeAccount, ledgerKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import type { ClearedRun } from './cleared-run.ts';
import {
  changeWrites,
  endWrites,
  endWritesAtMost,
  frozenAfter,
  writesOf,
} from './clearing-writes.ts';
import { type JournalRun, tradesOf } from './journal-run.ts';
import { storedNumber } from './stored-number.ts';
import { transact, transactionItemLimit, untilSettled, type Write } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

/** A run whose first transaction is written and whose last is not. */
export type OpenRun = {
  toFrame: number;
  toShardSequence: string;
  /** The key of the last change that was posted. */
  cursor: string;
};

export type ClearingPosition = { watermark: Watermark; run?: OpenRun; version: number };

/** A condition failed that nothing but a bug, or a hand in the table, can break. */
export class ClearingMismatch extends Error {
  override name = 'ClearingMismatch';
}

export type ClearingStore = {
  position(groupId: GroupId): Promise<ClearingPosition>;
  /**
   * Posts a run that begins at `position`, or what is left of the open one. Answers the position after it;
   * where another process moved the position in between, answers that one, and the caller decides anew.
   */
  post(
    groupId: GroupId,
    position: ClearingPosition,
    run: Pick<JournalRun, 'frames' | 'to'>,
  ): Promise<ClearingPosition>;
};

type Where = {
  client: DynamoDBDocumentClient;
  table: string;
  /** Where it says that a run is cleared; nobody hears of it where absent. */
  outboxTable?: string;
  /** Whether trades settle on a chain: then a run of trades is told to settlement too. */
  settles?: boolean;
  /** At least 9: a change and the end of its run. The service's limit where absent; less, so that small runs of a test take several. */
  itemsPerTransaction?: number;
};

export function createClearingStore(where: Where): ClearingStore {
  return {
    position: (groupId) => readPosition(where, groupId),
    post: (groupId, position, run) => postRun(where, groupId, position, run),
  };
}

async function readPosition({ client, table }: Where, groupId: GroupId): Promise<ClearingPosition> {
  const key = ledgerKeys.cursor(groupId);
  const get = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
  const { Item: item } = await client.send(get);
  return positionIn(item);
}

/**
 * The position with no transaction on it under way: one that is committed reaches its items one after the other, so that a
 * plain read may see its credit and not yet its cursor.
 */
async function settledPosition(
  { client, table }: Where,
  groupId: GroupId,
): Promise<ClearingPosition> {
  const Get = { TableName: table, Key: ledgerKeys.cursor(groupId) };
  const { Responses: [cursor] = [] } = await untilSettled(() =>
    client.send(new TransactGetCommand({ TransactItems: [{ Get }] })),
  );
  return positionIn(cursor?.Item);
}

function positionIn(item: Item | undefined): ClearingPosition {
  const run = item?.['run'] as Item | undefined;
  return {
    watermark: readWatermark(item?.['watermark']),
    version: storedNumber(item?.['version']),
    ...(run
      ? {
          run: {
            toFrame: storedNumber(run['toFrame']),
            toShardSequence: String(run['toShardSequence']),
            cursor: String(run['cursor']),
          },
        }
      : {}),
  };
}

async function postRun(
  where: Where,
  groupId: GroupId,
  begin: ClearingPosition,
  { frames, to }: Pick<JournalRun, 'frames' | 'to'>,
): Promise<ClearingPosition> {
  const { run } = begin;
  assert(
    !run || (run.toFrame === to.frame && run.toShardSequence === to.shardSequence),
    'an open run is finished before another begins',
  );
  const changes = netFrames(frames, feeAccount);
  if (changes.length === 0) return moveOn(where, groupId, begin, to);
  const cleared = clearedBy(groupId, begin.watermark, { frames, to }, changes.length);
  const done = run ? changes.filter((change) => changeKey(change) <= run.cursor).length : 0;
  let left = changes.slice(done);
  // All at once: nobody else writes what is frozen, and whoever posts this run instead of us moves the cursor.
  const credits = await getItems(where, left.map(creditKey(groupId)));
  const limit = where.itemsPerTransaction ?? itemsAtOnce(changes);
  let position = begin;
  while (left.length > 0) {
    const part = left.slice(0, partOf(left, limit));
    left = left.slice(part.length);
    const lastKey = part.at(-1);
    assert(lastKey, 'a transaction without a change');
    const next = positionAfter(position, to, left.length === 0 ? undefined : changeKey(lastKey));
    const problem =
      overdrawn(part, groupId, credits) ??
      (await tryToWrite(where.client, [
        cursorWrite(where.table, groupId, position, next),
        ...part.flatMap((change) =>
          changeWrites(where.table, change, creditOf(credits, groupId, change), cleared),
        ),
        ...(left.length === 0 ? endWrites(where, cleared, changes) : []),
      ]));
    if (problem !== undefined) {
      const now = await settledPosition(where, groupId);
      // Another process went on from here, or our own answer was lost: either way its position counts.
      if (now.version !== position.version) return now;
      throw new ClearingMismatch(`${groupId}, run to frame ${to.frame}: ${problem}`);
    }
    position = next;
  }
  return position;
}

/** Frames that move no money move the watermark alone: one plain write, half the price of a transaction. */
async function moveOn(
  where: Where,
  groupId: GroupId,
  from: ClearingPosition,
  to: Watermark,
): Promise<ClearingPosition> {
  const next = positionAfter(from, to, undefined);
  const { Put: put } = cursorWrite(where.table, groupId, from, next);
  try {
    await untilSettled(() => where.client.send(new PutCommand(put)));
    return next;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const now = await settledPosition(where, groupId);
    if (now.version !== from.version) return now;
    throw new ClearingMismatch(`${groupId}, to frame ${to.frame}: the cursor does not hold`);
  }
}

function clearedBy(
  groupId: GroupId,
  from: Watermark,
  { frames, to }: Pick<JournalRun, 'frames' | 'to'>,
  changes: number,
): ClearedRun {
  return {
    groupId,
    fromFrame: from.frame + 1,
    toFrame: to.frame,
    fromShardSequence: from.shardSequence,
    toShardSequence: to.shardSequence,
    atMs: frames.at(-1)?.atMs ?? 0,
    clock: to.clock,
    trades: tradesOf(frames).length,
    changes,
  };
}

function positionAfter(
  position: ClearingPosition,
  to: Watermark,
  cursor: string | undefined,
): ClearingPosition {
  const version = position.version + 1;
  if (cursor === undefined) return { watermark: to, version };
  const run = { toFrame: to.frame, toShardSequence: to.shardSequence, cursor };
  return { watermark: position.watermark, run, version };
}

function cursorWrite(
  table: string,
  groupId: GroupId,
  from: ClearingPosition,
  next: ClearingPosition,
) {
  return {
    Put: {
      TableName: table,
      Item: { ...ledgerKeys.cursor(groupId), ...next },
      ...(from.version === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: '#version = :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': from.version },
          }),
    },
  } satisfies Write;
}

/**
 * A small run is a hot market's, whose few accounts also grant and deposit: whoever meets a transaction on one of his items waits for it,
 * so short ones let him by, at two writes more for each cursor (a tenth more than long ones). A large run needs its fifty transactions to be no more.
 */
const itemsOfSmallRun = 300;
const itemsTogether = 10;

function itemsAtOnce(changes: readonly CreditChange[]): number {
  const items = changes.reduce((sum, change) => sum + writesOf(change), 0);
  return items <= itemsOfSmallRun ? itemsTogether : transactionItemLimit;
}

/** How many of the changes fit one transaction beside the cursor; where all do, the run's end must fit too. */
function partOf(left: readonly CreditChange[], limit: number): number {
  let items = 1;
  let count = 0;
  for (const change of left) {
    if (items + writesOf(change) > limit) return count;
    items += writesOf(change);
    count += 1;
  }
  return items + endWritesAtMost > limit ? count - 1 : count;
}

const creditKey =
  (groupId: GroupId) =>
  ({ account, asset }: CreditChange) =>
    ledgerKeys.credit(account, asset, groupId);

type Credits = ReadonlyMap<string, Item>;

const creditOf = (credits: Credits, groupId: GroupId, change: CreditChange): Item =>
  credits.get(keyText(creditKey(groupId)(change))) ?? {};

function overdrawn(
  part: readonly CreditChange[],
  groupId: GroupId,
  credits: Credits,
): string | undefined {
  for (const change of part) {
    const after = frozenAfter(change, creditOf(credits, groupId, change));
    if (after < 0n) return `${changeKey(change)} would have ${after} frozen`;
  }
  return undefined;
}

/** Answers which condition did not hold. */
async function tryToWrite(
  client: DynamoDBDocumentClient,
  writes: readonly Write[],
): Promise<string | undefined> {
  const outcome = await transact(client, writes);
  if (outcome.status === 'written') return undefined;
  return `the condition of ${describe(writes, outcome.failed)} does not hold`;
}

function describe(writes: readonly Write[], failed: readonly number[]): string {
  const keys = failed.map((at) => {
    const write = writes[at];
    const key = write?.Put?.Item ?? write?.Update?.Key ?? write?.Delete?.Key;
    return key ? `${key['pk']} ${key['sk']}` : `write ${at}`;
  });
  return keys.join(', ');
}
