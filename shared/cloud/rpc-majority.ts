/** What most providers of a pool say: finality, and any question where one provider's word is not enough. */
import { RpcError } from './rpc.ts';
import type { RpcCall } from './rpc-exchange.ts';
import { blockIn } from './rpc-methods.ts';
import { type RpcOutcome, RpcUnavailable } from './rpc-outcome.ts';
import type { RpcProvider } from './rpc-provider.ts';

export type RpcMajority = {
  /** The answer that more than half of all providers give; throws `RpcUnavailable` where there is none. */
  agree(method: string, params: readonly unknown[]): Promise<unknown>;
  /** What each provider answers, in their order: undefined where one does not, or refuses. */
  everyone(method: string, params: readonly unknown[]): Promise<unknown[]>;
  /** The newest block of which more than half say that it is final; never an older one than before. */
  finalized(): Promise<FinalBlock>;
};

export type FinalBlock = { number: string; hash: string };
type Ask = (provider: RpcProvider, call: RpcCall) => Promise<RpcOutcome>;
type Said = { provider: RpcProvider; outcome: RpcOutcome };

export function createRpcMajority(providers: readonly RpcProvider[], ask: Ask): RpcMajority {
  const most = Math.floor(providers.length / 2) + 1;
  let newest: FinalBlock | undefined;

  /** Asks all; answers as soon as what was said decides. */
  const decide = async <T>(
    call: RpcCall,
    decided: (said: Said[]) => Promise<T | undefined> | T | undefined,
  ): Promise<T> => {
    const waiting = new Map(
      providers.map((provider) => [
        provider,
        ask(provider, call).then((outcome) => ({ provider, outcome })),
      ]),
    );
    const said: Said[] = [];
    while (waiting.size > 0) {
      const next = await Promise.race(waiting.values());
      waiting.delete(next.provider);
      said.push(next);
      const answer = said.length >= most ? await decided(said) : undefined;
      if (answer !== undefined) return answer;
    }
    throw undecided(call.method, said, most);
  };

  const agreedBlock = async (said: Said[]): Promise<FinalBlock | undefined> => {
    const blocks = said.flatMap(({ provider, outcome }) => {
      const block = outcome.type === 'answered' ? finalBlock(outcome.result) : undefined;
      return block ? [{ provider, block }] : [];
    });
    // So many say that this one is final, or a later one is.
    const through = blocks.map(({ block }) => Number(block.number)).sort((a, b) => b - a)[most - 1];
    if (through === undefined) return undefined;
    const number = `0x${through.toString(16)}`;
    const seen = await Promise.all(
      blocks
        .filter(({ block }) => Number(block.number) >= through)
        .map(async ({ provider, block }) => {
          if (Number(block.number) === through) return block;
          const call = { method: 'eth_getBlockByNumber', params: [number, false] };
          const outcome = await ask(provider, call);
          return outcome.type === 'answered' ? finalBlock(outcome.result) : undefined;
        }),
    );
    return mostOf(seen, most, (block) => block.hash);
  };

  return {
    async agree(method, params) {
      const { result } = await decide({ method, params }, (said) => {
        const results = said.flatMap(({ outcome }) =>
          outcome.type === 'answered' ? [{ result: outcome.result }] : [],
        );
        return mostOf(results, most, ({ result: each }) => identityOf(each));
      });
      return result;
    },
    everyone: (method, params) =>
      Promise.all(
        providers.map(async (provider) => {
          const outcome = await ask(provider, { method, params });
          return outcome.type === 'answered' ? outcome.result : undefined;
        }),
      ),
    async finalized() {
      const call = { method: 'eth_getBlockByNumber', params: ['finalized', false] };
      const block = await decide(call, agreedBlock);
      if (!newest || Number(block.number) >= Number(newest.number)) newest = block;
      return newest;
    },
  };
}

function finalBlock(result: unknown): FinalBlock | undefined {
  const block = blockIn(result);
  return block?.hash === undefined ? undefined : (result as FinalBlock);
}

/** The value of which there are enough. */
function mostOf<T>(
  values: (T | undefined)[],
  most: number,
  identity: (value: T) => string,
): T | undefined {
  const given = values.filter((value) => value !== undefined);
  const groups = Map.groupBy(given, identity);
  return [...groups.values()].find((group) => group.length >= most)?.[0];
}

/** Nodes of different makers add different fields to a block; its hash says all. */
function identityOf(result: unknown): string {
  const block = blockIn(result);
  return block?.hash ?? JSON.stringify(sorted(result));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}

/** Where enough nodes refuse, that is their answer. */
function undecided(method: string, said: Said[], most: number): Error {
  const errors = said.flatMap(({ outcome }) =>
    outcome.type === 'refused' || outcome.type === 'missing' ? [outcome.error] : [],
  );
  const first = errors[0];
  if (first && errors.length >= most) return new RpcError(first.code, first.message, first.data);
  const words = said.map(({ provider, outcome }) => `${provider.name} ${outcome.type}`);
  return new RpcUnavailable(`${method}: fewer than ${most} providers agree (${words.join(', ')})`);
}
