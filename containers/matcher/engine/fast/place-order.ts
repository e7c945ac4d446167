/** Admits an order: it takes its credit, then it waits for its trigger or is at hand for matching. */
import { done } from './event-rows.ts';
import { clientKey, type FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
import { nameTerms } from './order-terms.ts';
import { isConditional, isMarketLike, isSell } from './order-traits.ts';
import { holdFor, replacedBy } from './place-refusal.ts';
import type { Request } from './request.ts';
import { awaitTrigger, endOrder } from './resting.ts';
import { setBounds } from './volatility.ts';

/** An accepted order: nothing in here may fail. `admitted` is the number of its `accepted`. */
export function placeOrder(
  state: FastState,
  request: Request,
  idRow: number,
  admitted: number,
): void {
  const book = state.markets[request.market] as MarketBook;
  const replaced = replacedBy(state, request);
  if (replaced !== none) endOrder(state, replaced, done.cancelled);
  const slot = admit(state, request, book, admitted);
  state.orders.id[slot] = idRow;
  state.ids.setOrder(idRow, slot);
  if (isConditional(request.traits)) {
    awaitTrigger(state, slot);
    return;
  }
  setBounds(state.bounds, book, isMarketLike(request.traits), state.nowMs);
  state.incoming = slot;
}

function admit(state: FastState, request: Request, book: MarketBook, admitted: number): number {
  const { orders, accounts, credit } = state;
  const account = request.account === none ? accounts.handle(request.accountName) : request.account;
  const rates = state.ratesOf(account, book);
  const slot = orders.take();
  orders.places[slot] = place.incoming;
  orders.account[slot] = account;
  orders.market[slot] = request.market;
  orders.traits[slot] = request.traits;
  orders.limitTicks[slot] = request.limitTicks;
  orders.triggerTicks[slot] = request.triggerTicks;
  orders.makerFeeBps[slot] = rates.makerFeeBps;
  orders.takerFeeBps[slot] = rates.takerFeeBps;
  orders.sizeLots[slot] = request.sizeLots;
  orders.displayLots[slot] = request.displayLots;
  orders.spendUnits[slot] = request.spendUnits;
  orders.filledLots[slot] = 0;
  orders.filledQuoteUnits[slot] = 0;
  orders.feeUnits[slot] = 0;
  orders.createdAtMs[slot] = request.createdAtMs;
  orders.expiresAtMs[slot] = request.expiresAtMs;
  orders.admitted[slot] = admitted;
  orders.shownLots[slot] = 0;
  if (request.clientOrderId !== undefined) orders.clientOrderIds.set(slot, request.clientOrderId);

  const holdUnits = holdFor(request, book, rates);
  const line = credit.line(account, isSell(request.traits) ? book.baseAsset : book.quoteAsset);
  orders.holdLine[slot] = line;
  orders.heldUnits[slot] = holdUnits;
  credit.hold(line, holdUnits);
  nameTerms(state, slot, book, request.nameLeft, request.nameRight);
  enlist(state, slot, book);
  return slot;
}

/** What the order is known by, beside its place in the book. */
export function enlist(state: FastState, slot: number, book: MarketBook): void {
  const { orders, accounts } = state;
  accounts.append(slot, orders);
  state.expiries.add(slot);
  book.liveOrders += 1;
  const clientOrderId = orders.clientOrderIdOf(slot);
  if (clientOrderId === undefined) return;
  const account = accounts.names[orders.account[slot] as number] as string;
  state.clientIds.set(clientKey(account, clientOrderId), slot);
}
