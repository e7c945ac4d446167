/**
 * Many Ethereum nodes as one: each question goes to the best provider that can answer it, is asked elsewhere where that one
 * fails or is slow, and what the pool shows of the chain's head never goes back.
 */
import type { Clock } from './clock.ts';
import type { Metrics } from './metrics.ts';
import type { Rpc } from './rpc.ts';
import { broadcast } from './rpc-broadcast.ts';
import type { Fetch } from './rpc-exchange.ts';
import { createRpcHeads } from './rpc-heads.ts';
import { createRpcMajority } from './rpc-majority.ts';
import { atBlock, traitsOf } from './rpc-methods.ts';
import { RpcUnavailable } from './rpc-outcome.ts';
import { createRpcProvider, type RpcProviderOptions } from './rpc-provider.ts';
import { createRpcReads } from './rpc-reads.ts';
import { createRpcReport, type ProviderState, stateOf } from './rpc-report.ts';

export type RpcPool = Rpc & {
  /** The answer that more than half of all providers give; throws `RpcUnavailable` where they do not agree. */
  agree(method: string, params: readonly unknown[]): Promise<unknown>;
  /** What each provider answers, in their order; undefined where one does not. Whoever asks decides whom to believe. */
  everyone(method: string, params: readonly unknown[]): Promise<unknown[]>;
  /** Of the providers, in their order. */
  names: readonly string[];
  /** What this one says is for an hour no answer but one voice of many. */
  distrust(name: string): void;
  state(): ProviderState[];
  /** Ends what is under way; nothing may be asked afterwards. */
  close(): void;
};

export type RpcPoolOptions = {
  providers: readonly RpcProviderOptions[];
  clock: Clock;
  /** 0 to 1: jitter of pauses. */
  random: () => number;
  /** The providers' state, about once a minute while the pool is in use; of one pool a chain, since metrics cost. */
  metrics?: Metrics;
  fetch?: Fetch;
  /** Providers of another chain are not used. */
  chainId?: bigint;
  limits?: Partial<RpcLimits>;
};

export type RpcLimits = {
  /** One attempt at one provider. */
  lightMs: number;
  heavyMs: number;
  /** How often heads are looked at while the pool is in use. */
  headEveryMs: number;
  /** When a chain that has become shorter is believed. */
  backAfterMs: number;
};

const usualLimits: RpcLimits = {
  lightMs: 3_000,
  heavyMs: 12_000,
  headEveryMs: 2_000,
  backAfterMs: 15_000,
};

export function createRpcPool(options: RpcPoolOptions): RpcPool {
  const { clock, random, metrics, chainId, fetch = globalThis.fetch } = options;
  const limits = { ...usualLimits, ...options.limits };
  const closing = new AbortController();
  const closed = closing.signal;
  const providers = options.providers.map((each) =>
    createRpcProvider(each, { clock, random, fetch }),
  );
  if (providers.length === 0) throw new Error('a pool needs at least one provider');
  const report = metrics && createRpcReport(metrics, clock);
  const state = () => providers.map((each) => stateOf(each, heads.reference()));
  const { headEveryMs: everyMs, backAfterMs, lightMs: timeoutMs } = limits;
  const heads = createRpcHeads({
    ...{ providers, clock, everyMs, backAfterMs, timeoutMs, chainId, closed },
    looked: () => report?.tell(state()),
  });
  const asked = { providers, heads, limits, clock, random, closed };
  const reads = createRpcReads(asked);
  const majority = createRpcMajority(providers, (provider, call) =>
    reads.askOne(provider, call, traitsOf(call.method, call.params).weight),
  );
  const share = shared();

  /** A number in the place of the tag: then any provider that has the block may answer. */
  const finalized = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const block = await share('finalized', () => majority.finalized());
    if (method === 'eth_getBlockByNumber' && params[1] !== true) return block;
    return request(method, atBlock(method, params, block.number));
  };

  const request = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    if (closed.aborted) throw new RpcUnavailable('the pool is closed');
    await heads.freshen();
    const call = { method, params };
    const traits = traitsOf(method, params);
    if (traits.kind === 'send') return broadcast(call, asked);
    if (traits.kind === 'act') return reads.once(call);
    const key = JSON.stringify([method, params]);
    if (traits.kind === 'head') return share(key, () => reads.newest(call, traits));
    if (traits.needs.type === 'finalized') return finalized(method, params);
    return share(key, () => reads.read(call, traits));
  };

  return {
    request,
    async agree(method, params) {
      await heads.freshen();
      return majority.agree(method, params);
    },
    async everyone(method, params) {
      await heads.freshen();
      return majority.everyone(method, params);
    },
    names: providers.map(({ name }) => name),
    distrust(name) {
      providers.find((each) => each.name === name)?.health.distrust();
    },
    state,
    close: () => closing.abort(),
  };
}

/** The same question, asked while it is under way, is one question. */
function shared() {
  const flying = new Map<string, Promise<unknown>>();
  return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = flying.get(key);
    if (known !== undefined) return known as Promise<T>;
    const asked = ask().finally(() => flying.delete(key));
    flying.set(key, asked);
    return asked;
  };
}
