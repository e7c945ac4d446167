/** What a provider's answers tell of it: latency and errors as moving averages, and a circuit breaker over both. */
import type { Clock } from './clock.ts';

export type RpcWeight = 'light' | 'heavy';

export type RpcHealth = {
  /** An answer, whatever it said. */
  answered(weight: RpcWeight, ms: number): void;
  /** Another provider was faster by then: the answer would have taken at least so long. */
  outrun(weight: RpcWeight, ms: number): void;
  failed(): void;
  /** It serves something else than it should: out at once. */
  broken(): void;
  /** Most others contradict it: its answers count as one voice, and are believed alone only where nobody else is left. */
  distrust(): void;
  isTrusted(): boolean;
  /** A probe answered: the breaker closes, whatever was before. */
  recovered(): void;
  /** `closed`: in use. `open`: not to be asked. `probing`: one probe may go out. */
  breaker(): 'closed' | 'open' | 'probing';
  /** After so long nearly every answer was there: the moment to ask another one as well. */
  hedgeAfterMs(weight: RpcWeight): number;
  /** Lower is better. */
  cost(weight: RpcWeight): number;
  latencyMs(weight: RpcWeight): number;
  errorRate(): number;
};

type Latency = { meanMs: number; deviationMs: number; samples: number };

const share = 0.15;
const errorShare = 0.1;
/** Five in a row, or half of the last dozen. */
const failuresInARow = 5;
const worstErrorRate = 0.5;
const shortestOpenMs = 1_000;
const longestOpenMs = 60_000;
/** Long enough that somebody looks: the alarm comes within a quarter of an hour. */
const distrustMs = 3_600_000;
/** Between these a hedge goes out: a failover must take less than a second whatever the averages say. */
const hedgeBoundsMs = { light: [10, 400], heavy: [40, 700] } as const;
/** Before anything was measured. */
const presumedMs = { light: 50, heavy: 150 } as const;

export function createRpcHealth(
  clock: Pick<Clock, 'monotonicMs'>,
  random: () => number,
): RpcHealth {
  const latencies: Record<RpcWeight, Latency> = {
    light: { meanMs: presumedMs.light, deviationMs: presumedMs.light, samples: 0 },
    heavy: { meanMs: presumedMs.heavy, deviationMs: presumedMs.heavy, samples: 0 },
  };
  let errorRate = 0;
  let inARow = 0;
  let openForMs = 0;
  let openUntilMs: number | undefined;
  let distrustedUntilMs = 0;

  const breaker = () => {
    if (openUntilMs === undefined) return 'closed';
    return clock.monotonicMs() < openUntilMs ? 'open' : 'probing';
  };
  const open = () => {
    openForMs = Math.min(longestOpenMs, Math.max(shortestOpenMs, openForMs * 2));
    // Jitter: many processes must not all knock at the same moment.
    openUntilMs = clock.monotonicMs() + openForMs * (0.75 + random() / 2);
  };
  const succeed = () => {
    errorRate *= 1 - errorShare;
    inARow = 0;
  };

  return {
    answered(weight, ms) {
      observe(latencies[weight], ms);
      succeed();
    },
    outrun(weight, ms) {
      if (ms > latencies[weight].meanMs) observe(latencies[weight], ms);
    },
    failed() {
      errorRate += (1 - errorRate) * errorShare;
      inARow += 1;
      const isBroken = inARow >= failuresInARow || errorRate >= worstErrorRate;
      if (breaker() === 'probing' || (openUntilMs === undefined && isBroken)) open();
    },
    broken() {
      errorRate = 1;
      open();
    },
    distrust() {
      distrustedUntilMs = clock.monotonicMs() + distrustMs;
    },
    isTrusted: () => clock.monotonicMs() >= distrustedUntilMs,
    recovered() {
      openUntilMs = undefined;
      openForMs = 0;
      inARow = 0;
      errorRate = Math.min(errorRate, worstErrorRate / 2);
    },
    breaker,
    hedgeAfterMs(weight) {
      const { meanMs, deviationMs } = latencies[weight];
      const [least, most] = hedgeBoundsMs[weight];
      return Math.min(most, Math.max(least, meanMs + 2 * deviationMs));
    },
    cost: (weight) => latencies[weight].meanMs * (1 + 10 * errorRate),
    latencyMs: (weight) => latencies[weight].meanMs,
    errorRate: () => errorRate,
  };
}

/** Mean and mean deviation as TCP keeps them (RFC 6298): mean + 2 deviations is near the 95th percentile. */
function observe(latency: Latency, ms: number): void {
  if (latency.samples === 0) {
    latency.meanMs = ms;
    latency.deviationMs = ms / 2;
  } else {
    latency.deviationMs += share * (Math.abs(ms - latency.meanMs) - latency.deviationMs);
    latency.meanMs += share * (ms - latency.meanMs);
  }
  latency.samples += 1;
}
