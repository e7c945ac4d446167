/** Folds a market's terms and assets into a hash: every field, in a fixed order. */
import type { Asset } from '#domain/asset.ts';
import type { Market } from '#domain/market.ts';
import type { HashLanes } from './hash-lanes.ts';

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
  into.integer(market.maxNotionalUnits);
  into.integer(market.makerFeeBps);
  into.integer(market.takerFeeBps);
  into.integer(market.bandBps);
  into.integer(market.auctionBandBps);
  into.integer(market.haltBps);
  into.integer(market.haltWindowMs);
  into.integer(market.haltMs);
  into.integer(market.auctionMs);
  into.integer(market.referenceTicks);
  into.text(market.state);
  for (const asset of [base, quote]) {
    into.text(asset.id);
    into.integer(asset.decimals);
    into.integer(asset.chainDecimals);
    into.text(asset.chainAsset);
  }
}
