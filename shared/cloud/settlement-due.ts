/** What waits for a batch beside trades: house transfers, repairs of rejected fills, restrictive acts that a batch must pass. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { OutboxBody } from '#wire/outbox.ts';
import { chainKeys, insuranceAccount, ledgerKeys, outboxKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { readOperation } from './ledger-operations.ts';
import { readRow } from './outbox-store.ts';
import type { PlannedTransfer } from './settlement-content.ts';
import { storedNumber } from './stored-number.ts';
import { untilSettled } from './transaction.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** Rows of one call: each is a run's or an operation's name. */
const rowsPerCall = 500;

/** What the outbox still holds of the topic, read consistently: whatever was cleared or posted before the call and is not planned. */
export async function settleRows({ client, table }: Where): Promise<OutboxBody[]> {
  const bodies: OutboxBody[] = [];
  let after: Item | undefined;
  do {
    const query = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': outboxKeys.topic('settle') },
      ConsistentRead: true,
      Limit: rowsPerCall,
      ...(after ? { ExclusiveStartKey: after } : {}),
    });
    const answer = await untilSettled(() => client.send(query));
    for (const item of answer.Items ?? []) bodies.push(readRow(item).body);
    after = answer.LastEvaluatedKey;
  } while (after);
  return bodies;
}

/** Operations that gave users money of the house's and are in no batch yet, oldest first; at most `limit`. */
export async function transfersDue(
  where: { client: DynamoDBDocumentClient } & Record<
    'chainTable' | 'ledgerTable' | 'outboxTable',
    string
  >,
  limit: number,
): Promise<PlannedTransfer[]> {
  const { client, chainTable, ledgerTable, outboxTable } = where;
  const ids = (await settleRows({ client, table: outboxTable })).flatMap((body) =>
    body.type === 'operation' ? [body.operationId] : [],
  );
  if (ids.length === 0) return [];
  const planned = await getItems({ client, table: chainTable }, ids.map(chainKeys.houseTransfer));
  const due = ids
    .filter((id) => !planned.has(keyText(chainKeys.houseTransfer(id))))
    .slice(0, limit);
  const items = await getItems({ client, table: ledgerTable }, due.map(ledgerKeys.operation));
  return due.flatMap((operationId) => {
    const item = items.get(keyText(ledgerKeys.operation(operationId)));
    const operation = item && readOperation(item);
    if (operation?.kind !== 'adjust' || operation.house !== insuranceAccount) return [];
    const { account, asset, units } = operation;
    return units > 0n ? [{ operationId, account, asset, units }] : [];
  });
}

/** Whether a house transfer is in a batch. */
export async function isTransferPlanned(
  { client, chainTable }: { client: DynamoDBDocumentClient; chainTable: string },
  operationId: string,
): Promise<boolean> {
  const Key = chainKeys.houseTransfer(operationId);
  const get = new GetCommand({ TableName: chainTable, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item !== undefined;
}

/** When the newest restrictive act was asked for on the chain; 0 where none ever was. */
export async function restrictedAtMs({ client, table }: Where): Promise<number> {
  const get = new GetCommand({
    TableName: table,
    Key: chainKeys.restrictions,
    ConsistentRead: true,
  });
  const { Item: item } = await untilSettled(() => client.send(get));
  return storedNumber(item?.['requestedAtMs']);
}

/** Forward only: an act that a reorg took back costs a batch that was not needed. */
export async function noteRestriction(
  { client, table }: Where,
  requestedAtMs: number,
): Promise<void> {
  const update = new UpdateCommand({
    TableName: table,
    Key: chainKeys.restrictions,
    UpdateExpression: 'SET requestedAtMs = :at',
    ConditionExpression: 'attribute_not_exists(requestedAtMs) OR requestedAtMs < :at',
    ExpressionAttributeValues: { ':at': requestedAtMs },
  });
  try {
    await untilSettled(() => client.send(update));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
