/**
 * How far each provider's chain reaches, and how far the pool has shown it. There is no timer: heads are asked for while the
 * pool is in use, and that question is also the probe of a provider whose breaker opened.
 */
import type { Clock } from './clock.ts';
import { headIn, type RpcProvider } from './rpc-provider.ts';

export type RpcHeads = {
  /** The newest block that was shown; reads at `latest` come from nothing older. */
  shown(): number;
  /** Whether an answer may be shown; what may not be believed is no answer. */
  show(number: number): 'shown' | 'behind' | 'unbelievable';
  /** Everybody says that the chain ends earlier: after a while that is so. */
  everyoneIsBehind(newest: number): void;
  /** The head of most: a single provider that tells a higher one does not move it, where there are three. */
  reference(): number;
  /** Looks where knowledge is old: in the background while it still serves, waiting where it does not. */
  freshen(): Promise<void>;
  /** Whether a provider has a block; asks it where that is not known. */
  reaches(provider: RpcProvider, number: number): Promise<boolean>;
};

export type RpcHeadsOptions = {
  providers: readonly RpcProvider[];
  clock: Pick<Clock, 'monotonicMs'>;
  /** Heads are asked for so often while the pool is in use. */
  everyMs: number;
  /** A chain that has become shorter is believed after so long. */
  backAfterMs: number;
  timeoutMs: number;
  /** Refuses providers of another chain. */
  chainId: bigint | undefined;
  closed: AbortSignal;
  /** After each look. */
  looked: () => void;
};

/** No chain makes so many blocks between two looks, and who claims more is not believed alone. */
const leapBlocks = 256;
/** Knowledge this old is no knowledge: the process slept. */
const staleAfterLooks = 5;

export function createRpcHeads(options: RpcHeadsOptions): RpcHeads {
  const { providers, clock, everyMs } = options;
  let shown = 0;
  let behindSinceMs: number | undefined;
  const look = looker(options);

  const reference = () => {
    const heads = providers.flatMap((each) => each.head()?.number ?? []).sort((a, b) => b - a);
    return heads[providers.length >= 3 && heads.length >= 2 ? 1 : 0] ?? 0;
  };
  // Two providers that disagree say nothing of who lies.
  const isLeap = (number: number) =>
    providers.length >= 3 && reference() > 0 && number > Math.max(reference(), shown) + leapBlocks;
  return {
    shown: () => shown,
    show(number) {
      if (isLeap(number)) return 'unbelievable';
      if (number < shown) return 'behind';
      behindSinceMs = undefined;
      shown = number;
      return 'shown';
    },
    everyoneIsBehind(newest) {
      behindSinceMs ??= clock.monotonicMs();
      if (clock.monotonicMs() - behindSinceMs < options.backAfterMs) return;
      shown = newest;
      behindSinceMs = undefined;
    },
    reference,
    async freshen() {
      const ageMs = clock.monotonicMs() - look.lookedAtMs();
      if (ageMs < everyMs) return;
      const looking = look.all();
      if (ageMs > everyMs * staleAfterLooks) await looking.enough;
    },
    async reaches(provider, number) {
      const has = () => {
        const head = provider.head()?.number;
        return head !== undefined && head >= number && !isLeap(head);
      };
      if (has()) return true;
      await look.one(provider);
      return has();
    },
  };
}

/** Asks providers for their heads; questions that are under way are shared. */
function looker({ providers, clock, timeoutMs, chainId, closed, looked }: RpcHeadsOptions) {
  const asking = new Map<RpcProvider, Promise<void>>();
  const verified = new Set<RpcProvider>();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: { all: Promise<void>; enough: Promise<void> } | undefined;

  const one = (provider: RpcProvider): Promise<void> => {
    const known = asking.get(provider);
    if (known !== undefined) return known;
    const asked = ask(provider).finally(() => asking.delete(provider));
    asking.set(provider, asked);
    return asked;
  };

  const ask = async (provider: RpcProvider): Promise<void> => {
    const options = { weight: 'light', isRead: true, timeoutMs, cancel: closed } as const;
    const [head, chain] = await Promise.all([
      provider.call({ method: 'eth_blockNumber', params: [] }, options),
      chainId === undefined || verified.has(provider)
        ? undefined
        : provider.call({ method: 'eth_chainId', params: [] }, options),
    ]);
    const number = headIn(head);
    if (number === undefined) return;
    if (chain) {
      if (chain.type !== 'answered') return;
      if (!isChain(chain.result, chainId)) return provider.health.broken();
      verified.add(provider);
    }
    provider.noteHead(number);
  };

  const all = () => {
    if (looking) return looking;
    const askable = providers.filter(isAskable);
    // Where all are out, each question may be the one that finds one back.
    const asked = (askable.length > 0 ? askable : providers).map(one);
    lookedAtMs = clock.monotonicMs();
    const every = Promise.all(asked).then(() => {
      looking = undefined;
      looked();
    });
    looking = { all: every, enough: enough(asked, every) };
    return looking;
  };
  return { one, all, lookedAtMs: () => lookedAtMs };
}

const isAskable = (provider: RpcProvider): boolean =>
  provider.health.breaker() !== 'open' && provider.waitMs() === 0;

/** The first answer, and a moment for the others: one that hangs keeps nobody. */
const graceMs = 100;
async function enough(asked: Promise<void>[], every: Promise<void>): Promise<void> {
  await Promise.race([every, ...asked]);
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([every, grace]);
  clearTimeout(timer);
}

const isChain = (result: unknown, chainId: bigint | undefined): boolean =>
  typeof result === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(result) && BigInt(result) === chainId;
