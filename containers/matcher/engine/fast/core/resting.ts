/** How orders come to rest in the book, show less of themselves, and leave. */
import { delist } from './account-orders.ts';
import { unhold } from './credit-lines.ts';
import { leaveDelegation } from './delegations.ts';
import { noClient, noDelegation, noOrder, state } from './engine-state.ts';
import { tellDone } from './event-rows.ts';
import { expectLater } from './expiry-queue.ts';
import { noteLevel } from './level-changes.ts';
import { append, leaveQueue, leftLots, unlink } from './level-queue.ts';
import { isIceberg, noExtras } from './order-extras.ts';
import {
  doneFilled,
  nameEnded,
  placeBook,
  placeEnded,
  placeIncoming,
  placeTriggered,
  placeUntriggered,
} from './order-place.ts';
import { isSell, waitsForRise } from './order-traits.ts';
import { dropLevel, levelFor } from './price-ladder.ts';
import { endedPool, orderPool, retireRow, takeRow } from './row-pool.ts';
import { Ladder, Market, Order, OrderExtras } from './rows.ts';

/** Puts an order at the end of its level. */
export function restOrder(order: Order): void {
  const market = order.market;
  order.place = <u8>placeBook;
  if (isIceberg(order)) showSlice(order);
  const ladder = select<Ladder>(market.asks, market.bids, isSell(order.traits));
  const level = levelFor(ladder, order.limitTicks);
  append(level, order);
  noteLevel(level);
}

/** Hides an order until its trigger is reached. */
export function awaitTrigger(order: Order): void {
  const market = order.market;
  order.place = <u8>placeUntriggered;
  const ladder = waitsForRise(order.traits) ? market.rising : market.falling;
  append(levelFor(ladder, order.extras.triggerTicks), order);
}

/** Of an iceberg a level shows `min(display, what is left)`. */
function showSlice(order: Order): void {
  const extras = order.extras;
  extras.shownLots = min(extras.displayLots, leftLots(order));
}

/** Takes lots off what a resting order shows; where the slice is used up and more is left, the next goes to the back of its level. */
export function showLess(order: Order, lots: f64): void {
  const level = order.level;
  level.shownLots -= lots;
  noteLevel(level);
  if (!isIceberg(order)) return;
  const extras = order.extras;
  extras.shownLots -= lots;
  if (extras.shownLots > 0 || leftLots(order) === 0) return;
  unlink(level, order);
  showSlice(order);
  append(level, order);
}

/** Takes traded lots off a resting order. With its last it ends; it holds nothing then. */
export function takeTraded(order: Order, lots: f64): void {
  if (leftLots(order) > 0) {
    showLess(order, lots);
    return;
  }
  const level = order.level;
  // All that was left of it was shown.
  level.shownLots -= lots;
  noteLevel(level);
  leaveQueue(level, order);
  if (level.head === noOrder) dropLevel(level);
  end(order, doneFilled);
}

/** Ends an order wherever it is: frees what it holds and tells. */
export function endOrder(order: Order, reason: i32): void {
  leavePlace(order);
  unhold(order.holdLine, order.heldUnits, 0);
  order.heldUnits = 0;
  end(order, reason);
}

function end(order: Order, reason: i32): void {
  if (order.extras !== noExtras) leaveNames(order, order.extras);
  delist(order);
  order.market.liveOrders -= 1;
  order.place = <u8>(placeEnded + reason);
  expectLater(order);
  tellDone(order, reason);
  const ended = keptOf(order);
  nameEnded(order.id, ended);
  keepEnded(ended);
  retireRow(orderPool, changetype<usize>(order));
}

/** Its owner may give its name to another, and it counts for no session key any more. */
function leaveNames(order: Order, extras: OrderExtras): void {
  if (extras.delegation !== noDelegation) leaveDelegation(order);
  const client = extras.client;
  if (client !== noClient && client.live === order) client.live = noOrder;
}

/** Bytes that only a live order needs. */
export const liveBytes: usize = offsetof<Order>('account');

/** What is kept of an order that ended. Field by field: a read of two that were just written would wait for both. */
function keptOf(order: Order): Order {
  const kept = changetype<Order>(takeRow(endedPool) - liveBytes);
  kept.account = order.account;
  kept.market = order.market;
  kept.id = order.id;
  kept.extras = order.extras;
  kept.place = order.place;
  kept.traits = order.traits;
  kept.limitTicks = order.limitTicks;
  kept.sizeLots = order.sizeLots;
  kept.filledLots = order.filledLots;
  kept.filledQuoteUnits = order.filledQuoteUnits;
  kept.feeUnits = order.feeUnits;
  kept.createdAtMs = order.createdAtMs;
  kept.expiresAtMs = order.expiresAtMs;
  kept.endedAtMs = state.nowMs;
  return kept;
}

/** Remembers an order that ended, as the youngest of them. */
export function keepEnded(ended: Order): void {
  ended.nextEnded = noOrder;
  if (state.oldestEnded === noOrder) state.oldestEnded = ended;
  else state.newestEnded.nextEnded = ended;
  state.newestEnded = ended;
}

function leavePlace(order: Order): void {
  const at = order.place;
  if (at === placeIncoming) return;
  if (at === placeTriggered) {
    leaveTriggered(order.market, order);
    return;
  }
  const level = order.level;
  if (at === placeBook) noteLevel(level);
  unlink(level, order);
  if (isIceberg(order)) order.extras.shownLots = 0;
  if (level.head === noOrder) dropLevel(level);
}

/** Puts an order behind all that were triggered before it. */
export function joinTriggered(market: Market, order: Order): void {
  const last = market.lastTriggered;
  order.place = <u8>placeTriggered;
  order.before = last;
  order.behind = noOrder;
  if (last === noOrder) market.firstTriggered = order;
  else last.behind = order;
  market.lastTriggered = order;
}

export function leaveTriggered(market: Market, order: Order): void {
  const before = order.before;
  const behind = order.behind;
  if (before === noOrder) market.firstTriggered = behind;
  else before.behind = behind;
  if (behind === noOrder) market.lastTriggered = before;
  else behind.before = before;
}
