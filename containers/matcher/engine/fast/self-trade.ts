/** What happens where an incoming order meets one of its owner's: the incoming order's mode decides. */

import { emitAmended, lowerOrder } from './amend.ts';
import { done } from './event-rows.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { isUsedUp, lotsWanted } from './order-amounts.ts';
import { none } from './order-table.ts';
import { selfTradeMode } from './order-traits.ts';
import { endOrder, showLess } from './resting.ts';

type Meeting = { incoming: number; resting: number };

/** Does what the mode asks of the resting order; answers why the incoming one ends, or `none`. */
export function meetOwn(state: FastState, book: MarketBook, meeting: Meeting): number {
  const { incoming, resting } = meeting;
  switch (selfTradeMode(state.orders.traits[incoming] as number)) {
    case 1:
      endOrder(state, resting, done.self_trade);
      return none;
    case 2:
      endOrder(state, resting, done.self_trade);
      return done.self_trade;
    case 3:
      return decrement(state, book, meeting);
    default:
      return done.self_trade;
  }
}

/** Both are lowered by the smaller of the incoming order's rest and the resting order's shown part. */
function decrement(state: FastState, book: MarketBook, { incoming, resting }: Meeting): number {
  const { orders } = state;
  const ticks = orders.limitTicks[resting] as number;
  const wantedLots = lotsWanted(state, book, incoming, ticks);
  const lots = Math.min(wantedLots, orders.shownLots[resting] as number);
  lowerOrder(state, resting, {
    sizeLots: (orders.sizeLots[resting] as number) - lots,
    spendUnits: 0,
  });
  showLess(state, resting, lots);
  if (orders.leftLots(resting) === 0) endOrder(state, resting, done.self_trade);
  else emitAmended(state, resting, 'self_trade');

  const sizeLots = orders.sizeLots[incoming] as number;
  const spendUnits = orders.spendUnits[incoming] as number;
  const paidUnits = ticks * lots * book.market.quoteUnitsPerTickLot;
  lowerOrder(
    state,
    incoming,
    spendUnits > 0
      ? { sizeLots: 0, spendUnits: spendUnits - paidUnits }
      : { sizeLots: sizeLots - lots, spendUnits: 0 },
  );
  if (isUsedUp(state, incoming)) return done.self_trade;
  emitAmended(state, incoming, 'self_trade');
  return none;
}
