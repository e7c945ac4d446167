/** Keeps a bot in demo funds: reads its balances, and for what runs low asks the faucet and deposits what it mints. */
import type { Crossbook } from '#client/crossbook.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import { parseDecimal } from '#domain/amount.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { BalanceJson } from '#wire/rest-api.ts';
import type { Funds } from './quoting.ts';

/** Below this an asset is asked for; one that is not listed here, when there is none of it. */
const lowMarks: Record<string, number> = { ETH: 3, BTC: 0.3, SOL: 150, USDC: 30_000 };

/** The faucet gives a few times a day; asking more often only fills logs. */
const askAgainMs = 10 * 60_000;

export function assetsToAskFor(balances: BalanceJson[], assets: Iterable<string>): string[] {
  const totals = new Map(balances.map(({ asset, total }) => [asset, Number(total)]));
  return [...assets].filter((asset) => {
    const total = totals.get(asset) ?? 0;
    return total <= 0 || total < (lowMarks[asset] ?? 0);
  });
}

/** What the quotes of one market may use: quote assets are shared by all markets that trade in them. */
export function fundsOf(
  balances: BalanceJson[],
  { market, base, quote }: ListedMarket,
  markets: Iterable<ListedMarket>,
): Funds {
  const unitsOf = (asset: string, decimals: number) => {
    const total = balances.find((each) => each.asset === asset)?.total ?? '0';
    return Number(parseDecimal(total, decimals) ?? 0n);
  };
  const all = [...markets];
  const sharing = (asset: string) =>
    Math.max(1, all.filter((each) => each.base.id === asset || each.quote.id === asset).length);
  const shareOf = (asset: string, decimals: number) =>
    Math.floor(unitsOf(asset, decimals) / sharing(asset));
  return all.some((each) => each.market.id === market.id)
    ? {
        baseUnits: shareOf(base.id, base.decimals),
        quoteUnits: shareOf(quote.id, quote.decimals),
      }
    : { baseUnits: 0, quoteUnits: 0 };
}

export type Purse = {
  /** The balances, at most `maxAgeMs` old; asks for funds where they run low. */
  balances(maxAgeMs: number): Promise<BalanceJson[]>;
};

/** What the faucet mints. */
export type Gift = { asset: string; amount: string };

/** `deposit` brings what the faucet mints to the exchange: done once it counts. */
export type PurseOptions = {
  exchange: Crossbook;
  deposit(gifts: readonly Gift[]): Promise<unknown>;
  now(): number;
};

export function createPurse({ exchange, deposit, now }: PurseOptions): Purse {
  let known: { balances: BalanceJson[]; atMs: number } | undefined;
  const askedAtMs = new Map<string, number>();

  const read = async () => {
    const balances = await exchange.balances();
    known = { balances, atMs: now() };
    return balances;
  };
  const askFor = async (asset: string): Promise<readonly Gift[]> => {
    if (now() - (askedAtMs.get(asset) ?? -Infinity) < askAgainMs) return [];
    askedAtMs.set(asset, now());
    try {
      return (await exchange.faucet(asset)).amounts;
    } catch (error) {
      // A stage without a faucet, an asset that it does not give, a limit that is reached: go on with what there is.
      const settled = ['not_found', 'unknown_asset', 'too_many_requests'];
      if (error instanceof CrossbookError && settled.includes(error.code)) return [];
      askedAtMs.delete(asset);
      throw error;
    }
  };
  return {
    async balances(maxAgeMs) {
      if (known && now() - known.atMs <= maxAgeMs) return known.balances;
      const balances = await read();
      const { markets } = await exchange.venue();
      const assets = new Set(
        [...markets.values()].flatMap(({ base, quote }) => [base.id, quote.id]),
      );
      const given: Gift[] = [];
      for (const asset of assetsToAskFor(balances, assets)) given.push(...(await askFor(asset)));
      if (given.length === 0) return balances;
      // All at once: each waits for blocks.
      await deposit(given);
      return read();
    },
  };
}
