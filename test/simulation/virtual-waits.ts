/**
 * Lets the waits and random draws inside the cloud clients' code follow the simulation: they are the only ones that are not
 * arguments. Whatever is imported from 'node:timers/promises' waits in virtual time while a run lasts.
 */
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { pause, type Timers } from '../../containers/matcher/timers.ts';

/** Runs it with these timers and these random numbers; afterwards everything is as before. */
export async function withVirtualWaits<T>(
  timers: Timers,
  random: (below: number) => number,
  run: () => Promise<T>,
): Promise<T> {
  const real = { wait: timersPromises.setTimeout, random: Math.random };
  const wait = async (ms = 0) => pause(timers, ms);
  timersPromises.setTimeout = wait as unknown as typeof real.wait;
  Math.random = () => random(1_000_000) / 1_000_000;
  syncBuiltinESMExports();
  try {
    return await run();
  } finally {
    timersPromises.setTimeout = real.wait;
    Math.random = real.random;
    syncBuiltinESMExports();
  }
}
