/** From the engine's integers to the API's decimal text: orders, fills, depth. */
import { formatDecimal } from '#domain/amount.ts';
import { formatPrice, formatSize, type MarketState } from '#domain/market.ts';
import type { ListedMarket } from './catalog.ts';
import { crc32c } from './crc32c.ts';
import type {
  AuctionJson,
  DepthSnapshot,
  FillJson,
  MarketStatusJson,
  OrderJson,
  TextLevel,
} from './feed-message.ts';
import type {
  AuctionView,
  DepthLevel,
  DepthView,
  FillView,
  MarketStatusView,
  OrderView,
} from './matcher-api.ts';

export function orderToJson(order: OrderView, { market, base, quote }: ListedMarket): OrderJson {
  return {
    digest: order.digest,
    ...(order.clientOrderId === undefined ? {} : { clientOrderId: order.clientOrderId }),
    account: order.account,
    market: order.marketId,
    side: order.side,
    type: order.orderType,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    stp: order.selfTrade,
    price: formatPrice(order.limitTicks, market, base, quote),
    ...(order.triggerTicks > 0
      ? { triggerPrice: formatPrice(order.triggerTicks, market, base, quote) }
      : {}),
    ...(order.spendUnits > 0
      ? { spend: formatDecimal(order.spendUnits, quote.decimals) }
      : { size: formatSize(order.sizeLots, market, base) }),
    ...(order.displayLots > 0 ? { displaySize: formatSize(order.displayLots, market, base) } : {}),
    filledSize: formatSize(order.filledLots, market, base),
    filledQuote: formatDecimal(order.filledQuoteUnits, quote.decimals),
    fee: formatDecimal(order.feeUnits, quote.decimals),
    status: order.status,
    createdAtMs: order.createdAtMs,
    expiresAtMs: order.expiresAtMs,
    ...(order.doneAtMs === undefined ? {} : { doneAtMs: order.doneAtMs }),
    ...(order.delegation === undefined ? {} : { delegation: order.delegation }),
  };
}

export function fillToJson(fill: FillView, { market, base, quote }: ListedMarket): FillJson {
  return {
    tradeId: tradeId(market.groupId, fill.sequence),
    market: fill.marketId,
    orderDigest: fill.digest,
    side: fill.side,
    role: fill.role,
    price: formatPrice(fill.priceTicks, market, base, quote),
    size: formatSize(fill.sizeLots, market, base),
    quote: formatDecimal(fill.quoteUnits, quote.decimals),
    fee: formatDecimal(fill.feeUnits, quote.decimals),
    feeAsset: quote.id,
    atMs: fill.atMs,
  };
}

/** A trade's public identity: its pair group and sequence number. */
export const tradeId = (groupId: string, sequence: number): string => `${groupId}-${sequence}`;

export function levelsToText(
  levels: DepthLevel[],
  { market, base, quote }: ListedMarket,
): TextLevel[] {
  return levels.map(([priceTicks, sizeLots]) => [
    formatPrice(priceTicks, market, base, quote),
    formatSize(sizeLots, market, base),
  ]);
}

function auctionToJson(
  { priceTicks, sizeLots, imbalanceLots }: AuctionView,
  { market, base, quote }: ListedMarket,
): AuctionJson {
  return {
    price: formatPrice(priceTicks, market, base, quote),
    size: formatSize(sizeLots, market, base),
    imbalance: formatSize(imbalanceLots, market, base),
  };
}

/** Where a market stands; `view` is what its matcher says, or the engine itself. */
export function statusToJson(
  view: MarketStatusView & { state: MarketState; sequence: number },
  listed: ListedMarket,
): MarketStatusJson {
  const { market, base, quote } = listed;
  const price = (ticks: number) => formatPrice(ticks, market, base, quote);
  return {
    market: market.id,
    state: view.state,
    sequence: view.sequence,
    ...(view.untilMs > 0 ? { untilMs: view.untilMs } : {}),
    ...(view.lastTicks > 0 ? { lastPrice: price(view.lastTicks) } : {}),
    ...(view.referenceTicks > 0 ? { referencePrice: price(view.referenceTicks) } : {}),
    ...(view.auction ? { auction: auctionToJson(view.auction, listed) } : {}),
  };
}

export function depthToJson(
  depth: Pick<DepthView, 'marketId' | 'sequence' | 'bids' | 'asks' | 'checksum' | 'auction'>,
  listed: ListedMarket,
): DepthSnapshot {
  return {
    type: 'depth_snapshot',
    market: depth.marketId,
    sequence: depth.sequence,
    bids: levelsToText(depth.bids, listed),
    asks: levelsToText(depth.asks, listed),
    checksum: depth.checksum,
    ...(depth.auction ? { auction: auctionToJson(depth.auction, listed) } : {}),
  };
}

const encoder = new TextEncoder();

/**
 * CRC-32C over the ten best levels of each side as `ticks:lots` text: bid, ask, bid, ask …,
 * joined by `|`; a side that has run out is left out. Ticks are price ÷ tick size, lots size ÷ lot size.
 */
export function depthChecksum(bids: readonly DepthLevel[], asks: readonly DepthLevel[]): number {
  const parts: string[] = [];
  for (let index = 0; index < 10; index += 1) {
    for (const level of [bids[index], asks[index]])
      if (level) parts.push(`${level[0]}:${level[1]}`);
  }
  return crc32c(encoder.encode(parts.join('|')));
}
