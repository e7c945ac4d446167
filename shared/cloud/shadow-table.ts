/** Writes a whole table: many items, few calls, the last word on a key; reads one whole; empties one. */
import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from '#wire/table-keys.ts';
import { type Item, keyText, putItems } from './batch-items.ts';
import { sideBySide } from './side-by-side.ts';
import { untilSettled } from './transaction.ts';

export type Table = { client: DynamoDBDocumentClient; table: string };

/** Items that wait to be written, and calls at once. */
const bufferItems = 400;
const callsAtOnce = 4;
const itemsPerCall = 25;

export class TableWriter {
  readonly #where: Table;
  readonly #waiting = new Map<string, Item>();

  constructor(where: Table) {
    this.#where = where;
  }

  async put(items: readonly Item[]): Promise<void> {
    for (const item of items) this.#waiting.set(keyText(item as Key), item);
    if (this.#waiting.size >= bufferItems) await this.flush();
  }

  async flush(): Promise<void> {
    const items = [...this.#waiting.values()];
    this.#waiting.clear();
    await sideBySide(partsOf(items), callsAtOnce, (part) => putItems(this.#where, part));
  }
}

/** Every item, page by page, in no order. */
export async function* scanned({ client, table }: Table): AsyncGenerator<Item[]> {
  let after: Item | undefined;
  do {
    const scan = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ...(after ? { ExclusiveStartKey: after } : {}),
    });
    const answer = await untilSettled(() => client.send(scan));
    if (answer.Items?.length) yield answer.Items;
    after = answer.LastEvaluatedKey;
  } while (after);
}

/** Whether nothing is in it. */
export async function isEmpty({ client, table }: Table): Promise<boolean> {
  const scan = new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true });
  const { Items = [] } = await untilSettled(() => client.send(scan));
  return Items.length === 0;
}

/** Deletes every item; `goesOn` is asked between two pages. */
export async function emptyTable(where: Table, goesOn: () => boolean): Promise<void> {
  for await (const page of scanned(where)) {
    if (!goesOn()) return;
    await sideBySide(partsOf(page), callsAtOnce, (part) => deleteAll(where, part));
  }
}

async function deleteAll({ client, table }: Table, items: readonly Item[]): Promise<void> {
  let left = items.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
  while (left.length > 0) {
    const write = new BatchWriteCommand({ RequestItems: { [table]: left } });
    const answer = await untilSettled(() => client.send(write));
    left = (answer.UnprocessedItems?.[table] ?? []) as typeof left;
  }
}

function partsOf(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += itemsPerCall)
    parts.push(items.slice(at, at + itemsPerCall));
  return parts;
}
