/** Amounts as people read them, by the terms of markets that the journal, or the stage's directory, has told. */
import { formatDecimal } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import { assetsOf, formatPrice, formatSize, type Market, tickIsDecimal } from '#domain/market.ts';

type Listed = { market: Market; base: Asset; quote: Asset };

/** Where a market is not known, amounts are what the journal has: ticks, lots, units. */
export class KnownTerms {
  readonly #markets = new Map<string, Listed>();
  readonly #assets = new Map<string, Asset>();

  learn({ market, base, quote }: Listed): void {
    this.#markets.set(market.id, { market, base, quote });
    for (const asset of [base, quote]) this.#assets.set(asset.id, asset);
  }

  price(marketId: string, ticks: number): string {
    const { market, base, quote } = this.#markets.get(marketId) ?? {};
    return market && base && quote && tickIsDecimal(market, base, quote)
      ? formatPrice(ticks, market, base, quote)
      : `${ticks} ticks`;
  }

  size(marketId: string, lots: number): string {
    const { market, base } = this.#markets.get(marketId) ?? {};
    return market && base
      ? `${formatSize(lots, market, base)} ${base.id}`
      : `${lots} lots of ${assetsOf(marketId).base}`;
  }

  amount(assetId: string, units: number): string {
    const asset = this.#assets.get(assetId);
    return asset
      ? `${formatDecimal(units, asset.decimals)} ${assetId}`
      : `${units} units of ${assetId}`;
  }

  money(marketId: string, quoteUnits: number): string {
    return this.amount(assetsOf(marketId).quote, quoteUnits);
  }
}
