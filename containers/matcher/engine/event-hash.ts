/** Folds an event into the chain over all events: every field, in a fixed order. */
import { unreachable } from '#domain/assertion.ts';
import type {
  CreditGranted,
  CreditReturned,
  EngineEvent,
  OrderDone,
  Trade,
} from '#domain/event.ts';
import { engineRefusals } from '#domain/refusal.ts';
import type { HashLanes } from './hash-lanes.ts';
import { foldTerms } from './listing.ts';

export function foldEvent(into: HashLanes, event: EngineEvent): void {
  into.integer(event.sequence);
  into.text(event.type);
  switch (event.type) {
    case 'accepted':
      into.text(event.commandId);
      break;
    case 'refused':
      into.text(event.commandId);
      into.word(engineRefusals.indexOf(event.code));
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
      into.text(event.digest);
      into.text(event.account);
      into.text(event.marketId);
      into.integer(event.sizeLots);
      into.integer(event.spendUnits);
      into.text(event.reason);
      into.integer(event.atMs);
      break;
    case 'order_triggered':
      into.text(event.digest);
      into.text(event.account);
      into.text(event.marketId);
      into.integer(event.atMs);
      break;
    case 'market_state_changed':
      into.text(event.marketId);
      into.text(event.state);
      into.text(event.reason);
      into.integer(event.atMs);
      into.integer(event.untilMs);
      break;
    default:
      unreachable(event);
  }
}

function foldCredit(into: HashLanes, event: CreditGranted | CreditReturned, number: number): void {
  into.text(event.account);
  into.text(event.asset);
  into.integer(number);
  into.integer(event.units);
}

function foldTrade(into: HashLanes, trade: Trade): void {
  into.text(trade.marketId);
  into.integer(trade.atMs);
  into.integer(trade.priceTicks);
  into.integer(trade.sizeLots);
  into.integer(trade.baseUnits);
  into.integer(trade.quoteUnits);
  into.text(trade.takerSide);
  into.text(trade.makerDigest);
  into.text(trade.takerDigest);
  into.text(trade.makerAccount);
  into.text(trade.takerAccount);
  into.integer(trade.makerFeeUnits);
  into.integer(trade.takerFeeUnits);
}

function foldOrderDone(into: HashLanes, done: OrderDone): void {
  into.text(done.digest);
  into.text(done.account);
  into.text(done.marketId);
  into.text(done.side);
  into.text(done.orderType);
  into.text(done.timeInForce);
  into.word(done.postOnly ? 1 : 0);
  into.text(done.selfTrade);
  into.integer(done.limitTicks);
  into.integer(done.triggerTicks);
  into.integer(done.sizeLots);
  into.integer(done.displayLots);
  into.integer(done.spendUnits);
  into.integer(done.filledLots);
  into.integer(done.filledQuoteUnits);
  into.integer(done.feeUnits);
  into.text(done.reason);
  into.integer(done.createdAtMs);
  into.integer(done.expiresAtMs);
  into.integer(done.atMs);
  into.text(done.clientOrderId ?? '');
}
