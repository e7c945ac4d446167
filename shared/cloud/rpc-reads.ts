/** Reads of a pool: which providers may answer, in which order they are asked, and what is done where none of them could. */
import type { RpcCall } from './rpc-exchange.ts';
import type { RpcWeight } from './rpc-health.ts';
import { blockIn, type MethodTraits } from './rpc-methods.ts';
import type { RpcOutcome } from './rpc-outcome.ts';
import { headIn, type RpcProvider } from './rpc-provider.ts';
import type { Attempted } from './rpc-race.ts';
import {
  type Attempt,
  createRpcRounds,
  inOrder,
  nobody,
  type RpcRoundsOptions,
  resultOf,
} from './rpc-rounds.ts';

export type RpcReads = {
  /** Throws `RpcError` and `RpcUnavailable`, as all of these. */
  read(call: RpcCall, traits: MethodTraits): Promise<unknown>;
  /** A question for the chain's newest block. */
  newest(call: RpcCall, traits: MethodTraits): Promise<unknown>;
  /** Anything that may not be asked twice. */
  once(call: RpcCall): Promise<unknown>;
  askOne(provider: RpcProvider, call: RpcCall, weight: RpcWeight): Promise<RpcOutcome>;
};

const rememberedBlocks = 512;

export function createRpcReads(options: RpcRoundsOptions): RpcReads {
  const { providers, heads, limits, closed } = options;
  const blocks = rememberBlocks();

  const send = (provider: RpcProvider, call: RpcCall, weight: RpcWeight, cancel: AbortSignal) => {
    const timeoutMs = weight === 'light' ? limits.lightMs : limits.heavyMs;
    return provider.call(call, { weight, isRead: true, timeoutMs, cancel });
  };

  const settle = createRpcRounds(options);

  return {
    async read(call, { weight, needs, nullTries }) {
      let nulls = 0;
      const attempt: Attempt = async (provider, cancel) => {
        const number = needs.type === 'number' ? needs.number : undefined;
        const known = needs.type === 'hash' ? blocks.numberOf(needs.hash) : undefined;
        const needed = number ?? known ?? (needs.type === 'latest' ? heads.shown() : 0);
        if (!(await heads.reaches(provider, needed))) return behind(provider);
        return send(provider, call, weight, cancel);
      };
      const isFinal = (outcome: Attempted): boolean => {
        if (outcome.type === 'refused') return true;
        if (outcome.type !== 'answered') return false;
        if (outcome.result !== null) return true;
        nulls += 1;
        return nulls > nullTries;
      };
      const result = await settle({ call, weight, attempt, isFinal });
      blocks.note(result);
      return result;
    },

    async newest(call, { weight }) {
      const attempt: Attempt = async (provider, cancel) => {
        if (!(await heads.reaches(provider, 0))) return behind(provider);
        const outcome = await send(provider, call, weight, cancel);
        if (outcome.type !== 'answered') return outcome;
        const number = headIn(outcome);
        if (number === undefined) return { type: 'failed', why: 'a head that is no block' };
        provider.noteHead(number);
        const verdict = cancel.aborted ? 'behind' : heads.show(number);
        if (verdict === 'behind') return { type: 'behind', number };
        if (verdict === 'shown') return outcome;
        provider.health.failed();
        return { type: 'failed', why: `a head that nobody else knows: ${number}` };
      };
      const isFinal = ({ type }: Attempted) => type === 'answered' || type === 'refused';
      const result = await settle({ call, weight, attempt, isFinal });
      blocks.note(result);
      return result;
    },

    async once(call) {
      const provider = inOrder(providers, 'heavy', heads)[0];
      if (!provider) throw nobody(call, [], heads);
      const timeoutMs = limits.heavyMs;
      const asked = { weight: 'heavy', isRead: false, timeoutMs, cancel: closed } as const;
      const outcome = await provider.call(call, asked);
      if (outcome.type === 'answered' || outcome.type === 'refused' || outcome.type === 'missing')
        return resultOf(outcome);
      throw nobody(call, [outcome], heads);
    },

    async askOne(provider, call, weight) {
      if (!(await heads.reaches(provider, 0))) return { type: 'failed', why: 'it has no head' };
      return send(provider, call, weight, closed);
    },
  };
}

const behind = (provider: RpcProvider): Attempted => {
  const number = provider.head()?.number;
  return number === undefined
    ? { type: 'failed', why: 'its head is not known' }
    : { type: 'behind', number };
};

/** The numbers of recent blocks: who asks by hash is answered by those who can have it. */
function rememberBlocks() {
  const numbers = new Map<string, number>();
  return {
    numberOf: (hash: string) => numbers.get(hash.toLowerCase()),
    note(result: unknown) {
      const block = blockIn(result);
      if (block?.hash === undefined) return;
      numbers.set(block.hash.toLowerCase(), block.number);
      const oldest = numbers.size > rememberedBlocks ? numbers.keys().next().value : undefined;
      if (oldest !== undefined) numbers.delete(oldest);
    },
  };
}
