/** Lowering what an order is bound by: it keeps its place, and what it no longer needs to hold is free. */
import type { AmendOrder } from '#domain/command.ts';
import type { OrderAmended } from '#domain/event.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './id-table.ts';
import { holdOf } from './order-amounts.ts';
import { none, place } from './order-table.ts';
import { isMarketLike } from './order-traits.ts';
import { refusal } from './refusal-code.ts';
import { noteLevel } from './resting.ts';

export function amendRefusal(state: FastState, amend: AmendOrder): number {
  const { orders } = state;
  if (amend.misfit) return refusal.size_off_lot;
  const slot = state.liveOrderOf(amend.digest);
  // Whose order it is not learns nothing of it.
  if (slot === none) return refusal.unknown_order;
  if (orders.account[slot] !== state.accounts.find(amend.account)) return refusal.not_owner;
  const { market } = state.book(slot);
  const nowSpendUnits = orders.spendUnits[slot] as number;
  const { sizeLots, spendUnits } = amend;
  if (nowSpendUnits > 0) {
    if (sizeLots > 0) return refusal.size_off_lot;
    if (spendUnits <= (orders.filledQuoteUnits[slot] as number)) return refusal.size_too_small;
    if (spendUnits < market.minNotionalUnits) return refusal.notional_too_small;
    return spendUnits < nowSpendUnits ? accepted : refusal.size_not_smaller;
  }
  if (spendUnits > 0) return refusal.size_off_lot;
  const leavesNothing = sizeLots <= (orders.filledLots[slot] as number);
  if (leavesNothing || sizeLots < market.minSizeLots) return refusal.size_too_small;
  const limitTicks = orders.limitTicks[slot] as number;
  const worthUnits = limitTicks * sizeLots * market.quoteUnitsPerTickLot;
  const hasLeast = !isMarketLike(orders.traits[slot] as number);
  if (hasLeast && worthUnits < market.minNotionalUnits) return refusal.notional_too_small;
  return sizeLots < (orders.sizeLots[slot] as number) ? accepted : refusal.size_not_smaller;
}

export function amendOrder(state: FastState, { digest, sizeLots, spendUnits }: AmendOrder): void {
  const { orders, levels } = state;
  const slot = state.liveOrderOf(digest);
  const at = orders.places[slot];
  const isInBook = at === place.book;
  const isInLevel = isInBook || at === place.untriggered;
  const level = orders.level[slot] as number;
  if (isInLevel) levels.count(level, slot, orders, -1);
  lowerOrder(state, slot, { sizeLots, spendUnits });
  orders.shownLots[slot] = Math.min(orders.shownLots[slot] as number, orders.leftLots(slot));
  if (isInLevel) levels.count(level, slot, orders, 1);
  if (isInBook) noteLevel(state, slot);
  emitAmended(state, slot, 'amended');
}

/** Sets a smaller bound; what the order shows is the caller's. */
export function lowerOrder(
  state: FastState,
  slot: number,
  to: { sizeLots: number; spendUnits: number },
): void {
  const { orders, credit } = state;
  orders.sizeLots[slot] = to.sizeLots;
  orders.spendUnits[slot] = to.spendUnits;
  const heldUnits = holdOf(state, state.book(slot), slot);
  const line = orders.holdLine[slot] as number;
  credit.unhold(line, (orders.heldUnits[slot] as number) - heldUnits, 0);
  orders.heldUnits[slot] = heldUnits;
}

export function emitAmended(state: FastState, slot: number, reason: OrderAmended['reason']): void {
  const { orders, accounts, events, nowMs } = state;
  events.rare<OrderAmended>({
    type: 'order_amended',
    digest: state.digestOf(slot),
    account: accounts.names[orders.account[slot] as number] as string,
    marketId: state.book(slot).id,
    sizeLots: orders.sizeLots[slot] as number,
    spendUnits: orders.spendUnits[slot] as number,
    reason,
    atMs: nowMs,
  });
}
