/** Puts an admitted order to work: holds its credit, matches it, and rests or ends what is left. */
import type { PlaceOrder } from '#domain/command.ts';
import type { Admission } from './admit.ts';
import type { BookOrder } from './book-order.ts';
import { endOrder } from './end-order.ts';
import type { EngineState } from './engine-state.ts';
import { matchOrder } from './match.ts';

/** `admitted` is the sequence number of the command's `accepted`. */
export function placeOrder(
  command: PlaceOrder,
  { admission, admitted }: { admission: Admission; admitted: number },
  state: EngineState,
): void {
  const { listing } = admission;
  const order = bookOrder(command, { admission, admitted }, state);
  order.holdLine.freeUnits -= order.heldUnits;
  order.holdLine.heldUnits += order.heldUnits;

  const end = matchOrder(order, listing, state);
  if (end !== 'rests') {
    endOrder(order, end, state);
    return;
  }
  listing.book.side(order.side).append(order);
  state.live.add(order);
  state.expiry.add(order);
}

function bookOrder(
  command: PlaceOrder,
  { admission, admitted }: { admission: Admission; admitted: number },
  { credit }: EngineState,
): BookOrder {
  const { account, amounts, side } = command;
  const { market, base, quote } = admission.listing;
  return {
    digest: command.commandId,
    clientOrderId: command.clientOrderId,
    account,
    marketId: market.id,
    side,
    orderType: command.orderType,
    timeInForce: command.timeInForce,
    limitTicks: amounts.limitTicks,
    sizeLots: amounts.sizeLots,
    spendUnits: amounts.spendUnits,
    createdAtMs: command.createdAtMs,
    expiresAtMs: command.expiresAtMs,
    makerFeeBps: market.makerFeeBps,
    takerFeeBps: market.takerFeeBps,
    admitted,
    holdLine: credit.line(account, admission.holdAsset),
    proceedsLine: credit.line(account, side === 'buy' ? base.id : quote.id),
    filledLots: 0,
    filledQuoteUnits: 0,
    feeUnits: 0,
    heldUnits: admission.holdUnits,
    status: 'open',
    level: undefined,
    previous: undefined,
    next: undefined,
    expiryIndex: -1,
  };
}
