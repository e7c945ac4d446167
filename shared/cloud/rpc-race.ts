/**
 * One question to several providers, one after the other: the next is asked where one failed, and as a hedge where one takes
 * longer than it nearly always does. The first final answer wins, all others are cancelled.
 */
import type { RpcOutcome } from './rpc-outcome.ts';
import type { RpcProvider } from './rpc-provider.ts';

/** `behind`: the provider's chain ends before the block that is needed, at `number`. */
export type Attempted = RpcOutcome | { type: 'behind'; number: number };

export type Race = {
  /** The next best provider; as a hedge only one that would be asked at once. */
  next(isHedge: boolean): RpcProvider | undefined;
  attempt(provider: RpcProvider, cancel: AbortSignal): Promise<Attempted>;
  hedgeAfterMs(provider: RpcProvider): number;
  /** Whether there is budget for a hedge. */
  mayHedge(): boolean;
  isFinal(outcome: Attempted): boolean;
  /** Ends all of it. */
  closed: AbortSignal;
};

/** What won, or what every provider said. */
export type RaceEnd = { type: 'won'; outcome: Attempted } | { type: 'lost'; seen: Attempted[] };

type Run = { abort: AbortController; done: Promise<{ run: Run; outcome: Attempted }> };

/** A provider that hangs is given up for another one then, budget or not: failover stays below a second. */
const failoverMs = 600;
const mostAtOnce = 3;

export async function race(rules: Race): Promise<RaceEnd> {
  const running = new Set<Run>();
  const seen: Attempted[] = [];
  let late = alarm(Number.POSITIVE_INFINITY);

  /** Answers whether there was a provider to ask. */
  const start = (isHedge: boolean): boolean => {
    const provider = running.size < mostAtOnce ? rules.next(isHedge) : undefined;
    if (!provider) return false;
    const abort = new AbortController();
    const outcome = rules.attempt(provider, abort.signal);
    const run: Run = { abort, done: outcome.then((each) => ({ run, outcome: each })) };
    running.add(run);
    late.clear();
    late = alarm(Math.min(failoverMs, rules.hedgeAfterMs(provider)));
    return true;
  };
  /** Without budget a hedge waits until it is a failover; without another provider only answers are waited for. */
  const hedge = (isDue: boolean): void => {
    if (!isDue && !rules.mayHedge()) late = alarm(failoverMs, true);
    else if (!start(true)) late = alarm(Number.POSITIVE_INFINITY);
  };

  const stop = () => {
    for (const { abort } of running) abort.abort();
  };
  rules.closed.addEventListener('abort', stop, { once: true });
  start(false);
  try {
    while (running.size > 0) {
      const event = await Promise.race([late.rung, ...[...running].map(({ done }) => done)]);
      if ('isDue' in event) {
        hedge(event.isDue);
        continue;
      }
      running.delete(event.run);
      if (rules.isFinal(event.outcome)) return { type: 'won', outcome: event.outcome };
      seen.push(event.outcome);
      start(false);
    }
    return { type: 'lost', seen };
  } finally {
    late.clear();
    rules.closed.removeEventListener('abort', stop);
    stop();
  }
}

function alarm(ms: number, isDue = false): { rung: Promise<{ isDue: boolean }>; clear(): void } {
  if (ms === Number.POSITIVE_INFINITY) return { rung: new Promise(() => {}), clear: () => {} };
  let timer: NodeJS.Timeout | undefined;
  const rung = new Promise<{ isDue: boolean }>((resolve) => {
    timer = setTimeout(() => resolve({ isDue }), ms);
  });
  return { rung, clear: () => clearTimeout(timer) };
}
