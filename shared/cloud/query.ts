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
  /** Least sort keys first; the greatest otherwise. */
  oldest?: true;
  /** Only items whose sort key is below this text, in text order; any text is safe. A page of the newest goes on here. */
  before?: string;
  /** Only items whose sort key is above this text. A page of the oldest goes on here. */
  after?: string;
  /** Only items with all of these attributes. */
  where?: readonly { name: string; value: string }[];
  /** Only items of which this is true, where attributes cannot tell. */
  keep?: (item: Item) => boolean;
  /** Items whose `expiresAt` has passed are left out: deletion by TTL comes hours late, or never. */
  nowSeconds?: number;
};

/**
 * What a page may cost when most items are left out: so many calls, of so many items each. The page is short then, perhaps
 * empty, and its cursor goes on from there: no caller waits for the search through a partition, and none may conclude
 * from a short page that it was the last.
 */
const callsPerPage = 4;
const searchedPerCall = 300;

/** The newest items first (greatest sort key), or the oldest; `cursor` is there while more may follow. */
export async function queryPage(
  { client, table }: Where,
  pk: string,
  page: PageOf,
): Promise<{ items: Item[]; cursor?: string }> {
  assert(page.limit > 0, 'a page of nothing');
  // The service refuses a range that ends before it begins.
  const isEmpty =
    page.before !== undefined && page.after !== undefined && page.after >= page.before;
  if (isEmpty) return { items: [] };
  const isSearch = (page.where?.length ?? 0) > 0 || page.keep !== undefined;
  const items: Item[] = [];
  let bounds = { before: page.before, after: page.after };
  let cursor: string | undefined;
  for (let calls = 0; calls < callsPerPage; calls += 1) {
    // One more than asked for tells whether another page follows, and one may be the item of the cursor itself.
    const missing = page.limit - items.length + 2;
    const limit = isSearch ? Math.max(missing, searchedPerCall) : missing;
    const answer = await client.send(new QueryCommand(pageQuery(table, pk, page, bounds, limit)));
    for (const item of answer.Items ?? []) {
      if (item['sk'] === bounds.before || item['sk'] === bounds.after) continue;
      if (page.keep && !page.keep(item)) continue;
      if (items.length === page.limit) return { items, cursor: String(items.at(-1)?.['sk']) };
      items.push(item);
    }
    if (!answer.LastEvaluatedKey) return { items };
    cursor = String(answer.LastEvaluatedKey['sk']);
    // The service ends an answer at 1 MB: a page of such wide items is short.
    if ((answer.ScannedCount ?? limit) < limit) break;
    bounds = page.oldest ? { ...bounds, after: cursor } : { ...bounds, before: cursor };
  }
  return cursor === undefined ? { items } : { items, cursor };
}

function pageQuery(
  TableName: string,
  pk: string,
  page: PageOf,
  { before, after }: { before: string | undefined; after: string | undefined },
  Limit: number,
) {
  const filters: string[] = [];
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = { ':pk': pk };
  if (before !== undefined) values[':before'] = before;
  if (after !== undefined) values[':after'] = after;
  for (const [at, { name, value }] of (page.where ?? []).entries()) {
    filters.push(`#where${at} = :where${at}`);
    names[`#where${at}`] = name;
    values[`:where${at}`] = value;
  }
  if (page.nowSeconds !== undefined) {
    filters.push('(attribute_not_exists(expiresAt) OR expiresAt > :now)');
    values[':now'] = page.nowSeconds;
  }
  return {
    TableName,
    KeyConditionExpression: `pk = :pk${rangeOf(before, after)}`,
    ExpressionAttributeValues: values,
    ...(filters.length > 0 ? { FilterExpression: filters.join(' AND ') } : {}),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ScanIndexForward: page.oldest === true,
    Limit,
  };
}

/** A query takes one condition on the sort key; BETWEEN includes both ends, which the caller leaves out. */
function rangeOf(before: string | undefined, after: string | undefined): string {
  if (before !== undefined && after !== undefined) return ' AND sk BETWEEN :after AND :before';
  if (before !== undefined) return ' AND sk < :before';
  return after === undefined ? '' : ' AND sk > :after';
}
