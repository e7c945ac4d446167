/** Batches as they are kept, and how they move: planned, submitted, mined (which a reorg takes back), settled. By conditional writes only. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { getBytes, hexlify, keccak256 } from 'ethers';
import { assert } from '#domain/assertion.ts';
import type { RejectionReason } from '#wire/settlement-batch.ts';
import { chainKeys, padded } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type BatchContent, type Insured, readContent } from './settlement-content.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled } from './transaction.ts';

export type BatchStatus = 'planned' | 'submitted' | 'mined' | 'settled';

export type Rejection = { at: number; reason: RejectionReason };

export type BatchRow = {
  batchId: number;
  status: BatchStatus;
  /** Another one follows where its transaction failed for good. */
  attempt: number;
  matchedThroughMs: number;
  plannedAtMs: number;
  /** Repairs and trades. */
  fills: number;
  contentHash: string;
  /** By place. Once said it stays: the ledger takes back what is insured. */
  insured: Map<number, Insured>;
  /** The vault was frozen before it was settled: the ledger undoes all of it. */
  isTakenBack: boolean;
  /** Once it is predicted. */
  calldataHash?: string;
  /** Likewise. */
  gasLimit?: number;
  transactionHash?: string;
  blockNumber?: number;
  /** What the chain rejected although nobody predicted it, by place. */
  rejections: Rejection[];
};

export type BatchWhere = { client: DynamoDBDocumentClient; chainTable: string };

/** The business id of a batch's transaction. */
export const batchTransaction = ({ batchId, attempt }: Pick<BatchRow, 'batchId' | 'attempt'>) =>
  attempt === 0 ? `batch:${batchId}` : `batch:${batchId}:${attempt}`;

