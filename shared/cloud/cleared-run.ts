/** What the ledger keeps of a run that was cleared: written in its last transaction, never changed. */
import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ClearedRun } from '#domain/clearing.ts';
import type { GroupId } from '#domain/market.ts';
import { ledgerKeys, padded } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber } from './stored-number.ts';
import { untilSettled } from './transaction.ts';

export type { ClearedRun };

type Where = { client: DynamoDBDocumentClient; table: string };

export const runItem = (run: ClearedRun): Item => ({
  ...ledgerKeys.run(run.groupId, run.toFrame),
  ...run,
});

export const readRun = (item: Item): ClearedRun => ({
  groupId: String(item['groupId']),
  fromFrame: storedNumber(item['fromFrame']),
  toFrame: storedNumber(item['toFrame']),
  fromShardSequence: String(item['fromShardSequence']),
  toShardSequence: String(item['toShardSequence']),
  atMs: storedNumber(item['atMs']),
  clock: storedNumber(item['clock']),
  trades: storedNumber(item['trades']),
  changes: storedNumber(item['changes']),
});

/** The run that ends with a frame; undefined where none does. */
export async function clearedRun(
  { client, table }: Where,
  groupId: GroupId,
  toFrame: number,
): Promise<ClearedRun | undefined> {
  const Key = ledgerKeys.run(groupId, toFrame);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && readRun(item);
}

/** The runs of a group that end after a frame, oldest first, to the newest one there is. */
export async function* clearedRuns(
  { client, table }: Where,
  groupId: GroupId,
  afterFrame: number,
): AsyncGenerator<ClearedRun> {
  let after: Item | undefined;
  do {
    const query = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk > :after',
      ExpressionAttributeValues: { ':pk': ledgerKeys.runs(groupId), ':after': padded(afterFrame) },
      ConsistentRead: true,
      ...(after ? { ExclusiveStartKey: after } : {}),
    });
    const answer = await untilSettled(() => client.send(query));
    for (const item of answer.Items ?? []) yield readRun(item);
    after = answer.LastEvaluatedKey;
  } while (after);
}
