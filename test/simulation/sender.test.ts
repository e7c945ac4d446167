/** The transaction sender's simulation over some seeds; many more run by `npm run simulate`. */
import { expect, test } from 'vitest';
import { isSenderFault, type SenderFault, senderFaults } from './planted.ts';
import { simulateSender } from './simulate-sender.ts';

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);
/** Of each of eight senders; 1,000 by hand. */
const each = Number(process.env['CROSSBOOK_RUNS'] ?? 15);

test.each(seeds)(
  'seed %i: whoever dies, whatever the chain takes back, each transaction is mined once and no nonce is left out',
  { timeout: 60_000 },
  async (seed) => {
    const run = await simulateSender(seed);
    expect(run.problems).toEqual([]);
  },
);

test(`eight senders of ${each} transactions each leave no gap and send none twice`, {
  timeout: 900_000,
}, async () => {
  const run = await simulateSender(1_000, undefined, { senders: 8, each });
  expect(run.problems).toEqual([]);
  expect(run.counts.transactions).toBe(8 * each);
});

test('the same seed is the same run', { timeout: 60_000 }, async () => {
  const first = await simulateSender(7);
  expect(await simulateSender(7)).toEqual(first);
});

test('the runs contain what they are about: bumps, reorgs, deaths, foreign transactions, refusals', {
  timeout: 60_000,
}, async () => {
  const sums = { bumps: 0, reorgs: 0, deaths: 0, foreign: 0, refused: 0 };
  for (const seed of [3, 5, 8, 9, 10]) {
    const { counts } = await simulateSender(seed);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += counts[name];
  }
  for (const count of Object.values(sums)) expect(count).toBeGreaterThan(0);
});

test.each(Object.keys(senderFaults).filter(isSenderFault))(
  'a fault that is planted is found: %s',
  { timeout: 60_000 },
  async (fault) => {
    expect(await firstProblem(fault)).toBeDefined();
  },
);

async function firstProblem(fault: SenderFault): Promise<string | undefined> {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { problems } = await simulateSender(seed, fault);
    if (problems[0] !== undefined) return problems[0];
  }
  return undefined;
}
