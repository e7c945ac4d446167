/** The entries of one business event of one account: what an operation, or a cleared run, did to its assets. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { MoneyEvent } from '#wire/outbox.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type LedgerEntry, readEntry } from './ledger-entry.ts';
import { untilSettled } from './transaction.ts';

/** Answers them all, one an asset; consistently, because who asks was told that they are there. */
export async function entriesOfEvent(
  { client, table }: { client: DynamoDBDocumentClient; table: string },
  account: string,
  event: MoneyEvent,
): Promise<LedgerEntry[]> {
  const { pk, sk, businessId } = namesOf(account, event);
  const entries: LedgerEntry[] = [];
  let after: Item | undefined;
  do {
    const query = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :begins)',
      ExpressionAttributeValues: { ':pk': pk, ':begins': sk },
      ConsistentRead: true,
      ...(after ? { ExclusiveStartKey: after } : {}),
    });
    const answer = await untilSettled(() => client.send(query));
    entries.push(...(answer.Items ?? []).map(readEntry));
    after = answer.LastEvaluatedKey;
  } while (after);
  // An operation may be called like the beginning of another one.
  return entries.filter((entry) => entry.businessId === businessId);
}

/** What the keys of its entries begin with, and what all of them name. */
function namesOf(account: string, event: MoneyEvent) {
  if (event.type === 'operation') {
    const { operationId, atMs } = event;
    return {
      ...ledgerKeys.operationEntry(account, operationId, '', atMs),
      businessId: operationId,
    };
  }
  const { groupId, toFrame, atMs } = event;
  return {
    ...ledgerKeys.entry(account, groupId, toFrame, '', atMs),
    businessId: `${groupId}#${toFrame}`,
  };
}
