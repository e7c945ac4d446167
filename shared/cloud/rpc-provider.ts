/** One provider of a pool: sends calls to it, several in one request where they come in the same moment, and keeps what its answers tell of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import { createRpcBudget } from './rpc-budget.ts';
import { type Exchanged, exchangeRpc, type Fetch, type RpcCall } from './rpc-exchange.ts';
import { createRpcHealth, type RpcHealth, type RpcWeight } from './rpc-health.ts';
import { blockIn } from './rpc-methods.ts';
import type { RpcOutcome } from './rpc-outcome.ts';

export type RpcProviderOptions = {
  /** What people see of it; its URL may hold a key. */
  name: string;
  url: string;
  /** Calls a second that the provider allows; without one only its 429 bounds us. */
  ratePerSecond?: number;
};

export type RpcProvider = {
  name: string;
  health: RpcHealth;
  /** Never throws. */
  call(call: RpcCall, options: CallOptions): Promise<RpcOutcome>;
  /** The newest block it is known to have, and when it was asked. */
  head(): { number: number; atMs: number } | undefined;
  noteHead(number: number): void;
  inFlight(): number;
  /** How long a call would wait for the rate budget, or for the end of a pause. */
  waitMs(): number;
};

export type CallOptions = {
  weight: RpcWeight;
  /** Whether it may share a request with others, and be asked twice. */
  isRead: boolean;
  timeoutMs: number;
  cancel: AbortSignal;
};

type Waiting = {
  call: RpcCall;
  options: CallOptions;
  beganAtMs: number;
  done: (outcome: RpcOutcome) => void;
};

/** Nodes take 100 and more; beyond some dozens nothing is saved. */
const mostInBatch = 40;
/** Where a 429 says nothing else. */
const pauseMs = 1_000;
/** Beyond that another provider, or a later try of the caller, serves better. */
const longestWaitMs = 2_000;

export function createRpcProvider(
  { name, url, ratePerSecond }: RpcProviderOptions,
  { clock, random, fetch }: { clock: Clock; random: () => number; fetch: Fetch },
): RpcProvider {
  const health = createRpcHealth(clock, random);
  const budget = createRpcBudget(ratePerSecond, clock);
  const target = { url, fetch, clock };
  const batch: Waiting[] = [];
  let takesBatches = true;
  let flying = 0;
  let head: { number: number; atMs: number } | undefined;

  const settle = (waiting: Waiting, outcome: RpcOutcome) => {
    const ms = clock.monotonicMs() - waiting.beganAtMs;
    const { weight, timeoutMs } = waiting.options;
    if (outcome.type === 'cancelled') health.outrun(weight, ms);
    // A function that slept in between measured its sleep.
    else if (outcome.type === 'failed') ms <= 2 * timeoutMs + 1_000 && health.failed();
    else if (outcome.type === 'limited') budget.pause(outcome.retryAfterMs ?? pauseMs);
    else {
      if (health.breaker() !== 'closed') health.recovered();
      health.answered(weight, ms);
    }
    waiting.done(outcome);
  };

  const send = async (some: Waiting[]): Promise<void> => {
    const first = some[0];
    if (!first) return;
    const { waitMs, isReserved } = budget.reserve(some.length, longestWaitMs);
    if (!isReserved) {
      for (const each of some) each.done({ type: 'limited', retryAfterMs: waitMs });
      return;
    }
    if (waitMs > 0) await sleep(waitMs);
    for (const each of some) each.beganAtMs += waitMs;
    flying += some.length;
    const shared = some.length === 1 ? undefined : wantedByAny(some);
    const exchanged = await exchangeRpc(
      target,
      some.map(({ call }) => call),
      { timeoutMs: first.options.timeoutMs, cancel: shared?.signal ?? first.options.cancel },
    );
    shared?.end();
    flying -= some.length;
    if (exchanged.type === 'no_batches') {
      takesBatches = false;
      await Promise.all(some.map((each) => send([each])));
      return;
    }
    for (const [at, each] of some.entries()) settle(each, outcomeAt(exchanged, at));
  };

  const flush = () => {
    const all = batch.splice(0);
    const size = takesBatches ? mostInBatch : 1;
    for (let at = 0; at < all.length; at += size) void send(all.slice(at, at + size));
  };

  return {
    name,
    health,
    call: (call, options) =>
      new Promise((done) => {
        const waiting = { call, options, beganAtMs: clock.monotonicMs(), done };
        // Light reads of one moment share a request; a heavy one would make the others wait for it.
        if (options.isRead && options.weight === 'light') {
          if (batch.push(waiting) === 1) setImmediate(flush);
        } else void send([waiting]);
      }),
    head: () => head,
    noteHead(number) {
      head = { number, atMs: clock.monotonicMs() };
    },
    inFlight: () => flying,
    waitMs: budget.waitMs,
  };
}

function outcomeAt(exchanged: Exclude<Exchanged, { type: 'no_batches' }>, at: number): RpcOutcome {
  if (exchanged.type !== 'answers') return exchanged;
  return exchanged.outcomes[at] ?? { type: 'failed', why: 'an answer is missing' };
}

/** Aborts when the last of several calls was cancelled. */
function wantedByAny(some: Waiting[]): { signal: AbortSignal; end(): void } {
  const abort = new AbortController();
  let wanted = some.filter(({ options }) => !options.cancel.aborted).length;
  if (wanted === 0) abort.abort();
  const leave = () => {
    wanted -= 1;
    if (wanted === 0) abort.abort();
  };
  for (const { options } of some) options.cancel.addEventListener('abort', leave, { once: true });
  const end = () => {
    for (const { options } of some) options.cancel.removeEventListener('abort', leave);
  };
  return { signal: abort.signal, end };
}

/** What an answer says of the provider's own newest block, where the call asked for it. */
export const headIn = (outcome: RpcOutcome): number | undefined =>
  outcome.type === 'answered' ? blockIn(outcome.result)?.number : undefined;
