/** An event of the journal as one line. */
import { unreachable } from '#domain/assertion.ts';
import type { EngineEvent, OrderDone, Trade } from '#domain/event.ts';
import type { KnownTerms } from './known-terms.ts';

export const eventText = (event: EngineEvent, terms: KnownTerms): string =>
  `${event.sequence} ${event.type} ${detailOf(event, terms)}`.trimEnd();

function detailOf(event: EngineEvent, terms: KnownTerms): string {
  switch (event.type) {
    case 'accepted':
      return '';
    case 'refused':
      return event.code;
    case 'trade':
      return tradeText(event, terms);
    case 'order_done':
      return doneText(event, terms);
    case 'order_amended': {
      const { digest, marketId, sizeLots, spendUnits, reason } = event;
      const bound =
        spendUnits > 0 ? terms.money(marketId, spendUnits) : terms.size(marketId, sizeLots);
      return `${digest} ${marketId} to ${bound}, ${reason}`;
    }
    case 'order_triggered':
      return `${event.digest} ${event.marketId}`;
    case 'credit_granted':
      return `${event.grantNumber} ${event.account} ${terms.amount(event.asset, event.units)}`;
    case 'credit_returned':
      return `${event.returnNumber} ${event.account} ${terms.amount(event.asset, event.units)}`;
    case 'market_listed':
      return `${event.market.id} ${JSON.stringify(event.market)}`;
    case 'market_state_changed': {
      const until = event.untilMs > 0 ? ` until ${new Date(event.untilMs).toISOString()}` : '';
      return `${event.marketId} ${event.state}, ${event.reason}${until}`;
    }
    default:
      return unreachable(event);
  }
}

function tradeText(trade: Trade, terms: KnownTerms): string {
  const { marketId, priceTicks, sizeLots, quoteUnits, takerSide } = trade;
  const made = `${terms.size(marketId, sizeLots)} at ${terms.price(marketId, priceTicks)} = ${terms.money(marketId, quoteUnits)}`;
  const taker = `taker ${takerSide} ${trade.takerDigest} ${trade.takerAccount} fee ${terms.money(marketId, trade.takerFeeUnits)}`;
  const maker = `maker ${trade.makerDigest} ${trade.makerAccount} fee ${terms.money(marketId, trade.makerFeeUnits)}`;
  return `${marketId} ${made}, ${taker}, ${maker}`;
}

function doneText(order: OrderDone, terms: KnownTerms): string {
  const { marketId, filledLots, filledQuoteUnits, sizeLots, spendUnits } = order;
  const whole = spendUnits > 0 ? terms.money(marketId, spendUnits) : terms.size(marketId, sizeLots);
  const filled =
    spendUnits > 0 ? terms.money(marketId, filledQuoteUnits) : terms.size(marketId, filledLots);
  return `${order.digest} ${order.account} ${marketId} ${order.side} ${order.reason}: ${filled} of ${whole}, fee ${terms.money(marketId, order.feeUnits)}`;
}
