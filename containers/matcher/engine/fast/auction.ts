/** Auctions: the one price, and the uncross at it. */
import type { StateChangeReason } from '#domain/event.ts';
import { changeState } from './change-state.ts';
import { done } from './event-rows.ts';
import type { FastState, LaterWork } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { none } from './order-table.ts';
import type { PriceLadder } from './price-ladder.ts';
import { endOrder, showLess } from './resting.ts';
import { trade } from './trade.ts';
import { isWithin } from './volatility.ts';

export type Uncrossing = { priceTicks: number; sizeLots: number; imbalanceLots: number };
/** The lots of a side's crossed levels by price, hidden parts too, worst price last. */
type Curve = { ticks: number; lots: number }[];

/**
 * The price at which most trades; of those, the one with the least imbalance; of those, the nearest to the reference price;
 * of two as near, the lower. Undefined where nothing would trade.
 *
 * Something trades from the best ask to the best bid only: levels outside are not even looked at. Between two prices that
 * orders name every price trades the same, so the one nearest to the reference price stands for all.
 */
export function uncrossingOf(state: FastState, book: MarketBook): Uncrossing | undefined {
  const { levels } = state;
  const { referenceTicks } = book;
  const [bid, ask] = [book.bids.best, book.asks.best];
  if (bid === none || ask === none) return undefined;
  const bestBid = levels.ticks[bid] as number;
  const bestAsk = levels.ticks[ask] as number;
  if (bestBid < bestAsk) return undefined;
  const bids = curveOf(state, book.bids, (ticks) => ticks >= bestAsk);
  const asks = curveOf(state, book.asks, (ticks) => ticks <= bestBid);
  // Upwards in price, what is bought shrinks from all bids and what is sold grows from nothing.
  let boughtLots = bids.reduce((total, { lots }) => total + lots, 0);
  let soldLots = 0;
  let best: Uncrossing | undefined;
  const consider = (priceTicks: number) => {
    const sizeLots = Math.min(boughtLots, soldLots);
    const next = { priceTicks, sizeLots, imbalanceLots: Math.abs(boughtLots - soldLots) };
    // Of two as good the lower stays, which came first.
    if (sizeLots > 0 && (!best || isBetter(next, best, referenceTicks))) best = next;
  };
  let lastTicks = bestAsk;
  let nextAsk = 0;
  for (let worstBid = bids.length - 1; worstBid >= 0; ) {
    const bidTicks = bids[worstBid]?.ticks as number;
    const askTicks = asks[nextAsk]?.ticks ?? Number.POSITIVE_INFINITY;
    const ticks = Math.min(bidTicks, askTicks);
    if (ticks > lastTicks + 1) {
      consider(Math.min(ticks - 1, Math.max(lastTicks + 1, referenceTicks)));
    }
    if (askTicks === ticks) {
      soldLots += asks[nextAsk]?.lots as number;
      nextAsk += 1;
    }
    consider(ticks);
    if (bidTicks === ticks) {
      boughtLots -= bids[worstBid]?.lots as number;
      worstBid -= 1;
    }
    lastTicks = ticks;
  }
  return best;
}

function curveOf(
  { levels }: FastState,
  ladder: PriceLadder,
  isCrossed: (ticks: number) => boolean,
): Curve {
  const curve: Curve = [];
  for (let level = ladder.best; level !== none; ) {
    const ticks = levels.ticks[level] as number;
    if (!isCrossed(ticks)) return curve;
    curve.push({ ticks, lots: levels.lots(level) });
    level = ladder.next(ticks);
  }
  return curve;
}

function isBetter(one: Uncrossing, other: Uncrossing, referenceTicks: number): boolean {
  if (one.sizeLots !== other.sizeLots) return one.sizeLots > other.sizeLots;
  if (one.imbalanceLots !== other.imbalanceLots) return one.imbalanceLots < other.imbalanceLots;
  const distance = (price: Uncrossing) => Math.abs(price.priceTicks - referenceTicks);
  return distance(one) < distance(other);
}

export function isOutsideAuctionBand(book: MarketBook, { priceTicks }: Uncrossing): boolean {
  return !isWithin(priceTicks, book.referenceTicks, book.market.auctionBandBps);
}

/** An auction's time is over, or an operator opens the market. */
export function endAuction(state: FastState, book: MarketBook, reason: StateChangeReason): void {
  const uncrossing = uncrossingOf(state, book);
  if (!uncrossing) {
    changeState(state, book, 'open', reason);
    return;
  }
  if (isOutsideAuctionBand(book, uncrossing)) {
    // An operator was refused: only a scheduled one goes on.
    changeState(state, book, 'auction', reason);
    return;
  }
  const { priceTicks, sizeLots } = uncrossing;
  book.window.clear();
  state.work.push({ work: 'uncross', marketId: book.id, priceTicks, leftLots: sizeLots, reason });
}

/** One trade of an uncross, best price and oldest first on both sides, icebergs slice by slice; after the last the market opens. */
export function uncrossStep(
  state: FastState,
  book: MarketBook,
  work: Extract<LaterWork, { work: 'uncross' }>,
): void {
  if (work.leftLots === 0) {
    state.work.shift();
    book.referenceTicks = book.lastTicks;
    changeState(state, book, 'open', work.reason);
    return;
  }
  const { orders, levels } = state;
  const bid = levels.head[book.bids.best] as number;
  const ask = levels.head[book.asks.best] as number;
  const isBidOlder = (orders.admitted[bid] as number) < (orders.admitted[ask] as number);
  const maker = isBidOlder ? bid : ask;
  const taker = isBidOlder ? ask : bid;
  const shownLots = Math.min(orders.shownLots[bid] as number, orders.shownLots[ask] as number);
  const sizeLots = Math.min(shownLots, work.leftLots);
  trade(state, book, maker, taker, work.priceTicks, sizeLots);
  showLess(state, taker, sizeLots);
  if (orders.leftLots(taker) === 0) endOrder(state, taker, done.filled);
  work.leftLots -= sizeLots;
}
