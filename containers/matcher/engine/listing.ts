/** A market as the engine trades it: its terms, its two assets and its book. */
import type { Asset } from '#domain/asset.ts';
import type { Market } from '#domain/market.ts';
import type { HashLanes } from './hash-lanes.ts';
import type { OrderBook } from './order-book.ts';

export type Listing = { market: Market; base: Asset; quote: Asset; readonly book: OrderBook };

/** Folds a market's terms and assets into a hash: every field, in a fixed order. */
export function foldTerms(
  into: HashLanes,
  { market, base, quote }: { market: Market; base: Asset; quote: Asset },
): void {
  into.text(market.id);
  into.text(market.groupId);
  into.integer(market.baseUnitsPerLot);
  into.integer(market.quoteUnitsPerTickLot);
  into.integer(market.minSizeLots);
  into.integer(market.minNotionalUnits);
  into.integer(market.makerFeeBps);
  into.integer(market.takerFeeBps);
  into.text(market.state);
  for (const asset of [base, quote]) {
    into.text(asset.id);
    into.integer(asset.decimals);
    into.integer(asset.chainDecimals);
    into.text(asset.chainAsset);
  }
}
