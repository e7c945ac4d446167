/** An order at hand meets resting ones, best price and oldest first, until it is done, rests, or a command's bound on events is reached. */
import { changeState } from './change-state.ts';
import { done } from './event-rows.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { isUsedUp, lotsWanted } from './order-amounts.ts';
import { none, place } from './order-table.ts';
import { isLasting, isMarketLike, isSell } from './order-traits.ts';
import { endOrder, restOrder } from './resting.ts';
import { meetOwn } from './self-trade.ts';
import { beginCascade } from './stops.ts';
import { trade } from './trade.ts';

/** What `finish` is told where an order's rest goes to the book. */
const rests = -2;

export function matchIncoming(state: FastState): void {
  const taker = state.incoming;
  const book = state.book(taker);
  if (book.market.state === 'auction') {
    while (state.incoming === taker && state.events.hasRoom) enterAuction(state, book, taker);
    return;
  }
  while (state.events.hasRoom) {
    const reason = meetNext(state, book, taker);
    if (reason === none) continue;
    finish(state, book, taker, reason);
    return;
  }
}

/** One step: `none` where the order goes on, `rests` or one of `done` where it is done with. */
function meetNext(state: FastState, book: MarketBook, taker: number): number {
  const { orders, levels, bounds } = state;
  const traits = orders.traits[taker] as number;
  const limitTicks = orders.limitTicks[taker] as number;
  const sells = isSell(traits);
  const level = sells ? book.bids.best : book.asks.best;
  const ticks = level === none ? 0 : (levels.ticks[level] as number);
  const crosses = level !== none && (sells ? ticks >= limitTicks : ticks <= limitTicks);
  const wantedLots = lotsWanted(state, book, taker, crosses ? ticks : limitTicks);
  if (wantedLots === 0)
    return (orders.filledLots[taker] as number) > 0 ? done.filled : done.expired;
  if (crosses && (ticks < bounds.bandLowTicks || ticks > bounds.bandHighTicks)) {
    return done.expired;
  }
  if (!crosses) return isLasting(traits) && !isMarketLike(traits) ? rests : done.expired;
  const maker = levels.head[level] as number;
  if (orders.account[maker] === orders.account[taker]) {
    return meetOwn(state, book, { incoming: taker, resting: maker });
  }
  if (ticks < bounds.haltLowTicks || ticks > bounds.haltHighTicks) return done.halted;
  const lots = Math.min(wantedLots, orders.shownLots[maker] as number);
  trade(state, book, maker, taker, ticks, lots);
  return isUsedUp(state, taker) ? done.filled : none;
}

/** The order at hand is done with: it ends, or its rest goes to the book. */
function finish(state: FastState, book: MarketBook, taker: number, reason: number): void {
  state.incoming = none;
  if (reason === rests) restOrder(state, taker);
  else endOrder(state, taker, reason);
  if ((state.orders.filledLots[taker] as number) > 0) book.referenceTicks = book.lastTicks;
  // A halt holds back whoever was triggered.
  if (reason === done.halted) changeState(state, book, 'halted', 'volatility');
  else beginCascade(state, book);
}

/** In an auction orders collect: the own ones that it crosses are met, best price and oldest first; then it rests. */
function enterAuction(state: FastState, book: MarketBook, taker: number): void {
  const own = firstOwnCrossed(state, book, taker);
  if (own === none) {
    finish(state, book, taker, rests);
    return;
  }
  const reason = meetOwn(state, book, { incoming: taker, resting: own });
  if (reason !== none) finish(state, book, taker, reason);
}

/**
 * Looks through the account's own orders, never through the queues: what others put there must not make entries slow.
 * Of one price the oldest is met first.
 */
function firstOwnCrossed({ orders, accounts }: FastState, book: MarketBook, taker: number): number {
  const sells = isSell(orders.traits[taker] as number);
  const limitTicks = orders.limitTicks[taker] as number;
  const account = orders.account[taker] as number;
  let first: number = none;
  let nearestTicks = sells ? limitTicks - 1 : limitTicks + 1;
  for (let slot = accounts.oldest[account] as number; slot !== none; ) {
    const ticks = orders.limitTicks[slot] as number;
    const isNearer = sells ? ticks > nearestTicks : ticks < nearestTicks;
    const isOpposite = isSell(orders.traits[slot] as number) !== sells;
    const isHere = orders.places[slot] === place.book && orders.market[slot] === book.handle;
    if (isNearer && isOpposite && isHere) {
      first = slot;
      nearestTicks = ticks;
    }
    slot = orders.younger[slot] as number;
  }
  return first;
}