export async function readBatch(
  { client, chainTable }: BatchWhere,
  batchId: number,
): Promise<BatchRow | undefined> {
  const Key = chainKeys.batch(batchId);
  const get = new GetCommand({ TableName: chainTable, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && batchIn(item);
}

/** Batches behind a number, in order; at most `limit`. */
export const batchesBehind = (
  where: BatchWhere,
  batchId: number,
  limit: number,
): Promise<BatchRow[]> => queryBatches(where, 'sk > :at', padded(batchId), true, limit);

/** Batches before a number, newest first; at most `limit`. */
export const batchesBefore = (
  where: BatchWhere,
  batchId: number,
  limit: number,
): Promise<BatchRow[]> => queryBatches(where, 'sk < :at', padded(batchId), false, limit);

/** The oldest batch that the chain is not known to have settled. */
export async function oldestOpenBatch(where: BatchWhere): Promise<BatchRow | undefined> {
  const newest = await batchesBefore(where, Number.MAX_SAFE_INTEGER, openAtMost);
  return newest.filter(({ status }) => status === 'planned' || status === 'submitted').at(-1);
}

/** More are never open: they would be older than any alarm. */
const openAtMost = 200;

async function queryBatches(
  { client, chainTable }: BatchWhere,
  condition: string,
  at: string,
  ScanIndexForward: boolean,
  Limit: number,
): Promise<BatchRow[]> {
  const query = new QueryCommand({
    TableName: chainTable,
    KeyConditionExpression: `pk = :pk AND ${condition}`,
    ExpressionAttributeValues: { ':pk': chainKeys.batches, ':at': at },
    ConsistentRead: true,
    ScanIndexForward,
    Limit,
  });
  const { Items: items = [] } = await untilSettled(() => client.send(query));
  return items.map(batchIn);
}

export function batchIn(item: Item): BatchRow {
  const insured = (item['insured'] ?? {}) as Record<string, Insured>;
  const rejected = (item['rejected'] ?? new Set()) as Set<string>;
  const text = (name: 'calldataHash' | 'transactionHash') =>
    item[name] === undefined ? {} : { [name]: String(item[name]) };
  return {
    batchId: storedNumber(item['batchId']),
    status: item['status'] as BatchStatus,
    attempt: storedNumber(item['attempt']),
    matchedThroughMs: storedNumber(item['matchedThroughMs']),
    plannedAtMs: storedNumber(item['plannedAtMs']),
    fills: storedNumber(item['fills']),
    contentHash: String(item['contentHash']),
    insured: new Map(Object.entries(insured).map(([at, side]) => [Number(at), side])),
    isTakenBack: item['isTakenBack'] === true,
    ...text('calldataHash'),
    ...(item['gasLimit'] === undefined ? {} : { gasLimit: storedNumber(item['gasLimit']) }),
    ...text('transactionHash'),
    ...(item['blockNumber'] === undefined
      ? {}
      : { blockNumber: storedNumber(item['blockNumber']) }),
    rejections: [...rejected].map(readRejection).sort((a, b) => a.at - b.at),
  };
}

const rejectionText = ({ at, reason }: Rejection): string => `${at}:${reason}`;

function readRejection(text: string): Rejection {
  const [at = '', reason = ''] = text.split(':');
  return { at: Number(at), reason: reason as RejectionReason };
}

/** The places of a batch's fills, in their order on the chain. */
export const placesOf = ({ fills, insured }: Pick<BatchRow, 'fills' | 'insured'>): number[] =>
  Array.from({ length: fills }, (_, at) => at).filter((at) => insured.get(at) !== 'both');

export async function contentOf(where: BatchWhere, batchId: number): Promise<BatchContent> {
  const item = await partOf(where, chainKeys.batchContent(batchId));
  return readContent(String(item['content']));
}

export async function calldataOf(where: BatchWhere, batchId: number): Promise<string> {
  const item = await partOf(where, chainKeys.batchCalldata(batchId));
  return hexlify(item['calldata'] as Uint8Array);
}

async function partOf({ client, chainTable }: BatchWhere, Key: { pk: string; sk: string }) {
  const get = new GetCommand({ TableName: chainTable, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  assert(item, `${Key.pk} has no ${Key.sk}`);
  return item;
}

/** What will be sent, and whom insurance stands in for: written before it is sent, so that it is sent again the same. */
export async function prepareBatch(
  { client, chainTable }: BatchWhere,
  { batchId, attempt }: BatchRow,
  prepared: { calldata: string; gasLimit: number; insured: ReadonlyMap<number, Insured> },
): Promise<boolean> {
  const { calldata, gasLimit, insured } = prepared;
  const marks = Object.fromEntries([...insured].map(([at, side]) => [String(at), side]));
  const { status } = await transact(client, [
    {
      Update: {
        TableName: chainTable,
        Key: chainKeys.batch(batchId),
        UpdateExpression: 'SET calldataHash = :hash, gasLimit = :gas, insured = :insured',
        ConditionExpression:
          'attempt = :attempt AND attribute_not_exists(calldataHash) AND attribute_not_exists(isTakenBack)',
        ExpressionAttributeValues: {
          ':hash': keccak256(calldata),
          ':gas': gasLimit,
          ':insured': marks,
          ':attempt': attempt,
        },
      },
    },
    {
      Put: {
        TableName: chainTable,
        Item: { ...chainKeys.batchCalldata(batchId), attempt, calldata: getBytes(calldata) },
      },
    },
  ]);
  return status === 'written';
}

type Move = { set: Item; from: readonly BatchStatus[]; attempt?: number; remove?: string[] };

/** Whether the batch stood where it may move from. */
async function move(where: BatchWhere, batchId: number, of: Move): Promise<boolean> {
  const { set, from, attempt, remove = [] } = of;
  const values = Object.entries(set);
  const removing = remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : '';
  const update = new UpdateCommand({
    TableName: where.chainTable,
    Key: chainKeys.batch(batchId),
    UpdateExpression: `SET ${values.map(([name]) => `#${name} = :${name}`).join(', ')}${removing}`,
    ConditionExpression: [
      `#status IN (${from.map((_, at) => `:from${at}`).join(', ')})`,
      ...(attempt === undefined ? [] : ['attempt = :expected']),
    ].join(' AND '),
    ExpressionAttributeNames: {
      '#status': 'status',
      ...Object.fromEntries(values.map(([name]) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(values.map(([name, value]) => [`:${name}`, value])),
      ...Object.fromEntries(from.map((status, at) => [`:from${at}`, status])),
      ...(attempt === undefined ? {} : { ':expected': attempt }),
    },
  });
  try {
    await untilSettled(() => where.client.send(update));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Its transaction is stored and will be broadcast until it is mined. */
export const markSubmitted = (where: BatchWhere, { batchId, attempt }: BatchRow, atMs: number) =>
  move(where, batchId, {
    set: { status: 'submitted', submittedAtMs: atMs },
    from: ['planned'],
    attempt,
  });

/** Its transaction will never be mined, or would revert: it is predicted anew, and sent under another id. */
export const tryAgain = (where: BatchWhere, { batchId, attempt }: BatchRow) =>
  move(where, batchId, {
    set: { status: 'planned', attempt: attempt + 1 },
    from: ['planned', 'submitted'],
    attempt,
    remove: ['calldataHash'],
  });

/** A block may be told in several facts: what it rejected is collected. */
export async function noteRejections(
  { client, chainTable }: BatchWhere,
  batchId: number,
  rejections: readonly Rejection[],
): Promise<void> {
  const update = new UpdateCommand({
    TableName: chainTable,
    Key: chainKeys.batch(batchId),
    UpdateExpression: 'ADD rejected :rejected',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':rejected': new Set(rejections.map(rejectionText)) },
  });
  await untilSettled(() => client.send(update));
}

export type Mined = { transactionHash: string; blockNumber: number };

export const markMined = (where: BatchWhere, batchId: number, mined: Mined) =>
  move(where, batchId, {
    set: { status: 'mined', ...mined },
    from: ['planned', 'submitted', 'mined'],
  });

/** The block that held it is gone; the sender broadcasts it again. */
export const markReorged = (where: BatchWhere, batchId: number) =>
  move(where, batchId, {
    set: { status: 'submitted' },
    from: ['mined'],
    remove: ['transactionHash', 'blockNumber', 'rejected'],
  });

export const markSettled = (where: BatchWhere, batchId: number) =>
  move(where, batchId, { set: { status: 'settled' }, from: ['mined'] });

/** All that it holds is undone: its fills settle for neither side. */
export const markTakenBack = (where: BatchWhere, { batchId, fills }: BatchRow) => {
  const places = Array.from({ length: fills }, (_, at) => [String(at), 'both']);
  return move(where, batchId, {
    set: { isTakenBack: true, insured: Object.fromEntries(places) },
    from: ['planned', 'submitted'],
  });
};
