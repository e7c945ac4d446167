/** How triggered orders enter, one by one, as though they came now. */
import { delist, enlist } from './account-orders.ts';
import { noOrder, state, wantingAt } from './engine-state.ts';
import { tellTriggered } from './event-rows.ts';
import { expectLater } from './expiry-queue.ts';
import { fillable, fillOrKillFault, meetsItsOwn, Wanting } from './fill-or-kill.ts';
import { stateOpen } from './market-state.ts';
import { doneExpired, doneSelfTrade, goesOn, placeIncoming } from './order-place.ts';
import { isFillOrKill, isMarketLike } from './order-traits.ts';
import { endOrder, leaveTriggered } from './resting.ts';
import { Market, Order } from './rows.ts';
import { isInBand, setBounds } from './volatility.ts';
import { dropWork } from './work.ts';

/** One step of a cascade: the first that waits enters, ahead of those behind it. */
export function enterNext(market: Market): void {
  const order = market.firstTriggered;
  if (order === noOrder || market.state !== stateOpen) {
    dropWork();
    return;
  }
  leaveTriggered(market, order);
  order.place = <u8>placeIncoming;
  tellTriggered(order);
  becomeYoungest(order);
  setBounds(market, isMarketLike(order.traits));
  const fault = entryFault(market, order);
  if (fault === goesOn) state.incoming = order;
  else endOrder(order, fault);
}

/** A triggered order's place in time is new, among its account's orders and among those that expire. */
function becomeYoungest(order: Order): void {
  delist(order);
  order.admitted = state.sequence;
  enlist(order, order.account);
  expectLater(order);
}

/** On entry nothing can be refused any more: what a placement would be refused for ends the order. Answers why, or `goesOn`. */
function entryFault(market: Market, order: Order): i32 {
  const traits = order.traits;
  if (!isMarketLike(traits) && !isInBand(market, order.limitTicks)) return doneExpired;
  if (!isFillOrKill(traits)) return goesOn;
  const wanting = changetype<Wanting>(wantingAt);
  wanting.account = order.account;
  wanting.traits = traits;
  wanting.limitTicks = order.limitTicks;
  wanting.without = noOrder;
  wanting.sizeLots = order.sizeLots;
  wanting.spendUnits = order.extras.spendUnits;
  const fault = fillOrKillFault(market, wanting);
  if (fault === meetsItsOwn) return doneSelfTrade;
  return fault === fillable ? goesOn : doneExpired;
}
