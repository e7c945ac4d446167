/** What is traded, and by which numbers: everything that a client needs to build and sign an order. */
import { formatDecimal } from '#domain/amount.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import { formatPrice, formatSize } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { SigningDomain } from '#wire/eip712.ts';
import type { AssetJson, MarketJson, MarketsJson } from '#wire/rest-api.ts';

export function marketJson({ market, base, quote, untilMs = 0 }: ListedMarket): MarketJson {
  const { maxNotionalUnits } = market;
  return {
    market: market.id,
    base: base.id,
    quote: quote.id,
    group: market.groupId,
    state: market.state,
    ...(untilMs > 0 ? { untilMs } : {}),
    tickSize: formatPrice(1, market, base, quote),
    lotSize: formatSize(1, market, base),
    minSize: formatSize(market.minSizeLots, market, base),
    minNotional: formatDecimal(market.minNotionalUnits, quote.decimals),
    ...(maxNotionalUnits > 0
      ? { maxNotional: formatDecimal(maxNotionalUnits, quote.decimals) }
      : {}),
    makerFeeBps: market.makerFeeBps,
    takerFeeBps: market.takerFeeBps,
    bandBps: market.bandBps,
    auctionBandBps: market.auctionBandBps,
    haltBps: market.haltBps,
    haltWindowMs: market.haltWindowMs,
    haltMs: market.haltMs,
    auctionMs: market.auctionMs,
    baseChainAsset: base.chainAsset,
    quoteChainAsset: quote.chainAsset,
    lotAtoms: (BigInt(market.baseUnitsPerLot) * atomsPerUnit(base)).toString(),
    tickLotAtoms: (BigInt(market.quoteUnitsPerTickLot) * atomsPerUnit(quote)).toString(),
  };
}

export function marketsJson(
  markets: readonly ListedMarket[],
  assets: readonly Asset[],
  { chainId, verifyingContract }: SigningDomain,
): MarketsJson {
  return {
    chainId: Number(chainId),
    verifyingContract,
    markets: markets.map(marketJson),
    assets: assets.map(assetJson),
  };
}

const assetJson = ({ id, decimals, chainDecimals, chainAsset }: Asset): AssetJson => ({
  asset: id,
  decimals,
  chainDecimals,
  chainAsset,
});
