/**
 * The production engine beside its naive twin, over random stories.
 * `CROSSBOOK_RUNS=20000` runs more of them, `CROSSBOOK_SEED=…` the same again. Where the two differ, the shrunk
 * story goes to `kept-stories.ts`, and either an engine or docs/market-rules.md is mended.
 */
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { keptStories } from './kept-stories.ts';
import { crowdedStory, quietStory, type Story } from './random-story.ts';
import { Twins } from './twins.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 300);
// One of these costs as much as dozens of the others.
const crowdedRuns = Math.ceil(runs / 75);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);
const timeout = 60_000 + runs * 200;

const live = (story: Story) => new Twins(createEngine(), createNaiveEngine()).live(story);

describe('the engine and its naive twin say the same after every command', () => {
  test.each(keptStories)('of $of', ({ story }) => live(story));

  test(`of ${runs} stories from seed ${seed}`, { timeout }, () => {
    fc.assert(fc.property(quietStory, live), { seed, numRuns: runs });
  });

  test(`of ${crowdedRuns} crowded stories from seed ${seed}`, { timeout }, () => {
    fc.assert(fc.property(crowdedStory, live), { seed, numRuns: crowdedRuns });
  });
});
