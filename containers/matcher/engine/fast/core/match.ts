/** An order at hand meets resting ones, best price and oldest first, until it is done, rests, or a command's bound on events is reached. */
import { firstOwn, nextOwn } from './account-orders.ts';
import { changeState } from './change-state.ts';
import { noOrder, state } from './engine-state.ts';
import { hasRoom } from './event-rows.ts';
import { shownLots } from './level-queue.ts';
import { byVolatility, stateAuction, stateHalted } from './market-state.ts';
import { isUsedUp, lotsWanted } from './order-amounts.ts';
import { doneExpired, doneFilled, doneHalted, goesOn, placeBook } from './order-place.ts';
import { isLasting, isMarketLike, isSell } from './order-traits.ts';
import { noLevel } from './price-ladder.ts';
import { endOrder, restOrder } from './resting.ts';
import { Ladder, Market, Order } from './rows.ts';
import { meetOwn } from './self-trade.ts';
import { payTaker, trade } from './trade.ts';
import { beginCascade } from './work.ts';

/** What `finish` is told where an order's rest goes to the book. */
const rests: i32 = -2;

export function matchIncoming(): void {
  const taker = state.incoming;
  const market = taker.market;
  if (market.state === stateAuction) {
    while (state.incoming === taker && hasRoom()) enterAuction(market, taker);
    return;
  }
  const filledLots = taker.filledLots;
  const filledQuoteUnits = taker.filledQuoteUnits;
  const feeUnits = taker.feeUnits;
  const reason = meetOthers(market, taker);
  payTaker(market, taker, filledLots, filledQuoteUnits, feeUnits);
  if (reason !== goesOn) finish(market, taker, reason);
}

/** Step by step: why the order is done with, which may be that it rests, or `goesOn` where the command has no room for more. */
function meetOthers(market: Market, taker: Order): i32 {
  const sells = isSell(taker.traits);
  const limitTicks = taker.limitTicks;
  const others = select<Ladder>(market.bids, market.asks, sells);
  // Prices at which nothing but its owner stands against a trade. The best price of nobody is 0.
  const lowest = max(1, select<i32>(limitTicks, 0, sells));
  const highest = select<i32>(i32.MAX_VALUE, limitTicks, sells);
  const low = max(lowest, max(state.bandLowTicks, state.haltLowTicks));
  const high = min(highest, min(state.bandHighTicks, state.haltHighTicks));
  let reason = goesOn;
  while (reason === goesOn && hasRoom()) {
    const ticks = others.bestTicks;
    const isFree = ticks >= low && ticks <= high;
    reason = isFree ? meetNext(market, taker, others) : meetBound(market, taker, others);
  }
  return reason;
}

/** One step at a price where it may trade. */
function meetNext(market: Market, taker: Order, others: Ladder): i32 {
  const ticks = others.bestTicks;
  const wantedLots = lotsWanted(market, taker, ticks);
  // Of its money less is left than one lot costs.
  if (wantedLots === 0) return taker.filledLots > 0 ? doneFilled : doneExpired;
  const maker = others.best.head;
  if (maker.account === taker.account) return meetOwn(market, taker, maker);
  trade(market, maker, taker, ticks, min(wantedLots, shownLots(maker)));
  return isUsedUp(taker) ? doneFilled : goesOn;
}

/** One step where there is nobody, or a price that its limit or another bound keeps it from: the first of them in this order counts. */
function meetBound(market: Market, taker: Order, others: Ladder): i32 {
  const traits = taker.traits;
  const limitTicks = taker.limitTicks;
  const ticks = others.bestTicks;
  const isWithin = isSell(traits) ? ticks >= limitTicks : ticks <= limitTicks;
  const crosses = isWithin && others.best !== noLevel;
  const wantedLots = lotsWanted(market, taker, crosses ? ticks : limitTicks);
  if (wantedLots === 0) return taker.filledLots > 0 ? doneFilled : doneExpired;
  if (!crosses) return isLasting(traits) && !isMarketLike(traits) ? rests : doneExpired;
  if (ticks < state.bandLowTicks || ticks > state.bandHighTicks) return doneExpired;
  const maker = others.best.head;
  return maker.account === taker.account ? meetOwn(market, taker, maker) : doneHalted;
}

/** The order at hand is done with: it ends, or its rest goes to the book. */
function finish(market: Market, taker: Order, reason: i32): void {
  state.incoming = noOrder;
  if (reason === rests) restOrder(taker);
  else endOrder(taker, reason);
  if (taker.filledLots > 0) market.referenceTicks = market.lastTicks;
  // A halt holds back whoever was triggered.
  if (reason === doneHalted) changeState(market, stateHalted, byVolatility);
  else beginCascade(market);
}

/** In an auction orders collect: the own ones that it crosses are met, best price and oldest first; then it rests. */
function enterAuction(market: Market, taker: Order): void {
  const own = firstOwnCrossed(market, taker);
  if (own === noOrder) {
    finish(market, taker, rests);
    return;
  }
  const reason = meetOwn(market, taker, own);
  if (reason !== goesOn) finish(market, taker, reason);
}

/**
 * Looks through the account's own orders, never through the queues: what others put there must not make entries slow.
 * Of one price the oldest is met first.
 */
function firstOwnCrossed(market: Market, taker: Order): Order {
  const sells = isSell(taker.traits);
  let first = noOrder;
  let nearestTicks: i64 = <i64>taker.limitTicks + (sells ? -1 : 1);
  for (let order = firstOwn(taker.account); order !== noOrder; order = nextOwn(order)) {
    const ticks: i64 = order.limitTicks;
    const isAsNear = ticks === nearestTicks && first !== noOrder;
    const isOlder = isAsNear && order.admitted < first.admitted;
    const isNearer = isOlder || (sells ? ticks > nearestTicks : ticks < nearestTicks);
    const isOpposite = isSell(order.traits) !== sells;
    if (!isNearer || !isOpposite || order.place !== placeBook || order.market !== market) continue;
    first = order;
    nearestTicks = ticks;
  }
  return first;
}
