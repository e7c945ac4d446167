/** A level's orders, first in, first out, and what the level counts of them. */
import { noOrder } from './engine-state.ts';
import { isIceberg } from './order-extras.ts';
import { placeBook } from './order-place.ts';
import { Level, Order } from './rows.ts';

/** Puts an order behind all others of a level. */
export function append(level: Level, order: Order): void {
  const tail = level.tail;
  order.level = level;
  order.before = tail;
  order.behind = noOrder;
  neighbour(level, tail).behind = order;
  level.tail = order;
  level.orders += 1;
  count(level, order, 1);
}

/** Takes an order out; the level may be empty then. */
export function unlink(level: Level, order: Order): void {
  leaveQueue(level, order);
  count(level, order, -1);
}

/** As `unlink` of an order that its level no longer counts any lots of. */
export function leaveQueue(level: Level, order: Order): void {
  const before = order.before;
  const behind = order.behind;
  neighbour(level, before).behind = behind;
  neighbour(level, behind).before = before;
  level.orders -= 1;
}

/** An order, or the level itself in place of nobody: its head is behind it, its tail before it. So no branch asks what nobody can guess. */
function neighbour(level: Level, order: Order): Order {
  return select<Order>(changetype<Order>(level), order, order === noOrder);
}

/** Counts an order's lots into its level (1) or out of it (−1). */
export function count(level: Level, order: Order, sign: f64): void {
  const lots = sign * shownLots(order);
  level.shownLots += lots;
  // Only icebergs hide any.
  if (isIceberg(order)) level.hiddenLots += sign * leftLots(order) - lots;
}

/** What a level shows of one of its orders: all that is left, or an iceberg's slice. */
export function shownLots(order: Order): f64 {
  return isIceberg(order) ? order.extras.shownLots : leftLots(order);
}

/** The same wherever an order is: outside the book nothing is shown. */
export function shownInBook(order: Order): f64 {
  return order.place === placeBook ? shownLots(order) : 0;
}

/** Lots that are left of an order by size. */
export function leftLots(order: Order): f64 {
  return order.sizeLots - order.filledLots;
}

/** All lots of a level, hidden ones too. */
export function allLots(level: Level): f64 {
  return level.shownLots + level.hiddenLots;
}
