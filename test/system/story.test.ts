import { inject, test } from 'vitest';
import { type StepTold, tellStory } from './story.ts';

/** It waits for blocks, and begins twice. */
const timeout = 300_000;

test('from deposit to trade to kill -9 and out by the vault alone, nothing is lost and every asset sums to zero', {
  timeout,
}, async () => {
  const told: StepTold[] = [];
  try {
    await tellStory((step) => told.push(step), inject('assembly'));
  } catch (error) {
    // Where the story broke is half of the finding.
    throw new Error(`after "${told.at(-1)?.step ?? 'nothing'}": ${(error as Error).message}`, {
      cause: error,
    });
  }
});
