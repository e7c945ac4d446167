import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const drawn = ['test/drawn-seed.ts'];

/** Projects run apart: `unit` touches no network; `local` starts emulators; `system` boots the whole exchange. */
export default defineConfig({
  test: {
    // Much of a test is waiting for an emulator: on two cores two files at a time are done sooner than one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/{domain,wire,cloud,engine,matcher,functions,ledger,client,bots,ops,infra,drill,simulation,contracts}/**/*.test.ts',
          ],
          exclude: ['**/*.emulated.test.ts'],
          setupFiles: drawn,
          testTimeout: 60_000,
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
