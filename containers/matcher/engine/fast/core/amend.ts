/** Lowering what an order is bound by: it keeps its place, and what it no longer needs to hold is free. */
import { unhold } from './credit-lines.ts';
import { openUnitsOf } from './delegations.ts';
import { noDelegation } from './engine-state.ts';
import { tellAmended } from './event-rows.ts';
import { noteLevel } from './level-changes.ts';
import { count, leftLots } from './level-queue.ts';
import { holdOf } from './order-amounts.ts';
import { isByMoney, isIceberg } from './order-extras.ts';
import { isLive, placeBook, placeUntriggered } from './order-place.ts';
import { isMarketLike } from './order-traits.ts';
import {
  accepted,
  notionalTooSmall,
  notOwner,
  sizeNotSmaller,
  sizeOffLot,
  sizeTooSmall,
  unknownOrder,
} from './refusal-code.ts';
import { Order, Request } from './rows.ts';

export function amendRefusal(request: Request, order: Order): i32 {
  if (request.misfit) return sizeOffLot;
  // Whose order it is not learns nothing of it.
  if (!isLive(order)) return unknownOrder;
  if (order.account !== request.account) return notOwner;
  const market = order.market;
  const sizeLots = request.sizeLots;
  const spendUnits = request.spendUnits;
  const boundUnits = order.extras.spendUnits;
  if (boundUnits > 0) {
    if (sizeLots > 0) return sizeOffLot;
    if (spendUnits <= order.filledQuoteUnits) return sizeTooSmall;
    if (spendUnits < market.minNotionalUnits) return notionalTooSmall;
    return spendUnits < boundUnits ? accepted : sizeNotSmaller;
  }
  if (spendUnits > 0) return sizeOffLot;
  if (sizeLots <= order.filledLots || sizeLots < market.minSizeLots) return sizeTooSmall;
  const worthUnits = <f64>order.limitTicks * sizeLots * market.quoteUnitsPerTickLot;
  if (!isMarketLike(order.traits) && worthUnits < market.minNotionalUnits) return notionalTooSmall;
  return sizeLots < order.sizeLots ? accepted : sizeNotSmaller;
}

export function amendOrder(order: Order, sizeLots: f64, spendUnits: f64): void {
  const isInBook = order.place === placeBook;
  const isInLevel = isInBook || order.place === placeUntriggered;
  if (isInLevel) count(order.level, order, -1);
  lowerOrder(order, sizeLots, spendUnits);
  if (isIceberg(order)) {
    order.extras.shownLots = min(order.extras.shownLots, leftLots(order));
  }
  if (isInLevel) count(order.level, order, 1);
  if (isInBook) noteLevel(order.level);
  tellAmended(order, 0);
}

/** Sets a smaller bound; what the order shows is the caller's. */
export function lowerOrder(order: Order, sizeLots: f64, spendUnits: f64): void {
  const extras = order.extras;
  const delegation = extras.delegation;
  if (delegation !== noDelegation) delegation.openUnits -= openUnitsOf(order);
  order.sizeLots = sizeLots;
  if (isByMoney(order)) extras.spendUnits = spendUnits;
  if (delegation !== noDelegation) delegation.openUnits += openUnitsOf(order);
  const heldUnits = holdOf(order.market, order);
  unhold(order.holdLine, order.heldUnits - heldUnits, 0);
  order.heldUnits = heldUnits;
}
