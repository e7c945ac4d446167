import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { history, holdsThroughout } from './exact-balances.ts';
import type { WorldLedger } from './money-world.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

const atMs = 1_700_000_000_000;

function storedLedger(table: string): WorldLedger {
  const where = { client: twin.client, table };
  const ledger = createLedgerStore(where);
  const store = createClearingStore(where);
  let deposits = 0;
  return {
    async deposit(account, asset, deposited) {
      deposits += 1;
      const operationId = `deposit-${deposits}`;
      await ledger.deposit({ operationId, account, asset, units: units(deposited), atMs });
    },
    async grant({ units: wanted, ...name }) {
      const exactly = units(wanted);
      const outcome = await ledger.grant({ ...name, least: exactly, most: exactly, atMs });
      return outcome.status === 'granted' ? outcome.grant.grantNumber : undefined;
    },
    async clear(journal, records) {
      const given = journal.records.slice(0, records);
      const readRange = () => Promise.reject(new Error('every record was given'));
      const consumed = await clearJournal({ store, readRange }, journal.groupId, given);
      expect(consumed.status).toBe('done');
    },
    balances: (account) => ledger.balances(account),
  };
}

test('free and held are what an account truly has, by what the stores write', async () => {
  let answered = 0;
  let onTheirWay = 0;
  await fc.assert(
    fc.asyncProperty(history, async (told) => {
      const tally = await holdsThroughout(storedLedger(await newTable()), told);
      answered += tally.answered;
      onTheirWay += tally.onTheirWay;
    }),
    {
      numRuns: Number(process.env['CROSSBOOK_RUNS'] ?? 12),
      // A busy machine draws fewer stories instead of failing for its slowness.
      ...(process.env['CROSSBOOK_RUNS'] ? {} : { interruptAfterTimeLimit: 30_000 }),
    },
  );
  expect(onTheirWay).toBeGreaterThan(answered / 20);
});
