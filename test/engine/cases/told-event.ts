/** Events as one hears of them on the floor, one line each. */
import type { EngineEvent, MarketStateChanged, Trade } from '#domain/event.ts';

/** How orders, accounts and markets are called. */
export type Names = {
  order: (digest: string) => string;
  trader: (account: string) => string;
  market: (marketId: string) => string;
};

/** The answer `accepted`, grants and listings go without saying. */
export function toldOf(event: EngineEvent, names: Names): string[] {
  switch (event.type) {
    case 'refused':
      return [`refused ${event.code}`];
    case 'trade':
      return [tradeText(event, names)];
    case 'order_done':
      return [`${names.order(event.digest)} is ${event.reason}`];
    case 'order_triggered':
      return [`${names.order(event.digest)} is triggered`];
    case 'order_amended': {
      const verb = event.reason === 'self_trade' ? 'decremented' : 'amended';
      const bound = event.spendUnits > 0 ? `spend ${event.spendUnits}` : `${event.sizeLots}`;
      return [`${names.order(event.digest)} is ${verb} to ${bound}`];
    }
    case 'market_state_changed':
      return [stateText(event, names)];
    case 'credit_returned':
      return [`${names.trader(event.account)} is given back ${event.units} ${event.asset}`];
    default:
      return [];
  }
}

/** Fees are told where there are any: the taker's, then the maker's. */
function tradeText(event: Trade, names: Names): string {
  const taker = names.order(event.takerDigest);
  const maker = names.order(event.makerDigest);
  const isBuy = event.takerSide === 'buy';
  const { takerFeeUnits, makerFeeUnits } = event;
  const fees = takerFeeUnits || makerFeeUnits ? `, fees ${takerFeeUnits} and ${makerFeeUnits}` : '';
  const what = `${isBuy ? 'buys' : 'sells'} ${event.sizeLots} at ${event.priceTicks}`;
  return `${taker} ${what} ${isBuy ? 'from' : 'to'} ${maker}${fees}`;
}

function stateText(event: MarketStateChanged, names: Names): string {
  const until = event.untilMs > 0 ? ` for ${event.untilMs - event.atMs} ms` : '';
  return `${names.market(event.marketId)} is ${event.state} by ${event.reason}${until}`;
}
