/** Ends an order: out of the book, its hold freed, its owner told. */
import type { DoneReason } from '#domain/order.ts';
import { type BookOrder, orderDone } from './book-order.ts';
import type { EngineState } from './engine-state.ts';
import { expiriesPerCommand } from './limits.ts';

export function endOrder(order: BookOrder, reason: DoneReason, state: EngineState): void {
  withdraw(order, reason, state);
  announceDone(order, state);
}

/**
 * Takes the orders that are due out of the book, by expiry time, then admission; the caller announces them.
 * Bounded: what remains due stays in the book, never trades (matching ends it on sight), and goes with the next commands.
 */
export function withdrawDue(state: EngineState): BookOrder[] {
  const due: BookOrder[] = [];
  for (;;) {
    const { next } = state.expiry;
    if (!next || next.expiresAtMs > state.nowMs || due.length === expiriesPerCommand) return due;
    withdraw(next, 'expired', state);
    due.push(next);
  }
}

export function announceDone(order: BookOrder, state: EngineState): void {
  state.out.emit(orderDone(order, state.out.next, state.nowMs));
}

function withdraw(order: BookOrder, reason: DoneReason, state: EngineState): void {
  if (order.level) {
    const listing = state.listings.get(order.marketId);
    listing?.book.side(order.side).remove(order);
    state.expiry.remove(order);
  }
  order.holdLine.heldUnits -= order.heldUnits;
  order.holdLine.freeUnits += order.heldUnits;
  order.heldUnits = 0;
  order.status = reason;
  state.live.end(order, state.nowMs);
}
