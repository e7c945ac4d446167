import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { DearestFirst } from './test/dearest-first.ts';

/**
 * Seeds, random stories, and what else takes five seconds and more of a core and waits for nothing: test/run.ts runs them in the time
 * that system tests wait.
 */
const stories = [
  'test/simulation/{journal,ledger,sender}.test.ts',
  'test/engine/{twins,random-trading,behaviour,raw-orders,freeze,touched-rows}.test.ts',
  'test/functions/balances.test.ts',
  'test/matcher/core-build.test.ts',
];
const drawn = ['test/drawn-seed.ts'];

/** Projects run apart: `unit` and `stories` touch no network; `emulated` starts emulators; `system` boots the whole exchange. */
export default defineConfig({
  test: {
    // Much of a test is waiting for an emulator: on two cores two files at a time are done sooner than one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: DearestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/{domain,wire,cloud,engine,matcher,functions,ledger,client,bots,ops,infra,drill,simulation,contracts}/**/*.test.ts',
          ],
          exclude: ['**/*.emulated.test.ts', ...stories],
          // No test leaves anything behind in its process: reading the packages anew costs each file half a second of a core.
          isolate: false,
          setupFiles: drawn,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'stories',
          include: stories,
          setupFiles: drawn,
          // At the lowest priority a minute's work may take ten.
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'emulated',
          include: ['test/**/*.emulated.test.ts', 'test/local/**/*.test.ts'],
          setupFiles: drawn,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          globalSetup: 'test/system/shared-assembly.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
