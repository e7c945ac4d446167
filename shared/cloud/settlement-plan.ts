/**
 * The plan of settlement: how far each pair group's trades are in batches. A batch, what it holds and the plan behind it are one
 * transaction, on condition of the plan that it was made from: of two planners at once one plans, the other looks again.
 */
import { type DynamoDBDocumentClient, GetCommand, TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { keccak256, toUtf8Bytes } from 'ethers';
import { assert } from '#domain/assertion.ts';
import type { GroupId } from '#domain/market.ts';
import { chainKeys, ledgerKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { putOnce } from './ledger-operations.ts';
import { type BatchContent, contentText } from './settlement-content.ts';
import type { SettledThrough } from './settlement-order.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

export type Plan = {
  version: number;
  /** The number of the next batch; the vault's first one is 1. */
  nextBatch: number;
  matchedThroughMs: number;
  through: Map<GroupId, SettledThrough>;
};

/** How far a group may be planned: what is cleared, and what an open run will clear. */
export type ClearedThrough = { frame: number; shardSequence: string };

export type SettlementWhere = {
  client: DynamoDBDocumentClient;
  chainTable: string;
  ledgerTable: string;
};

/**
 * `open`: groups whose newest run is not finished. The plan and all groups' clearing cursors, as of one moment: a grant that one of them shows came from a return that another one
 * shows too. A run whose first transaction is written counts to its end: its returns may be lent already, and it will be finished.
 */
export async function readPlan(
  { client, chainTable, ledgerTable }: SettlementWhere,
  groupIds: readonly GroupId[],
): Promise<{ plan: Plan; cleared: Map<GroupId, ClearedThrough>; open: GroupId[] }> {
  const TransactItems = [
    { Get: { TableName: chainTable, Key: chainKeys.plan } },
    ...groupIds.map((groupId) => ({
      Get: { TableName: ledgerTable, Key: ledgerKeys.cursor(groupId) },
    })),
  ];
  const { Responses = [] } = await untilSettled(() =>
    client.send(new TransactGetCommand({ TransactItems })),
  );
  const cleared = new Map(
    groupIds.map((groupId, at) => [groupId, clearedIn(Responses[at + 1]?.Item)]),
  );
  const open = groupIds.filter((_, at) => Responses[at + 1]?.Item?.['run'] !== undefined);
  return { plan: planIn(Responses[0]?.Item), cleared, open };
}

export async function readPlanAlone({
  client,
  chainTable,
}: Pick<SettlementWhere, 'client' | 'chainTable'>): Promise<Plan> {
  const get = new GetCommand({ TableName: chainTable, Key: chainKeys.plan, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return planIn(item);
}

export function clearedIn(cursor: Item | undefined): ClearedThrough {
  const run = cursor?.['run'] as Item | undefined;
  if (run)
    return {
      frame: storedNumber(run['toFrame']),
      shardSequence: String(run['toShardSequence']),
    };
  const { frame, shardSequence } = readWatermark(cursor?.['watermark']);
  return { frame, shardSequence };
}

function planIn(item: Item | undefined): Plan {
  const groups = (item?.['groups'] ?? {}) as Record<string, Item>;
  return {
    version: storedNumber(item?.['version']),
    nextBatch: item ? storedNumber(item['nextBatch']) : 1,
    matchedThroughMs: storedNumber(item?.['matchedThroughMs']),
    through: new Map(
      Object.entries(groups).map(([groupId, { frame, sequence }]) => [
        groupId,
        { frame: storedNumber(frame), sequence: storedNumber(sequence) },
      ]),
    ),
  };
}

/** A batch as it is planned: numbers and ranges; what it holds lies beside it. */
export type PlannedBatch = {
  batchId: number;
  matchedThroughMs: number;
  plannedAtMs: number;
  content: BatchContent;
};

/** Whether the plan was still the one that it was made from. */
export async function writePlan(
  { client, chainTable }: Pick<SettlementWhere, 'client' | 'chainTable'>,
  from: Plan,
  next: Pick<Plan, 'matchedThroughMs' | 'through'>,
  batch: PlannedBatch | undefined,
): Promise<boolean> {
  assert(!batch || batch.batchId === from.nextBatch, 'batches are numbered without a gap');
  assert(next.matchedThroughMs >= from.matchedThroughMs, 'what was matched never goes back');
  const writes = [
    planWrite(chainTable, from, next, batch ? 1 : 0),
    ...(batch ? batchWrites(chainTable, batch) : []),
  ];
  return (await transact(client, writes)).status === 'written';
}

function planWrite(
  table: string,
  from: Plan,
  next: Pick<Plan, 'matchedThroughMs' | 'through'>,
  batches: number,
): Write {
  const item = {
    ...chainKeys.plan,
    version: from.version + 1,
    nextBatch: from.nextBatch + batches,
    matchedThroughMs: next.matchedThroughMs,
    groups: Object.fromEntries(next.through),
  };
  if (from.version === 0) return putOnce(table, item);
  return {
    Put: {
      TableName: table,
      Item: item,
      ConditionExpression: '#version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':version': from.version },
    },
  };
}

function batchWrites(table: string, batch: PlannedBatch): Write[] {
  const { batchId, matchedThroughMs, plannedAtMs, content } = batch;
  const { transfers, repairs, trades } = content;
  const text = contentText(content);
  const toSequences = new Map(trades.map(({ groupId, sequence }) => [groupId, sequence]));
  return [
    putOnce(table, {
      ...chainKeys.batch(batchId),
      ...{ batchId, status: 'planned', attempt: 0, matchedThroughMs, plannedAtMs },
      fills: repairs.length + trades.length,
      transfers: transfers.length,
      groups: Object.fromEntries(toSequences),
      contentHash: keccak256(toUtf8Bytes(text)),
    }),
    putOnce(table, { ...chainKeys.batchContent(batchId), content: text }),
    ...[...toSequences].map(([groupId, toSequence]) =>
      putOnce(table, { ...chainKeys.batchThrough(groupId, toSequence), batchId }),
    ),
    ...transfers.map(({ operationId }) =>
      putOnce(table, { ...chainKeys.houseTransfer(operationId), batchId }),
    ),
    ...repairs.map((repair) => ({
      Update: {
        TableName: table,
        Key: chainKeys.rejectedFill(repair.batchId, repair.at),
        UpdateExpression: 'SET repairedIn = :batchId',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(repairedIn)',
        ExpressionAttributeValues: { ':batchId': batchId },
      },
    })),
  ];
}

/** Beside the groups' rows, so many transfers and so many repairs fit the transaction of a batch. */
export const otherThingsPerBatch = 30;
