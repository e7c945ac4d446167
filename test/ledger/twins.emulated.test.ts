/** The two ledgers side by side: whatever is asked of both, they say the same and keep the same. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { houseAccounts } from '#wire/table-keys.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { addsUp } from './adds-up.ts';
import {
  alice,
  bob,
  entriesOf,
  type LedgerUnderTest,
  listed,
  movesOf,
} from './ledger-under-test.ts';
import { memoryUnderTest } from './memory-under-test.ts';
import { anyMoves } from './random-moves.ts';
import { storedUnderTest } from './stored-under-test.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

/** What everybody can see of a ledger. */
async function seen(at: LedgerUnderTest) {
  const accounts = [alice, bob, `${alice}/bot`, ...houseAccounts];
  const of = await Promise.all(
    accounts.map(async (account) => ({
      account,
      balances: await at.ledger.balances(account),
      entries: await entriesOf(at.ledger, account),
      withdrawals: await at.ledger.withdrawals(account, { limit: 100 }),
    })),
  );
  const told = (await at.outbox()).map((body) => JSON.stringify(body)).sort();
  const pending = [await at.ledger.pendingGrants('g1'), await at.ledger.pendingGrants('g2')];
  const adjustments = await at.ledger.adjustments(50);
  return { of, told, pending, adjustments, sums: await at.ledger.sums() };
}

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 40);

const answerTheSame = async () => {
  const answered = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyMoves, async (drawn) => {
      const stored = await storedUnderTest(twin.client, listed);
      const memory = memoryUnderTest(listed);
      const [ofStored, ofMemory] = [movesOf(stored.ledger), movesOf(memory.ledger)];
      // Most amounts run out only where there are some.
      for (const moves of [ofStored, ofMemory]) await moves.deposit('first', 100);
      for (const { name, make } of drawn) {
        const answer = await make(ofStored);
        expect([name, await make(ofMemory)]).toEqual([name, answer]);
        for (const { status } of [answer].flat() as { status: string }[]) answered.add(status);
      }
      expect(await seen(stored)).toEqual(await seen(memory));
      await addsUp(stored);
    }),
    {
      numRuns: runs,
      ...(process.env['CROSSBOOK_RUNS'] ? {} : { interruptAfterTimeLimit: 30_000 }),
    },
  );
  // Else the moves do not reach far enough to show anything.
  expect([...answered].sort()).toEqual(
    expect.arrayContaining(['balance_too_low', 'created', 'exists_with_different_content']),
  );
};

test(
  'the ledger on DynamoDB and the one in memory answer the same to anything',
  answerTheSame,
  60_000 + runs * 1_000,
);
