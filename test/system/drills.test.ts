import { expect, inject, test } from 'vitest';
import { type Drill, perform } from '../drill/drill.ts';
import { drill as killLeader } from '../drill/drill-kill-leader.ts';
import { drill as restartAll } from '../drill/drill-restart-all.ts';

/** The drill in short; where it breaks off, what it said so far is half of the finding. */
async function short(drill: Drill, tasks: number) {
  const said: string[] = [];
  try {
    const { lost, doubled, unsettled } = await perform(drill, {
      ...{ seconds: 6, commandsPerSec: 15, seed: 'system', clients: 4, tasks },
      say: (text) => said.push(text),
      assembly: inject('assembly'),
    });
    return { lost, doubled, unsettled };
  } catch (error) {
    throw new Error(`${(error as Error).message}; before:\n${said.join('\n')}`, { cause: error });
  }
}

/** Half a minute each on a machine that has nothing else to do; a drill's own waits end before this. */
const timeout = 300_000;
const none = { lost: [], doubled: [], unsettled: [] };

test('what a leader acknowledged before it was killed under load is there, once, and settled', {
  timeout,
}, async () => {
  expect(await short(killLeader, 2)).toEqual(none);
});

test('what was acknowledged before every process was killed under load is there, once, and settled', {
  timeout,
}, async () => {
  expect(await short(restartAll, 1)).toEqual(none);
});
