/** Auctions of the naive engine: the one price, and the uncross at it. */
import type { StateChangeReason } from '#domain/event.ts';
import { maxPriceTicks } from '#domain/market.ts';
import type { Work } from '../snapshot-record.ts';
import { end, firstOf, isUsedUp, leftLots, queueOf, showLess } from './naive-book.ts';
import { isInside, rangeAround } from './naive-bounds.ts';
import { changeState } from './naive-market.ts';
import { listedMarket, type NaiveMarket, type NaiveState } from './naive-state.ts';
import { trade } from './naive-trading.ts';

export type Uncrossing = { priceTicks: number; sizeLots: number; imbalanceLots: number };

/**
 * "One price: the one at which most trades; of those, the one with the least imbalance; of those, the nearest to the
 * reference price; of two as near, the lower. Hidden parts count whole." Nothing where nothing would trade.
 *
 * Between two prices that orders name, every price trades the same: those next to named prices and the reference
 * price itself stand for all.
 */
export function uncrossingOf(state: NaiveState, listed: NaiveMarket): Uncrossing | undefined {
  const { referenceTicks } = listed;
  const bids = queueOf(state, listed.market.id, 'buy');
  const asks = queueOf(state, listed.market.id, 'sell');
  const named = [...bids, ...asks].map((order) => order.limitTicks);
  const candidates = [referenceTicks, ...named.flatMap((ticks) => [ticks - 1, ticks, ticks + 1])];
  let best: Uncrossing | undefined;
  for (const priceTicks of candidates.sort((one, other) => one - other)) {
    if (priceTicks < 1 || priceTicks > maxPriceTicks) continue;
    const boughtLots = lotsOf(bids.filter((bid) => bid.limitTicks >= priceTicks));
    const soldLots = lotsOf(asks.filter((ask) => ask.limitTicks <= priceTicks));
    const sizeLots = Math.min(boughtLots, soldLots);
    if (sizeLots === 0) continue;
    const imbalanceLots = Math.abs(boughtLots - soldLots);
    const next = { priceTicks, sizeLots, imbalanceLots };
    // Of two as good the lower stays, which came first.
    if (!best || isBetter(next, best, referenceTicks)) best = next;
  }
  return best;
}

function isBetter(one: Uncrossing, other: Uncrossing, referenceTicks: number): boolean {
  if (one.sizeLots !== other.sizeLots) return one.sizeLots > other.sizeLots;
  if (one.imbalanceLots !== other.imbalanceLots) return one.imbalanceLots < other.imbalanceLots;
  const distance = (price: Uncrossing) => Math.abs(price.priceTicks - referenceTicks);
  return distance(one) < distance(other);
}

function lotsOf(orders: { sizeLots: number; filledLots: number }[]): number {
  return orders.reduce((total, order) => total + leftLots(order), 0);
}

/** "Where the price is more than `auctionBandBps` from the reference price." */
export function isOutsideAuctionBand(listed: NaiveMarket, { priceTicks }: Uncrossing): boolean {
  const band = rangeAround(listed.referenceTicks, listed.market.auctionBandBps);
  return !isInside(priceTicks, band);
}

/** An auction's time is over, or an operator opens the market. */
export function endAuction(
  state: NaiveState,
  listed: NaiveMarket,
  reason: StateChangeReason,
): void {
  const uncrossing = uncrossingOf(state, listed);
  if (!uncrossing) {
    changeState(state, listed, { to: 'open', reason });
    return;
  }
  if (isOutsideAuctionBand(listed, uncrossing)) {
    // An operator was refused: only a scheduled one goes on.
    changeState(state, listed, { to: 'auction', reason });
    return;
  }
  const { priceTicks, sizeLots } = uncrossing;
  // "An empty volatility window but for these trades."
  listed.window = [];
  const marketId = listed.market.id;
  state.work.push({ work: 'uncross', marketId, priceTicks, leftLots: sizeLots, reason });
}

/** One trade of an uncross, "best price and oldest first on both sides, icebergs slice by slice"; after the last the market opens. */
export function uncrossStep(state: NaiveState, work: Extract<Work, { work: 'uncross' }>): void {
  const { marketId, priceTicks, leftLots: toTrade, reason } = work;
  const listed = listedMarket(state, marketId);
  if (toTrade === 0) {
    state.work.shift();
    listed.referenceTicks = listed.lastTicks;
    changeState(state, listed, { to: 'open', reason });
    return;
  }
  const bid = firstOf(state, marketId, 'buy');
  const ask = firstOf(state, marketId, 'sell');
  if (!bid || !ask)
    throw new Error(`${marketId}: ${toTrade} lots are left to uncross and no order`);
  // "The later admitted of the two orders is the taker."
  const [maker, taker] = bid.admitted < ask.admitted ? [bid, ask] : [ask, bid];
  const sizeLots = Math.min(maker.shownLots, taker.shownLots, toTrade);
  trade(state, { maker, taker }, { priceTicks, sizeLots });
  showLess(state, taker, sizeLots);
  if (isUsedUp(taker)) end(state, taker, 'filled');
  state.work[0] = { ...work, leftLots: toTrade - sizeLots };
}
