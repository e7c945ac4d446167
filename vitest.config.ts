import { defineConfig } from 'vitest/config';

/** Projects run apart: `unit` touches no network; `local` starts emulators; `system` boots the whole exchange. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/{domain,wire,cloud,engine,matcher,functions,ledger,client,bots,ops,infra,drill,simulation}/**/*.test.ts',
          ],
          exclude: ['**/*.emulated.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'emulated',
          include: ['test/**/*.emulated.test.ts', 'test/local/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
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
