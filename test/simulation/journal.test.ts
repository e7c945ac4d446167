/** The journal's simulation over some seeds; many more run by `npm run simulate`. */
import { expect, test } from 'vitest';
import { failedSeeds } from './failed-seeds.ts';
import { isPlantedFault, type PlantedFault, plantedFaults } from './planted.ts';
import { simulateJournal } from './simulate-journal.ts';

const firstSeeds = Array.from({ length: 400 }, (_, index) => index + 1);
const seeds = [...new Set([...Object.keys(failedSeeds).map(Number), ...firstSeeds])];

test.each(seeds)(
  'seed %i: what left a matcher is true, nothing is lost or doubled, and every reader has the same journal',
  { timeout: 60_000 },
  async (seed) => {
    const run = await simulateJournal(seed);
    expect(run.problems).toEqual([]);
  },
);

test('the same seed is the same run', { timeout: 60_000 }, async () => {
  const first = await simulateJournal(7);
  const second = await simulateJournal(7);
  expect(second).toEqual(first);
  const other = await simulateJournal(8);
  expect(other.hash).not.toBe(first.hash);
});

test('the runs contain what they are about: several leaders, trades and answers', {
  timeout: 60_000,
}, async () => {
  const { counts } = await simulateJournal(10);
  expect(counts.epochs).toBeGreaterThan(1);
  expect(counts.trades).toBeGreaterThan(0);
  expect(counts.left).toBeGreaterThan(50);
});

/** Within so many seeds each fault shows: most at once, those of rare moments later. */
const mostSeeds = 120;

test.each(Object.keys(plantedFaults).filter(isPlantedFault))(
  'a fault that is planted is found: %s',
  { timeout: 60_000 },
  async (fault) => {
    expect(await firstProblem(fault)).toBeDefined();
  },
);

async function firstProblem(fault: PlantedFault): Promise<string | undefined> {
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const { problems } = await simulateJournal(seed, fault);
    if (problems[0] !== undefined) return problems[0];
  }
  return undefined;
}
