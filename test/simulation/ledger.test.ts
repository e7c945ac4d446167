/** The ledger's simulation over some seeds; many more run by `npm run simulate`. */
import { expect, test } from 'vitest';
import { failedLedgerSeeds } from './failed-seeds.ts';
import { isLedgerFault, type LedgerFault, ledgerFaults } from './planted.ts';
import { simulateLedger } from './simulate-ledger.ts';

const firstSeeds = Array.from({ length: 200 }, (_, index) => index + 1);
const seeds = [...new Set([...Object.keys(failedLedgerSeeds).map(Number), ...firstSeeds])];

test.each(seeds)(
  'seed %i: no unit is made or lost, each operation counts once, and frozen is what the engines hold after every run',
  { timeout: 60_000 },
  async (seed) => {
    const run = await simulateLedger(seed);
    expect(run.problems).toEqual([]);
  },
);

test('the same seed is the same run', { timeout: 60_000 }, async () => {
  const first = await simulateLedger(7);
  const second = await simulateLedger(7);
  expect(second).toEqual(first);
  const other = await simulateLedger(8);
  expect(other.hash).not.toBe(first.hash);
});

test('the runs contain what they are about: operations, grants, trades and runs that take several transactions', {
  timeout: 60_000,
}, async () => {
  const sums = { operations: 0, grants: 0, runs: 0, halfPosted: 0, trades: 0, told: 0 };
  for (let seed = 1; seed <= 10; seed += 1) {
    const { counts } = await simulateLedger(seed);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += counts[name];
  }
  expect(sums.operations).toBeGreaterThan(200);
  for (const name of ['grants', 'runs', 'halfPosted', 'trades'] as const)
    expect(sums[name]).toBeGreaterThan(20);
});

/** Within so many seeds each fault shows: most at once, those of rare moments later. */
const mostSeeds = 20;

test.each(Object.keys(ledgerFaults).filter(isLedgerFault))(
  'a fault that is planted is found: %s',
  { timeout: 60_000 },
  async (fault) => {
    expect(await firstProblem(fault)).toBeDefined();
  },
);

async function firstProblem(fault: LedgerFault): Promise<string | undefined> {
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const { problems } = await simulateLedger(seed, fault);
    if (problems[0] !== undefined) return problems[0];
  }
  return undefined;
}
