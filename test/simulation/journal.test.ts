/** The journal's simulation over some seeds; many more run by `npm run simulate`. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { failedSeeds, failedShortSeeds } from './failed-seeds.ts';
import { isPlantedFault, type PlantedFault, plantedFaults } from './planted.ts';
import { simulateJournal } from './simulate-journal.ts';
import type { StoryName } from './story.ts';

/** Long stories reach what takes time; short ones, at two fifths of the cost, meet some rare moments sooner. */
const seedsOfEveryRun = { long: 100, short: 2_000 } as const satisfies Record<StoryName, number>;
const failedOnce = { long: failedSeeds, short: failedShortSeeds };

test.for(['long', 'short'] as const)(
  'in every seed, told in %s, what left a matcher is true, nothing is lost or doubled, and every reader has the same journal',
  { timeout: 900_000 },
  async (story, { signal }) => {
    const { seeds, failures } = await simulated(story, signal);
    expect(failures).toEqual([]);
    expect(seeds).toBe(seedsOfEveryRun[story] + Object.keys(failedOnce[story]).length);
  },
);

/** What the command says of so many seeds: in a process of its own they take a tenth less. */
function simulated(
  story: StoryName,
  signal: AbortSignal,
): Promise<{ seeds: number; failures: unknown[] }> {
  const command = fileURLToPath(new URL('run.ts', import.meta.url));
  const words = [command, 'journal', '--seeds', String(seedsOfEveryRun[story])];
  if (story === 'short') words.push('--short');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { signal, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const last = stdout.trimEnd().split('\n').at(-1) ?? '';
      // Where a seed failed it exits with 1, and its last line says which.
      if (last.startsWith('{')) resolve(JSON.parse(last));
      else reject(new Error(`${error?.message}\n${stderr}`));
    });
  });
}

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

/** Within so many seeds, each told in both lengths, each fault shows: most at once, those of rare moments later. */
const mostSeeds = 120;

test.each(Object.keys(plantedFaults).filter(isPlantedFault))(
  'a fault that is planted is found: %s',
  { timeout: 300_000 },
  async (planted) => {
    expect(await firstProblem(planted)).toBeDefined();
  },
);

async function firstProblem(planted: PlantedFault): Promise<string | undefined> {
  for (let seed = 1; seed <= mostSeeds; seed += 1)
    for (const story of ['short', 'long'] as const) {
      const { problems } = await simulateJournal(seed, { story, planted });
      if (problems[0] !== undefined) return problems[0];
    }
  return undefined;
}
