/** The suite over DynamoDB, and what only a database can do: die between two calls, and be written by several processes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insuranceAccount } from '#wire/table-keys.ts';
import { startMs } from '../cloud/clearing-journal.ts';
import { killedAt } from '../cloud/ledger-twin.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { addsUp } from './adds-up.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { alice, listed, type Moves, movesOf } from './ledger-under-test.ts';
import { type StoredUnderTest, storedUnderTest } from './stored-under-test.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

describe('the ledger on DynamoDB', () => {
  ledgerSuite(() => storedUnderTest(twin.client, listed));
});

/** One step of a story, and what it is called. */
const steps: [string, (moves: Moves) => Promise<{ status: string }>][] = [
  ['deposit', (moves) => moves.deposit('d-1', 500)],
  ['transfer', (moves) => moves.transfer('t-1', { from: alice, to: `${alice}/bot` }, 20)],
  ['demand', (moves) => moves.demand('w-1', 100)],
  ['hold', (moves) => moves.hold('w-1', 100)],
  ['finish', (moves) => moves.finish('w-1')],
  ['direct hold', (moves) => moves.hold('w-2', 100)],
  ['return', (moves) => moves.giveBack('w-2')],
  ['demand to be given up', (moves) => moves.demand('w-3', 50)],
  ['giving up', (moves) => moves.giveBack('w-3')],
  ['proposal', (moves) => moves.propose('a-1', -30)],
  ['first approval', (moves) => moves.approve('a-1', 'bea')],
  ['second approval', (moves) => moves.approve('a-1', 'cyd')],
  ['proposal to be rejected', (moves) => moves.propose('a-2', 5, { house: insuranceAccount })],
  ['rejection', (moves) => moves.reject('a-2', 'bea')],
];

async function ledgerAfter(count: number): Promise<StoredUnderTest> {
  const at = await storedUnderTest(twin.client, listed);
  const moves = movesOf(at.ledger);
  for (const [, step] of steps.slice(0, count)) await step(moves);
  return at;
}

describe('a process that dies at any of its calls, before or after it has had its effect', () => {
  test.for(steps.map(([name], index) => ({ name, index })))(
    'in a $name leaves it done or not begun, and the same call again does it once',
    async ({ index }) => {
      const step = steps[index]?.[1] ?? expect.fail('no step');
      const whole = await ledgerAfter(index + 1);
      const done = await whole.everything();
      let died = 0;
      for (const moment of ['before', 'after'] as const) {
        for (let call = 1; ; call += 1) {
          const at = await ledgerAfter(index);
          const dying = movesOf(at.process(killedAt(twin.client, call, moment)));
          const isDead = await step(dying).then(
            () => false,
            () => true,
          );
          if (!isDead) break;
          died += 1;
          await addsUp(at);
          const { status } = await step(movesOf(at.ledger));
          // Somebody's first approval is told again as what it was: others are missing.
          expect(['created', 'exists', 'approvals_missing']).toContain(status);
          expect(await at.everything()).toEqual(done);
        }
      }
      expect(died).toBeGreaterThanOrEqual(4);
    },
  );
});

test('several processes that write one account at once all succeed, and the entries are a chain', async () => {
  const at = await storedUnderTest(twin.client, listed);
  await movesOf(at.ledger).deposit('d-first', 1_000);
  const processes = Array.from({ length: 4 }, () => movesOf(at.process(twin.client)));
  const answers = await Promise.all(
    processes.flatMap((moves, process) =>
      Array.from({ length: 8 }, (_, index) =>
        index % 2
          ? moves.deposit(`d-${process}-${index}`, 3)
          : moves.hold(`w-${process}-${index}`, 2),
      ),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['created']));
  expect(await movesOf(at.ledger).balance()).toEqual({
    available: 1_000n + 16n * 3n - 16n * 2n,
    ...{ demanded: 0n, withdrawing: 32n },
  });
  await addsUp(at);
});

test('an operation is told to consumers in its own transaction, once', async () => {
  const at = await storedUnderTest(twin.client, listed);
  const dying = movesOf(at.process(killedAt(twin.client, 2, 'after')));
  await expect(dying.deposit('d-1', 5)).rejects.toThrow('killed');
  expect(await at.outbox()).toEqual([
    { type: 'operation', operationId: 'd-1', atMs: startMs, accounts: [alice] },
  ]);
  await movesOf(at.ledger).deposit('d-1', 5);
  expect(await at.outbox()).toHaveLength(1);
});
