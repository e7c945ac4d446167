/** What a bot is, and how it runs: one action after the other, with back-off while the exchange cannot be reached. */
import { backOffMs } from '#client/back-off.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import type { Random } from './seeded-random.ts';
import type { Tally } from './tally.ts';

export type Bot = {
  name: string;
  paceMs: number;
  /** Before the first action; tried until it works. */
  prepare(): Promise<void>;
  act(): Promise<void>;
  /** Leaves nothing behind on the book. */
  withdraw(): Promise<void>;
};

export type Running = {
  signal: AbortSignal;
  tally: Tally;
  random: Random;
  wait(ms: number, signal: AbortSignal): Promise<void>;
};

const outageBackOff = { firstMs: 500, mostMs: 30_000 };

/** Runs until the signal; no error ends it. */
export async function runBot(bot: Bot, { signal, tally, random, wait }: Running): Promise<void> {
  let prepared = false;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (!prepared) await bot.prepare();
      prepared = true;
      await bot.act();
      failures = 0;
      // Spread a little, so that bots of one pace do not march in step.
      await wait(bot.paceMs * (0.8 + 0.4 * random()), signal);
    } catch (error) {
      tally.failed(error instanceof CrossbookError ? error.code : 'bug');
      if (!(error instanceof CrossbookError)) console.error(error);
      await wait(backOffMs(failures, outageBackOff, random), signal);
      failures += 1;
    }
  }
}

/** Waits, but no longer than until the signal. */
export function waitUnless(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
