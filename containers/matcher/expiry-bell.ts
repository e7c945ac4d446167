/** Rings when a resting order's time is over although nobody trades; an idle matcher has no bell set and writes nothing. */
import type { Clock } from '#cloud/clock.ts';
import { tickSpacingMs } from './bounds.ts';
import type { Engine } from './engine/engine.ts';
import type { Timers } from './timers.ts';

export type ExpiryBell = {
  /** Looks when the next order expires; call it after every run of commands. */
  set(): void;
  stop(): void;
};

export function createExpiryBell(options: {
  engine: Pick<Engine, 'nextExpiryMs'>;
  clock: Pick<Clock, 'nowMs'>;
  timers: Timers;
  /** Moves the engine's clock; `set` is called again after it. */
  tick: () => void;
}): ExpiryBell {
  const { engine, clock, timers } = options;
  let bell: { dueMs: number; cancel: () => void } | undefined;

  const ring = () => {
    bell = undefined;
    const dueMs = engine.nextExpiryMs();
    if (dueMs !== undefined && dueMs <= clock.nowMs()) options.tick();
    else set();
  };
  const set = () => {
    const dueMs = engine.nextExpiryMs();
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
