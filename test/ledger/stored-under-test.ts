/** The ledger on DynamoDB's local twin, as the suite looks at it. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createLedgerStore, type LedgerStore } from '#cloud/ledger-store.ts';
import { assert } from '#domain/assertion.ts';
import type { OutboxBody } from '#wire/outbox.ts';
import { allItems } from '../cloud/ledger-twin.ts';
import { newTable } from '../twins/dynamo-twin.ts';
import type { LedgerUnderTest } from './ledger-under-test.ts';

export type StoredUnderTest = LedgerUnderTest & {
  /** Another process of the same ledger. */
  process(client: DynamoDBDocumentClient): LedgerStore;
};

export async function storedUnderTest(
  client: DynamoDBDocumentClient,
  assets?: ReadonlySet<string>,
): Promise<StoredUnderTest> {
  const [table, outboxTable] = [await newTable(), await newTable()];
  const places = { table, outboxTable, ...(assets && { assets: async () => assets }) };
  const process = (of: DynamoDBDocumentClient) => createLedgerStore({ client: of, ...places });
  const store = createClearingStore({ client, table });
  const rows = (prefix: string, items: Awaited<ReturnType<typeof allItems>>) =>
    items.filter(({ pk }) => String(pk).startsWith(prefix));
  return {
    ledger: process(client),
    process,
    async clear({ groupId, records }) {
      const readRange = () => Promise.reject(new Error('every record was given'));
      const consumed = await clearJournal({ store, readRange }, groupId, records);
      assert(consumed.status === 'done', `the journal was not cleared: ${consumed.status}`);
    },
    async outbox() {
      const items = await allItems(client, outboxTable);
      return items.map(({ body }) => JSON.parse(String(body)) as OutboxBody);
    },
    async accounts() {
      return rows('DIRECTORY#', await allItems(client, table)).map(({ sk }) => String(sk));
    },
    everything: async () => [
      ...(await allItems(client, table)),
      ...(await allItems(client, outboxTable)),
    ],
  };
}
