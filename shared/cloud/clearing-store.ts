/**
 * Posts a run of frames to the ledger exactly once, in as many transactions as it needs (PROTOCOL 4).
 *
 * The cursor item of a pair group holds the watermark and, while a run is half posted, `{ toFrame, toShardSequence, cursor }`.
 * Every transaction compares the item's `version`, so a second try, or an older process that still runs, can only
 * go on where the last one ended. `frozen` is set, on condition of the value read before: one group's clearing alone
 * writes it. The available side of a return is contended and only added to.
 */
import { type DynamoDBDocumentClient, GetCommand, TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type CreditChange, changeKey, frozenChange, netFrames } from '#domain/clearing.ts';
import type { GroupId } from '#domain/market.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { feeAccount, ledgerKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import type { JournalRun } from './journal-run.ts';
import { clearingEntry } from './ledger-entry.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
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

type Where = { client: DynamoDBDocumentClient; table: string };

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
  const done = run ? changes.filter((change) => changeKey(change) <= run.cursor).length : 0;
  const atMs = frames.at(-1)?.atMs ?? 0;
  let position = begin;
  let left = changes.slice(done);
  do {
    const part = await nextPart(where, left, { groupId, toFrame: to.frame, atMs });
    if (part.overdrawn !== undefined) {
      const now = await settledPosition(where, groupId);
      // Another process has posted this run between our two reads: the credit that we saw is what it left.
      if (now.version !== position.version) return now;
      throw new ClearingMismatch(`${groupId}, run to frame ${to.frame}: ${part.overdrawn}`);
    }
    left = left.slice(part.count);
    const next = positionAfter(position, to, left.length === 0 ? undefined : part.lastKey);
    const writes = [cursorWrite(where.table, groupId, position, next), ...part.writes];
    const outcome = await transact(where.client, writes);
    if (outcome.status === 'refused') {
      const now = await settledPosition(where, groupId);
      // Another process went on from here, or our own answer was lost: either way its position counts.
      if (now.version !== position.version) return now;
      throw new ClearingMismatch(
        `${groupId}, run to frame ${to.frame}: the condition of ${describe(writes, outcome.failed)} does not hold`,
      );
    }
    position = next;
  } while (left.length > 0);
  return position;
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
): Write {
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
  };
}

type RunName = { groupId: GroupId; toFrame: number; atMs: number };

/** As many changes as fit one transaction beside the cursor, with the writes that post them. */
async function nextPart(where: Where, left: readonly CreditChange[], run: RunName) {
  let items = 1;
  const fitting: CreditChange[] = [];
  for (const change of left) {
    items += 2 + (change.granted ? 1 : 0) + (change.returnedUnits > 0n ? 1 : 0);
    if (items > transactionItemLimit) break;
    fitting.push(change);
  }
  const keyOf = (change: CreditChange) =>
    ledgerKeys.credit(change.account, change.asset, run.groupId);
  const credits = await getItems(where, fitting.map(keyOf));
  const creditOf = (change: CreditChange) => credits.get(keyText(keyOf(change))) ?? {};
  const overdrawn = fitting.find((change) => frozenAfter(change, creditOf(change)) < 0n);
  const last = fitting.at(-1);
  return {
    writes: fitting.flatMap((change) => postings(where.table, change, creditOf(change), run)),
    count: fitting.length,
    lastKey: last ? changeKey(last) : '',
    ...(overdrawn
      ? {
          overdrawn: `${changeKey(overdrawn)} would have ${frozenAfter(overdrawn, creditOf(overdrawn))} frozen`,
        }
      : {}),
  };
}

const frozenAfter = (change: CreditChange, credit: Item): bigint =>
  storedUnits(credit['frozen']) + frozenChange(change);

/** Everything that one change writes: its credit and its entry, the end of a grant, the gain of a return. */
function postings(table: string, change: CreditChange, credit: Item, run: RunName): Write[] {
  const frozenAfterUnits = frozenAfter(change, credit);
  const entry = clearingEntry(change, { ...run, frozenAfterUnits });
  const writes: Write[] = [
    creditWrite(table, change, credit, { groupId: run.groupId, frozenAfterUnits }),
    {
      Put: { TableName: table, Item: entry, ConditionExpression: 'attribute_not_exists(pk)' },
    },
  ];
  if (change.granted) {
    writes.push({
      Delete: {
        TableName: table,
        Key: ledgerKeys.pendingGrant(run.groupId, change.account, change.asset),
        ConditionExpression: 'grantNumber = :number',
        ExpressionAttributeValues: { ':number': change.granted.grantNumber },
      },
    });
  }
  if (change.returnedUnits > 0n) writes.push(returnWrite(table, change, run.groupId));
  return writes;
}

function creditWrite(
  table: string,
  change: CreditChange,
  credit: Item,
  after: { groupId: GroupId; frozenAfterUnits: bigint },
): Write {
  const { granted } = change;
  const known = credit['frozen'] !== undefined;
  return {
    Update: {
      TableName: table,
      Key: ledgerKeys.credit(change.account, change.asset, after.groupId),
      UpdateExpression: `SET frozen = :after${granted ? ' REMOVE pendingNumber, pendingUnits, pendingClock' : ''} ADD version :one`,
      ConditionExpression: [
        known ? 'frozen = :before' : 'attribute_not_exists(frozen)',
        ...(granted ? ['pendingNumber = :number AND pendingUnits = :granted'] : []),
      ].join(' AND '),
      ExpressionAttributeValues: {
        ':after': after.frozenAfterUnits,
        ':one': 1n,
        ...(known ? { ':before': credit['frozen'] } : {}),
        ...(granted ? { ':number': granted.grantNumber, ':granted': granted.units } : {}),
      },
    },
  };
}

function returnWrite(table: string, change: CreditChange, groupId: GroupId): Write {
  return {
    Update: {
      TableName: table,
      Key: ledgerKeys.balance(change.account, change.asset),
      // Only this group writes this clock, and its frames' clocks grow: nothing needs comparing.
      UpdateExpression:
        'SET #clock = :clock, #returnNumber = :number ADD available :units, grantable :units, #returnedUnits :units, #returns :one, version :one',
      ExpressionAttributeNames: {
        '#clock': `clock#${groupId}`,
        '#returns': 'returns',
        '#returnNumber': `returnNumber#${groupId}`,
        '#returnedUnits': `returnedUnits#${groupId}`,
      },
      ExpressionAttributeValues: {
        ':clock': change.returnedClock,
        ':number': change.returnNumber,
        ':units': change.returnedUnits,
        ':one': 1n,
      },
    },
  };
}

function describe(writes: readonly Write[], failed: readonly number[]): string {
  const keys = failed.map((at) => {
    const write = writes[at];
    const key = write?.Put?.Item ?? write?.Update?.Key ?? write?.Delete?.Key;
    return key ? `${key['pk']} ${key['sk']}` : `write ${at}`;
  });
  return keys.join(', ');
}
