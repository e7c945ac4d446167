/**
 * Rings when something is due although nobody trades: an order's time is over, a dead man's switch fires, an auction or a halt ends.
 * An idle matcher with nothing ahead has no bell set and writes nothing.
 */
import type { Clock } from '#cloud/clock.ts';
import { tickSpacingMs } from './bounds.ts';
import { isDue } from './engine/drive.ts';
import type { Engine } from './engine/engine.ts';
import type { Timers } from './timers.ts';

export type DueBell = {
  /** Looks what is due next; call it after every run of commands. */
  set(): void;
  stop(): void;
};

export function createDueBell(options: {
  engine: Pick<Engine, 'nextDueMs'>;
  clock: Pick<Clock, 'nowMs'>;
  timers: Timers;
  /** Does what is due; `set` is called again after it. */
  catchUp: () => void;
}): DueBell {
  const { engine, clock, timers } = options;
  let bell: { dueMs: number; cancel: () => void } | undefined;

  const ring = () => {
    bell = undefined;
    if (isDue(engine, clock.nowMs())) options.catchUp();
    else set();
  };
  const set = () => {
    const dueMs = engine.nextDueMs();
    // A bell that is set too early finds nothing due and sets itself again: cheaper than moving it with every order.
    if (dueMs === undefined || (bell && bell.dueMs <= dueMs)) return;
    bell?.cancel();
    const waitMs = Math.max(dueMs - clock.nowMs(), tickSpacingMs);
    bell = { dueMs, cancel: timers.after(waitMs, ring) };
  };
  return {
    set,
    stop() {
      bell?.cancel();
    },
  };
}
