/** Reading one partition of a table: all of it, or a page of its newest items. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import type { Item } from './batch-items.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** Every item of a partition, read consistently; only for partitions that are small by their nature. */
export async function queryAll({ client, table }: Where, pk: string): Promise<Item[]> {
  const items: Item[] = [];
  let after: Item | undefined;
  do {
    const answer = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
        ...(after ? { ExclusiveStartKey: after } : {}),
      }),
    );
    items.push(...(answer.Items ?? []));
    after = answer.LastEvaluatedKey;
  } while (after);
  return items;
}

export type PageOf = {
  limit: number;
  /** Only items whose sort key is below this text, in text order; any text is safe. */
  before?: string;
  /** Only items with this attribute. */
  where?: { name: string; value: string };
  /** Items whose `expiresAt` has passed are left out: deletion by TTL comes hours late, or never. */
  nowSeconds?: number;
};

/** How many calls a page may take when a filter leaves out most items; the cursor then goes on from there. */
const callsPerPage = 10;

/** The newest items first (greatest sort key); `cursor` is there while more may follow. */
export async function queryPage(
  { client, table }: Where,
  pk: string,
  page: PageOf,
): Promise<{ items: Item[]; cursor?: string }> {
  assert(page.limit > 0, 'a page of nothing');
  const items: Item[] = [];
  let before = page.before;
  for (let calls = 0; calls < callsPerPage; calls += 1) {
    // One more than asked for tells whether another page follows.
    const limit = page.limit - items.length + 1;
    const answer = await client.send(new QueryCommand(pageQuery(table, pk, page, before, limit)));
    const found = answer.Items ?? [];
    for (const item of found) {
      if (items.length === page.limit) return { items, cursor: String(items.at(-1)?.['sk']) };
      items.push(item);
    }
    if (!answer.LastEvaluatedKey) return { items };
    before = String(answer.LastEvaluatedKey['sk']);
  }
  return before === undefined ? { items } : { items, cursor: before };
}

function pageQuery(
  TableName: string,
  pk: string,
  page: PageOf,
  before: string | undefined,
  Limit: number,
) {
  const filters: string[] = [];
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = { ':pk': pk };
  let keys = 'pk = :pk';
  if (before !== undefined) {
    keys += ' AND sk < :before';
    values[':before'] = before;
  }
  if (page.where) {
    filters.push('#where = :where');
    names['#where'] = page.where.name;
    values[':where'] = page.where.value;
  }
  if (page.nowSeconds !== undefined) {
    filters.push('(attribute_not_exists(expiresAt) OR expiresAt > :now)');
    values[':now'] = page.nowSeconds;
  }
  return {
    TableName,
    KeyConditionExpression: keys,
    ExpressionAttributeValues: values,
    ...(filters.length > 0 ? { FilterExpression: filters.join(' AND ') } : {}),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ScanIndexForward: false,
    Limit,
  };
}
