/** A provider's rate budget: a token bucket that holds one second's calls, and the pauses that the provider asks for. */
import type { Clock } from './clock.ts';

export type RpcBudget = {
  /** Reserves calls and says in how many ms they may go; nothing is reserved where that would be longer than `mostMs`. */
  reserve(calls: number, mostMs: number): { waitMs: number; isReserved: boolean };
  /** How long a call would wait now. */
  waitMs(): number;
  /** The provider said: not before so long from now. */
  pause(ms: number): void;
};

/** Longer ones are not believed: a slip of the other side must not take a provider away for a day. */
const longestPauseMs = 300_000;

export function createRpcBudget(
  ratePerSecond: number | undefined,
  clock: Pick<Clock, 'monotonicMs'>,
): RpcBudget {
  const rate = ratePerSecond ?? Number.POSITIVE_INFINITY;
  let tokens = rate;
  let filledAtMs = clock.monotonicMs();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  const pausedForMs = () => Math.max(0, pausedUntilMs - clock.monotonicMs());
  /** Below zero are calls that wait: who comes now goes after them. */
  const waitFor = (calls: number): number => {
    if (rate === Number.POSITIVE_INFINITY) return pausedForMs();
    const nowMs = clock.monotonicMs();
    tokens = Math.min(rate, tokens + ((nowMs - filledAtMs) * rate) / 1_000);
    filledAtMs = nowMs;
    // A batch larger than the bucket goes when the bucket is full; those after it pay the debt.
    const missing = Math.min(calls, rate) - tokens;
    return Math.max(pausedForMs(), (missing * 1_000) / rate, 0);
  };
  return {
    reserve(calls, mostMs) {
      const waitMs = waitFor(calls);
      if (waitMs > mostMs) return { waitMs, isReserved: false };
      tokens -= calls;
      return { waitMs, isReserved: true };
    },
    waitMs: () => waitFor(1),
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + Math.min(ms, longestPauseMs));
    },
  };
}
