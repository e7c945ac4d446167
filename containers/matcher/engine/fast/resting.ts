/** How orders come to rest in the book, show less of themselves, and leave. */
import { clientKey, type FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
import { isSell, waitsForRise } from './order-traits.ts';
import type { PriceLadder } from './price-ladder.ts';

/** Puts an order at the end of its level. */
export function restOrder(state: FastState, slot: number): void {
  const { orders } = state;
  const book = state.book(slot);
  const isAsk = isSell(orders.traits[slot] as number);
  orders.places[slot] = place.book;
  orders.shownLots[slot] = sliceOf(state, slot);
  enqueue(state, isAsk ? book.asks : book.bids, orders.limitTicks[slot] as number, slot);
  noteLevel(state, slot);
}

/** Hides an order until its trigger is reached. */
export function awaitTrigger(state: FastState, slot: number): void {
  const { orders } = state;
  const book = state.book(slot);
  const ladder = waitsForRise(orders.traits[slot] as number) ? book.rising : book.falling;
  orders.places[slot] = place.untriggered;
  enqueue(state, ladder, orders.triggerTicks[slot] as number, slot);
}

/** Puts an order at the end of the level of a price, which is made where there is none. */
export function enqueue(state: FastState, ladder: PriceLadder, ticks: number, slot: number): void {
  let level = ladder.find(ticks);
  if (level === none) {
    level = state.levels.take(ticks);
    ladder.insert(ticks, level);
  }
  state.levels.append(level, slot, state.orders);
}

/** What a level shows of an order: `min(display, what is left)`. */
function sliceOf({ orders }: FastState, slot: number): number {
  const leftLots = orders.leftLots(slot);
  const displayLots = orders.displayLots[slot] as number;
  return displayLots > 0 && displayLots < leftLots ? displayLots : leftLots;
}

/** Takes lots off what a resting order shows; where the slice is used up and more is left, the next goes to the back of its level. */
export function showLess(state: FastState, slot: number, lots: number): void {
  const { orders, levels } = state;
  const level = orders.level[slot] as number;
  const shownLots = (orders.shownLots[slot] as number) - lots;
  orders.shownLots[slot] = shownLots;
  levels.shownLots[level] = (levels.shownLots[level] as number) - lots;
  noteLevel(state, slot);
  if (shownLots > 0 || orders.leftLots(slot) === 0) return;
  levels.unlink(level, slot, orders);
  orders.shownLots[slot] = sliceOf(state, slot);
  levels.append(level, slot, orders);
}

/** Ends an order wherever it is: frees what it holds and tells. `reason`: one of `done`. */
export function endOrder(state: FastState, slot: number, reason: number): void {
  const { orders, accounts, credit } = state;
  const book = state.book(slot);
  leavePlace(state, book, slot);
  credit.unhold(orders.holdLine[slot] as number, orders.heldUnits[slot] as number, 0);
  orders.heldUnits[slot] = 0;
  accounts.unlink(slot, orders);
  book.liveOrders -= 1;
  const clientOrderId = orders.clientOrderIdOf(slot);
  if (clientOrderId !== undefined) {
    const account = accounts.names[orders.account[slot] as number] as string;
    state.clientIds.delete(clientKey(account, clientOrderId));
  }
  orders.retire(slot, reason);
  const serial = state.ended.push(slot, reason, state.nowMs, orders);
  state.ids.setEnded(orders.id[slot] as number, serial);
  state.expiries.leave(slot);
  state.events.orderDone(slot, reason, orders);
}

function leavePlace(state: FastState, book: MarketBook, slot: number): void {
  const { orders, levels } = state;
  const at = orders.places[slot] as number;
  if (at === place.incoming) return;
  if (at === place.triggered) {
    leaveTriggered(state, book, slot);
    return;
  }
  const level = orders.level[slot] as number;
  const traits = orders.traits[slot] as number;
  if (at === place.book) noteLevel(state, slot);
  levels.unlink(level, slot, orders);
  orders.shownLots[slot] = 0;
  if (levels.head[level] !== none) return;
  const ladder = at === place.book ? (isSell(traits) ? book.asks : book.bids) : undefined;
  const trigger = waitsForRise(traits) ? book.rising : book.falling;
  (ladder ?? trigger).remove(levels.ticks[level] as number);
  levels.release(level);
}

/** Puts an order behind all that were triggered before it. */
export function joinTriggered({ orders }: FastState, book: MarketBook, slot: number): void {
  orders.places[slot] = place.triggered;
  orders.before[slot] = book.lastTriggered;
  orders.behind[slot] = none;
  if (book.lastTriggered === none) book.firstTriggered = slot;
  else orders.behind[book.lastTriggered] = slot;
  book.lastTriggered = slot;
}

export function leaveTriggered({ orders }: FastState, book: MarketBook, slot: number): void {
  const before = orders.before[slot] as number;
  const behind = orders.behind[slot] as number;
  if (before === none) book.firstTriggered = behind;
  else orders.behind[before] = behind;
  if (behind === none) book.lastTriggered = before;
  else orders.before[behind] = before;
}

/** Notes that the level of a resting order changed. */
export function noteLevel({ orders, levels, changes }: FastState, slot: number): void {
  const level = orders.level[slot] as number;
  if (levels.noted[level] === 1) return;
  levels.noted[level] = 1;
  const side = isSell(orders.traits[slot] as number) ? 1 : 0;
  changes.note((orders.market[slot] as number) * 2 + side, levels.ticks[level] as number);
}
