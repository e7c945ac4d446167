/** What happens where an incoming order meets one of its owner's: the incoming order's mode decides. */
import { lowerOrder } from './amend.ts';
import { tellAmended } from './event-rows.ts';
import { leftLots, shownLots } from './level-queue.ts';
import { isUsedUp, lotsWanted } from './order-amounts.ts';
import { isByMoney } from './order-extras.ts';
import { doneSelfTrade, goesOn } from './order-place.ts';
import { selfTradeMode } from './order-traits.ts';
import { endOrder, showLess } from './resting.ts';
import { Market, Order } from './rows.ts';

/** Does what the mode asks of the resting order; answers why the incoming one ends, or `goesOn`. */
export function meetOwn(market: Market, incoming: Order, resting: Order): i32 {
  switch (selfTradeMode(incoming.traits)) {
    case 1:
      endOrder(resting, doneSelfTrade);
      return goesOn;
    case 2:
      endOrder(resting, doneSelfTrade);
      return doneSelfTrade;
    case 3:
      return decrement(market, incoming, resting);
    default:
      return doneSelfTrade;
  }
}

/** Both are lowered by the smaller of the incoming order's rest and the resting order's shown part. */
function decrement(market: Market, incoming: Order, resting: Order): i32 {
  const ticks = resting.limitTicks;
  const lots = min(lotsWanted(market, incoming, ticks), shownLots(resting));
  lowerOrder(resting, resting.sizeLots - lots, 0);
  showLess(resting, lots);
  if (leftLots(resting) === 0) endOrder(resting, doneSelfTrade);
  else tellAmended(resting, 1);

  const paidUnits = <f64>ticks * lots * market.quoteUnitsPerTickLot;
  if (isByMoney(incoming)) lowerOrder(incoming, 0, incoming.extras.spendUnits - paidUnits);
  else lowerOrder(incoming, incoming.sizeLots - lots, 0);
  if (isUsedUp(incoming)) return doneSelfTrade;
  tellAmended(incoming, 1);
  return goesOn;
}
