/** Many DynamoDB items in few calls: what the service leaves unprocessed is sent again, bounded. */
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import type { Key } from '#wire/table-keys.ts';
import { sideBySide } from './side-by-side.ts';
import { backOff, untilSettled } from './transaction.ts';

export type Item = Record<string, unknown>;
type Where = { client: DynamoDBDocumentClient; table: string };

/** The service's limits on one call. */
const getLimit = 100;
const putLimit = 25;
const tries = 12;
/** Reading calls in flight: a run of clearing may read some thousand items. */
const callsAtOnce = 4;

export const keyText = (key: Key): string => `${key.pk}|${key.sk}`;

/** Reads items by key, consistently; an item that does not exist is not in the map. Keys of the map are `keyText`. */
export async function getItems(
  { client, table }: Where,
  keys: readonly Key[],
): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  const calls: Item[][] = [];
  for (let at = 0; at < keys.length; at += getLimit) calls.push(keys.slice(at, at + getLimit));
  await sideBySide(calls, callsAtOnce, async (wanted) => {
    let left = wanted;
    for (let tried = 1; left.length > 0; tried += 1) {
      const asked = { [table]: { Keys: left, ConsistentRead: true } };
      const answer = await untilSettled(() =>
        client.send(new BatchGetCommand({ RequestItems: asked })),
      );
      for (const item of answer.Responses?.[table] ?? []) items.set(keyText(item as Key), item);
      left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
      if (left.length > 0) await nextTry(tried);
    }
  });
  return items;
}

/** Writes whole items; one that exists is replaced, so each must be the same whoever writes it. */
export async function putItems({ client, table }: Where, items: readonly Item[]): Promise<void> {
  for (let at = 0; at < items.length; at += putLimit) {
    let left: NonNullable<BatchWriteCommand['input']['RequestItems']>[string] = items
      .slice(at, at + putLimit)
      .map((item) => ({ PutRequest: { Item: item } }));
    for (let tried = 1; left.length > 0; tried += 1) {
      const wanted = { [table]: left };
      const answer = await untilSettled(() =>
        client.send(new BatchWriteCommand({ RequestItems: wanted })),
      );
      left = answer.UnprocessedItems?.[table] ?? [];
      if (left.length > 0) await nextTry(tried);
    }
  }
}

async function nextTry(tried: number): Promise<void> {
  if (tried === tries) throw new Error('DynamoDB left items unprocessed too often');
  await backOff(tried);
}
