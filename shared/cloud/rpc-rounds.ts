/** Asks all providers that may be asked, best first, in rounds; says what it means where none of them had an answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { soonest } from './rpc-broadcast.ts';
import type { RpcCall } from './rpc-exchange.ts';
import type { RpcHeads } from './rpc-heads.ts';
import type { RpcWeight } from './rpc-health.ts';
import { type RpcOutcome, RpcUnavailable } from './rpc-outcome.ts';
import type { RpcProvider } from './rpc-provider.ts';
import { type Attempted, race } from './rpc-race.ts';

export type RpcRoundsOptions = {
  providers: readonly RpcProvider[];
  heads: RpcHeads;
  limits: { lightMs: number; heavyMs: number };
  random: () => number;
  closed: AbortSignal;
};

/** One in ten questions may be asked twice for speed, and a burst of so many: a slow hour of all must not double the load. */
const hedgeShare = 0.1;
const hedgeBurst = 30;
/** Where nobody answered at all, everybody is asked again so often. */
const rounds = 3;
const longestRestMs = 2_000;

export type Attempt = (provider: RpcProvider, cancel: AbortSignal) => Promise<Attempted>;

export type Question = {
  call: RpcCall;
  weight: RpcWeight;
  attempt: Attempt;
  isFinal: (outcome: Attempted) => boolean;
};

/** Asks until a provider's answer is final, or until what all of them said is the answer. */
export function createRpcRounds(options: RpcRoundsOptions) {
  const { providers, heads, random, closed } = options;
  let hedges = hedgeBurst;

  const round = ({ weight, attempt, isFinal }: Question) => {
    const left = inOrder(providers, weight, heads);
    hedges = Math.min(hedgeBurst, hedges + hedgeShare);
    return race({
      next(isHedge) {
        const at = isHedge ? left.findIndex((each) => each.waitMs() === 0) : 0;
        return at < 0 ? undefined : left.splice(at, 1)[0];
      },
      attempt,
      hedgeAfterMs: (provider) => provider.health.hedgeAfterMs(weight),
      mayHedge() {
        if (hedges < 1) return false;
        hedges -= 1;
        return true;
      },
      isFinal,
      closed,
    });
  };

  return async (question: Question): Promise<unknown> => {
    const { call } = question;
    for (let tried = 1; ; tried += 1) {
      const end = await round(question);
      if (end.type === 'won') return resultOf(end.outcome);
      const answer = lastWord(call, end.seen, heads, providers.length);
      if (answer) return resultOf(answer);
      const restMs = soonest(end.seen) ?? 50 * tried;
      if (closed.aborted || tried === rounds || restMs > longestRestMs)
        throw nobody(call, end.seen, heads);
      await sleep(restMs * (1 + random() / 4));
    }
  };
}

/** Best first; those that told something else than most did, and those whose breaker is open, only where no other is left. */
export function inOrder(
  providers: readonly RpcProvider[],
  weight: RpcWeight,
  heads: RpcHeads,
): RpcProvider[] {
  const working = providers.filter(({ health }) => health.breaker() === 'closed');
  const trusted = working.filter(({ health }) => health.isTrusted());
  const askable = [trusted, working, providers].find((some) => some.length > 0) ?? [];
  const reference = heads.reference();
  const cost = (provider: RpcProvider): number => {
    const lag = Math.max(0, reference - (provider.head()?.number ?? 0));
    const load = 1 + provider.inFlight() / 16;
    return provider.health.cost(weight) * load + provider.waitMs() + Math.min(lag, 100) * 50;
  };
  const costs = new Map(providers.map((each) => [each, cost(each)]));
  return [...askable].sort((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0));
}

/** What it means that no provider had a final answer; undefined where asking again may help. */
function lastWord(
  { method }: RpcCall,
  seen: readonly Attempted[],
  heads: RpcHeads,
  providerCount: number,
): RpcOutcome | undefined {
  const empty = seen.find((each) => each.type === 'answered');
  if (empty) return empty;
  const missing = seen.find((each) => each.type === 'missing');
  if (missing) return missing;
  const ends = seen.flatMap((each) => (each.type === 'behind' ? [each.number] : []));
  if (ends.length === 0) return undefined;
  // Nobody has such a block yet.
  if (method === 'eth_getBlockByNumber' && Math.max(...ends) >= heads.shown())
    return { type: 'answered', result: null };
  if (ends.length * 2 > providerCount) heads.everyoneIsBehind(Math.max(...ends));
  return undefined;
}

/** Of a final outcome. */
export function resultOf(outcome: Attempted): unknown {
  if (outcome.type === 'answered') return outcome.result;
  if (outcome.type === 'refused' || outcome.type === 'missing') throw outcome.error;
  throw new Error(`${outcome.type} is no final outcome`);
}

export function nobody(
  { method }: RpcCall,
  seen: readonly Attempted[],
  heads: RpcHeads,
): RpcUnavailable {
  const words = seen.map((each) => {
    if (each.type === 'failed') return each.why;
    return each.type === 'behind' ? `ends at block ${each.number}` : each.type;
  });
  const shown = seen.some(({ type }) => type === 'behind') ? `, shown was ${heads.shown()}` : '';
  return new RpcUnavailable(
    `${method}: no provider answered (${words.join('; ')}${shown})`,
    soonest(seen),
  );
}
