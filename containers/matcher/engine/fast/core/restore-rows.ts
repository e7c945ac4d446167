/** Rows for records of a snapshot: TypeScript fills them in, then tells to which they belong. */

import { lineOf } from './credit-lines.ts';
import { noClient, noLine, noOrder } from './engine-state.ts';
import { internId, remember } from './id-table.ts';
import { append } from './level-queue.ts';
import {
  liveOrder,
  nameEnded,
  nameLive,
  placeBook,
  placeTriggered,
  placeUntriggered,
} from './order-place.ts';
import { nameParty } from './order-terms.ts';
import { isSell, waitsForRise } from './order-traits.ts';
import { register } from './place-order.ts';
import { levelFor } from './price-ladder.ts';
import { joinTriggered, keepEnded, liveBytes } from './resting.ts';
import { noteRestored } from './restored-orders.ts';
import { endedPool, orderPool, takeRow } from './row-pool.ts';
import { Id, Market, Order, Work } from './rows.ts';
import { addWork } from './work.ts';

/** The row of the digest at `digestAt`; made where there is none. */
export function idFor(): Id {
  const id = internId();
  id.pending -= 1;
  return id;
}

/** A row to be filled in. */
export function newOrder(): Order {
  return changetype<Order>(takeRow(orderPool));
}

/** Puts an order where it was; orders come in the order of their queues. `left` and `right` are the words of its id. */
export function restoreOrder(order: Order, left: i32, right: i32): void {
  const market = order.market;
  const traits = order.traits;
  nameLive(order.id, order);
  order.holdLine = lineOf(order.account, isSell(traits) ? market.base : market.quote);
  order.receiveLine = noLine;
  nameParty(order, left, right);
  register(order);
  if (order.place === placeTriggered) joinTriggered(market, order);
  else if (order.place === placeUntriggered) {
    const ladder = waitsForRise(traits) ? market.rising : market.falling;
    append(levelFor(ladder, order.extras.triggerTicks), order);
  } else if (order.place === placeBook) {
    append(levelFor(isSell(traits) ? market.asks : market.bids, order.limitTicks), order);
  }
  noteRestored(order);
}

/** A row for what is kept of an order that ended, to be filled in. */
export function newEnded(): Order {
  return changetype<Order>(takeRow(endedPool) - liveBytes);
}

/** Orders that ended come oldest first. One of the same digest that lives again is found first. */
export function restoreEnded(ended: Order): void {
  const id = ended.id;
  if (liveOrder(id) === noOrder) nameEnded(id, ended);
  const client = ended.extras.client;
  if (client !== noClient) client.orders += 1;
  keepEnded(ended);
}

export function restoreResult(id: Id, code: i32, sequence: f64, atMs: f64): void {
  remember(id, code, sequence, atMs);
}

/** To be filled in. */
export function restoreWork(kind: i32, market: Market): Work {
  return addWork(kind, market);
}
