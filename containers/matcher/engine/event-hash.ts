/** Folds an event into the chain over all events: every field, in a fixed order, names as their two words. */
import { unreachable } from '#domain/assertion.ts';
import type {
  CreditGranted,
  CreditReturned,
  EngineEvent,
  OrderDone,
  Trade,
} from '#domain/event.ts';
import { engineRefusals } from '#domain/refusal.ts';
import { HashLanes } from './hash-lanes.ts';
import { foldTerms } from './listing.ts';
import { nameWords } from './name-words.ts';

/** What opens each event's integers. The numbers stand for ever: hashes of old journals are made of them. */
export const eventTags = {
  accepted: 1,
  refused: 2,
  trade: 3,
  order_done: 4,
  order_amended: 5,
  order_triggered: 6,
  credit_granted: 7,
  credit_returned: 8,
  market_listed: 9,
  market_state_changed: 10,
} as const;

export function foldEvent(into: HashLanes, event: EngineEvent): void {
  into.integer(eventTags[event.type]);
  into.integer(event.sequence);
  switch (event.type) {
    case 'accepted':
      foldName(into, event.commandId);
      break;
    case 'refused':
      foldName(into, event.commandId);
      into.integer(engineRefusals.indexOf(event.code));
      break;
    case 'trade':
      foldTrade(into, event);
      break;
    case 'order_done':
      foldOrderDone(into, event);
      break;
    case 'credit_granted':
      foldCredit(into, event, event.grantNumber);
      break;
    case 'credit_returned':
      foldCredit(into, event, event.returnNumber);
      break;
    case 'market_listed':
      foldTerms(into, event);
      break;
    case 'order_amended':
      foldName(into, event.digest);
      foldName(into, event.account);
      foldName(into, event.marketId);
      into.integer(event.sizeLots);
      into.integer(event.spendUnits);
      foldName(into, event.reason);
      into.integer(event.atMs);
      break;
    case 'order_triggered':
      foldName(into, event.digest);
      foldName(into, event.account);
      foldName(into, event.marketId);
      into.integer(event.atMs);
      break;
    case 'market_state_changed':
      foldName(into, event.marketId);
      foldName(into, event.state);
      foldName(into, event.reason);
      into.integer(event.atMs);
      into.integer(event.untilMs);
      break;
    default:
      unreachable(event);
  }
}

function foldName(into: HashLanes, text: string): void {
  const { left, right } = nameWords(text);
  into.integer(left);
  into.integer(right);
}

function foldCredit(into: HashLanes, event: CreditGranted | CreditReturned, number: number): void {
  foldName(into, event.account);
  foldName(into, event.asset);
  into.integer(number);
  into.integer(event.units);
}

function foldTrade(into: HashLanes, trade: Trade): void {
  foldName(into, trade.marketId);
  into.integer(trade.atMs);
  into.integer(trade.priceTicks);
  into.integer(trade.sizeLots);
  into.integer(trade.baseUnits);
  into.integer(trade.quoteUnits);
  foldName(into, trade.takerSide);
  foldName(into, trade.makerDigest);
  foldName(into, trade.takerDigest);
  foldName(into, trade.makerAccount);
  foldName(into, trade.takerAccount);
  into.integer(trade.makerFeeUnits);
  into.integer(trade.takerFeeUnits);
}

function foldOrderDone(into: HashLanes, done: OrderDone): void {
  const terms = new HashLanes();
  foldName(terms, done.digest);
  foldName(terms, done.account);
  foldName(terms, done.marketId);
  foldName(terms, traitsText(done));
  terms.integer(done.limitTicks);
  terms.integer(done.triggerTicks);
  terms.integer(done.displayLots);
  terms.integer(done.createdAtMs);
  terms.integer(done.expiresAtMs);
  foldName(terms, done.clientOrderId ?? '');
  // What stays as it is through an order's life is folded by itself, so that an engine may do it once.
  const [left, right] = terms.state();
  into.integer(left);
  into.integer(right);
  into.integer(done.sizeLots);
  into.integer(done.spendUnits);
  into.integer(done.filledLots);
  into.integer(done.filledQuoteUnits);
  into.integer(done.feeUnits);
  foldName(into, done.reason);
  into.integer(done.atMs);
}

/** What an order is beside its numbers, as one text. */
export function traitsText({
  side,
  orderType,
  timeInForce,
  postOnly,
  selfTrade,
}: Pick<OrderDone, 'side' | 'orderType' | 'timeInForce' | 'postOnly' | 'selfTrade'>): string {
  return `${side} ${orderType} ${timeInForce} ${postOnly} ${selfTrade}`;
}
