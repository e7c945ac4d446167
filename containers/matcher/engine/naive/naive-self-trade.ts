/** What the naive engine does where an incoming order meets one of its owner's: the incoming order's mode decides. */
import { unreachable } from '#domain/assertion.ts';
import { type DoneReason, notionalUnits } from '#domain/order.ts';
import { emitAmended, end, isUsedUp, leftLots, lower, showLess, wantedLots } from './naive-book.ts';
import { listedMarket, type NaiveOrder, type NaiveState } from './naive-state.ts';

/** Does what the mode asks of the resting order, which comes first; answers why the incoming one ends, if it does. */
export function meetOwn(
  state: NaiveState,
  incoming: NaiveOrder,
  resting: NaiveOrder,
): DoneReason | undefined {
  switch (incoming.selfTrade) {
    case 'expire_taker':
      return 'self_trade';
    case 'expire_maker':
      end(state, resting, 'self_trade');
      return undefined;
    case 'expire_both':
      end(state, resting, 'self_trade');
      return 'self_trade';
    case 'decrement':
      return decrement(state, incoming, resting);
    default:
      return unreachable(incoming.selfTrade);
  }
}

/** "Both are lowered by the smaller of the incoming order's rest and the resting order's shown part." */
function decrement(
  state: NaiveState,
  incoming: NaiveOrder,
  resting: NaiveOrder,
): DoneReason | undefined {
  const { market } = listedMarket(state, incoming.marketId);
  const lots = Math.min(wantedLots(state, incoming, resting.limitTicks), resting.shownLots);
  lower(state, resting, { sizeLots: resting.sizeLots - lots, spendUnits: 0 });
  showLess(state, resting, lots);
  if (leftLots(resting) === 0) end(state, resting, 'self_trade');
  else emitAmended(state, resting, 'self_trade');

  if (incoming.spendUnits > 0) {
    const units = notionalUnits(resting.limitTicks, lots, market);
    lower(state, incoming, { sizeLots: 0, spendUnits: incoming.spendUnits - units });
  } else lower(state, incoming, { sizeLots: incoming.sizeLots - lots, spendUnits: 0 });
  if (isUsedUp(incoming)) return 'self_trade';
  emitAmended(state, incoming, 'self_trade');
  return undefined;
}
