/** Where an order is. From `placeEnded` on it is over; the number beyond it is the reason. */
import { noOrder } from './engine-state.ts';
import { Id, Order } from './rows.ts';

export const placeIncoming: i32 = 1;
export const placeBook: i32 = 2;
export const placeUntriggered: i32 = 3;
export const placeTriggered: i32 = 4;
export const placeEnded: i32 = 5;

/** Why an order ends: places in `doneReasons`. */
export const doneFilled: i32 = 0;
export const doneCancelled: i32 = 1;
export const doneExpired: i32 = 2;
export const doneSelfTrade: i32 = 3;
export const doneHalted: i32 = 4;
/** No reason: the order goes on. */
export const goesOn: i32 = -1;

export function isLive(order: Order): bool {
  return order !== noOrder && <i32>order.place < placeEnded;
}

/** The live order of an id; nobody where it has none, or one that ended. */
export function liveOrder(id: Id): Order {
  const at = id.order;
  return changetype<Order>(select<usize>(0, at, (at & 1) !== 0));
}

/** Lets an id name what is kept of its order, which ended. */
export function nameEnded(id: Id, ended: Order): void {
  id.order = changetype<usize>(ended) | 1;
}

/** Whether an id still names an order that ended. */
export function isNamed(id: Id, ended: Order): bool {
  return id.order === (changetype<usize>(ended) | 1);
}

/** Lets an id name its live order. */
export function nameLive(id: Id, order: Order): void {
  id.order = changetype<usize>(order);
}
