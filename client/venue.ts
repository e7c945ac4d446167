/** What the exchange trades and where signatures are valid, as the client's code needs it: terms in integers. */
import { parseDecimal } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import { type Market, parseSize } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { SigningDomain } from '#wire/eip712.ts';
import type { AssetJson, MarketJson, MarketsJson } from '#wire/rest-api.ts';
import { CrossbookError } from './crossbook-error.ts';

export type Venue = { signingDomain: SigningDomain; markets: Map<string, ListedMarket> };

export function venueOf(json: MarketsJson): Venue {
  const assets = new Map(json.assets.map((each) => [each.asset, assetOf(each)]));
  const listed = json.markets.map((each) => [each.market, listedOf(each, assets)] as const);
  return {
    signingDomain: {
      chainId: BigInt(json.chainId),
      verifyingContract: json.verifyingContract.toLowerCase(),
    },
    markets: new Map(listed),
  };
}

/** A market of the venue; throws what the exchange would answer. */
export function marketOf(venue: Venue, marketId: string): ListedMarket {
  const listed = venue.markets.get(marketId);
  if (!listed) throw new CrossbookError('unknown_market', `there is no market ${marketId}`);
  return listed;
}

const assetOf = ({ asset, decimals, chainDecimals, chainAsset }: AssetJson): Asset => ({
  id: asset,
  decimals,
  chainDecimals,
  chainAsset,
});

function listedOf(json: MarketJson, assets: Map<string, Asset>): ListedMarket {
  const base = assets.get(json.base);
  const quote = assets.get(json.quote);
  assert(base && quote, `${json.market} names an asset that is not listed`);
  const terms: Market = {
    id: json.market,
    groupId: json.group,
    baseUnitsPerLot: Number(BigInt(json.lotAtoms) / atomsPerUnit(base)),
    quoteUnitsPerTickLot: Number(BigInt(json.tickLotAtoms) / atomsPerUnit(quote)),
    minSizeLots: 0,
    minNotionalUnits: Number(parseDecimal(json.minNotional, quote.decimals) ?? 0n),
    maxNotionalUnits: Number(parseDecimal(json.maxNotional ?? '0', quote.decimals) ?? 0n),
    makerFeeBps: json.makerFeeBps,
    takerFeeBps: json.takerFeeBps,
    bandBps: json.bandBps,
    auctionBandBps: json.auctionBandBps,
    haltBps: json.haltBps,
    haltWindowMs: json.haltWindowMs,
    haltMs: json.haltMs,
    auctionMs: json.auctionMs,
    // Where the price stands is told with the depth: the listing's own is of no use to a client.
    referenceTicks: 0,
    state: json.state,
  };
  const minSizeLots = parseSize(json.minSize, terms, base) ?? 0;
  return { market: { ...terms, minSizeLots }, base, quote };
}
