/** An account's entries in order of time, from one sort key to another. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ledgerKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type LedgerEntry, readEntry } from './ledger-entry.ts';
import { untilSettled } from './transaction.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** Entries behind a sort key and before another, in order, as they come. */
export async function* entriesBehind(
  { client, table }: Where,
  account: string,
  after: string,
  before: string,
): AsyncGenerator<LedgerEntry[]> {
  if (after >= before) return;
  let start: Item | undefined;
  do {
    const query = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :before',
      ExpressionAttributeValues: {
        ':pk': ledgerKeys.entries(account),
        // No sort key of an entry is a time alone, or empty.
        ':after': after === '' ? '0' : after,
        ':before': before,
      },
      ConsistentRead: true,
      ...(start ? { ExclusiveStartKey: start } : {}),
    });
    const answer = await untilSettled(() => client.send(query));
    yield (answer.Items ?? []).filter(({ sk }) => sk !== after).map(readEntry);
    start = answer.LastEvaluatedKey;
  } while (start);
}

/** All entries behind a sort key. */
export async function entriesOf(where: Where, account: string, after: string) {
  const entries: LedgerEntry[] = [];
  for await (const page of entriesBehind(where, account, after, '~')) entries.push(...page);
  return entries;
}
