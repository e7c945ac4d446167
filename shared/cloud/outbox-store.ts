/** Rows of the outbox: written with what they follow from, read and deleted by who does it, listed by who looks for what is late. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import {
  type OutboxBody,
  type OutboxMessage,
  type OutboxRow,
  type OutboxTopic,
  outboxTopics,
} from '#wire/outbox.ts';
import { outboxKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber } from './stored-number.ts';
import { untilSettled, type Write } from './transaction.ts';

export type OutboxFailure = { reason: string; failedAtMs: number; failures: number };

export type LateRow = OutboxRow & { failure?: OutboxFailure };

export type OutboxStore = {
  /** What a message is about; undefined where it is done already. */
  read(message: OutboxMessage): Promise<OutboxRow | undefined>;
  /** Deletes the row: what it asks for is done. Any number of times. */
  finish(message: OutboxMessage): Promise<void>;
  /** Notes on the row why it could not be done, for whoever looks; nothing where it is gone. */
  fail(message: OutboxMessage, failure: Omit<OutboxFailure, 'failures'>): Promise<void>;
  /** What was noted last; undefined where it is done, or never failed. */
  failure(message: OutboxMessage): Promise<OutboxFailure | 'done' | undefined>;
  /** Rows of `atMs` at most `beforeMs`, oldest first; at most `limit` of them. */
  overdue(topic: OutboxTopic, beforeMs: number, limit: number): Promise<LateRow[]>;
};

/** How many rows one call reads: a row names the accounts of a run, and 1 MB is all that a call answers. */
const rowsPerCall = 100;
const reasonCharacters = 500;

/**
 * The write of a row, for the transaction that moves the money. It has no condition of its own: another write of the
 * transaction lets each business event happen once.
 */
export function outboxWrite(table: string, row: OutboxRow): Write {
  return { Put: { TableName: table, Item: itemOf(row) } };
}

export function createOutboxStore(where: {
  client: DynamoDBDocumentClient;
  table: string;
}): OutboxStore {
  const { client, table } = where;
  const keyOf = ({ topic, atMs, outboxId }: OutboxMessage) => outboxKeys.row(topic, atMs, outboxId);
  return {
    async read(message) {
      const get = new GetCommand({ TableName: table, Key: keyOf(message), ConsistentRead: true });
      const { Item: item } = await untilSettled(() => client.send(get));
      return item && readRow(item);
    },
    async finish(message) {
      const remove = new DeleteCommand({ TableName: table, Key: keyOf(message) });
      await untilSettled(() => client.send(remove));
    },
    async fail(message, { reason, failedAtMs }) {
      const update = new UpdateCommand({
        TableName: table,
        Key: keyOf(message),
        UpdateExpression: 'SET reason = :reason, failedAtMs = :atMs ADD failures :one',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: {
          ':reason': reason.slice(0, reasonCharacters),
          ':atMs': failedAtMs,
          ':one': 1,
        },
      });
      try {
        await untilSettled(() => client.send(update));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
    async failure(message) {
      const get = new GetCommand({ TableName: table, Key: keyOf(message), ConsistentRead: true });
      const { Item: item } = await untilSettled(() => client.send(get));
      if (!item) return 'done';
      return failureOf(item);
    },
    async overdue(topic, beforeMs, limit) {
      assert(limit > 0, 'a look at no row');
      const rows: LateRow[] = [];
      let after: Item | undefined;
      do {
        const query = new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': outboxKeys.topic(topic) },
          Limit: Math.min(rowsPerCall, limit - rows.length),
          ...(after ? { ExclusiveStartKey: after } : {}),
        });
        const answer = await untilSettled(() => client.send(query));
        for (const item of answer.Items ?? []) {
          const row = readRow(item);
          const failure = failureOf(item);
          // Rows are in the order of their time: what follows is younger still.
          if (row.atMs > beforeMs || rows.length === limit) return rows;
          rows.push(failure ? { ...row, failure } : row);
        }
        after = answer.LastEvaluatedKey;
      } while (after && rows.length < limit);
      return rows;
    },
  };
}

/** The body as text: whoever reads the table's stream needs no more than this item. */
function itemOf(row: OutboxRow): Item {
  const { topic, outboxId, atMs, body } = row;
  return {
    ...outboxKeys.row(topic, atMs, outboxId),
    topic,
    outboxId,
    atMs,
    body: JSON.stringify(body),
  };
}

export function readRow(item: Item): OutboxRow {
  const { topic, outboxId, atMs, body } = item;
  assert(isTopic(topic) && typeof outboxId === 'string', `a row of no topic: ${String(outboxId)}`);
  assert(typeof body === 'string', `row ${outboxId} has no body`);
  return { topic, outboxId, atMs: storedNumber(atMs), body: JSON.parse(body) as OutboxBody };
}

function failureOf(item: Item): OutboxFailure | undefined {
  if (item['failures'] === undefined) return undefined;
  return {
    reason: String(item['reason']),
    failedAtMs: storedNumber(item['failedAtMs']),
    failures: storedNumber(item['failures']),
  };
}

const isTopic = (text: unknown): text is OutboxTopic =>
  (outboxTopics as readonly unknown[]).includes(text);
