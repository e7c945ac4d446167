/** Two orders trade: the event, both sides' fills and money, the end of the maker where nothing is left of it, and what the price sets off. */
import { lineOf, moveUnits, receive, unhold } from './credit-lines.ts';
import { matchByDelegation } from './delegations.ts';
import { noDelegation, noLine } from './engine-state.ts';
import { tellTrade } from './event-rows.ts';
import { leftLots } from './level-queue.ts';
import { feeUnits, holdOf, makerFeeUnits } from './order-amounts.ts';
import { doneFilled } from './order-place.ts';
import { isSell } from './order-traits.ts';
import { endOrder, showLess } from './resting.ts';
import { Asset, CreditLine, Market, Order } from './rows.ts';
import { isAnySetOff, setOff } from './set-off.ts';
import { countTrade } from './volatility.ts';

export function trade(
  market: Market,
  maker: Order,
  taker: Order,
  priceTicks: i32,
  sizeLots: f64,
): void {
  const baseUnits = sizeLots * market.baseUnitsPerLot;
  const quoteUnits = <f64>priceTicks * sizeLots * market.quoteUnitsPerTickLot;
  const takerFee = feeUnits(quoteUnits, taker.takerFeeBps);
  const makerFee = makerFeeUnits(quoteUnits, maker.makerFeeBps, takerFee);
  tellTrade(maker, taker, priceTicks, sizeLots, baseUnits, quoteUnits, makerFee, takerFee);

  fill(market, maker, sizeLots, baseUnits, quoteUnits, makerFee);
  fill(market, taker, sizeLots, baseUnits, quoteUnits, takerFee);
  moveUnits(market.quote, -makerFee - takerFee);
  showLess(maker, sizeLots);
  if (leftLots(maker) === 0) endOrder(maker, doneFilled);
  market.lastTicks = priceTicks;
  if (market.haltBps > 0) countTrade(market, priceTicks, sizeLots);
  if (isAnySetOff(market)) setOff(market);
}

/** Moves one side's money: the hold pays and shrinks to what the rest needs, what a better price saved is free, proceeds are free at once. */
function fill(
  market: Market,
  order: Order,
  sizeLots: f64,
  baseUnits: f64,
  quoteUnits: f64,
  fee: f64,
): void {
  order.filledLots += sizeLots;
  order.filledQuoteUnits += quoteUnits;
  order.feeUnits += fee;
  if (order.delegation !== noDelegation) matchByDelegation(order, market, sizeLots, quoteUnits);
  const stillHeldUnits = holdOf(market, order);
  const releasedUnits = order.heldUnits - stillHeldUnits;
  order.heldUnits = stillHeldUnits;
  if (isSell(order.traits)) {
    unhold(order.holdLine, releasedUnits, baseUnits);
    receive(receiveLineOf(order, market.quote), quoteUnits - fee);
  } else {
    unhold(order.holdLine, releasedUnits, quoteUnits + fee);
    receive(receiveLineOf(order, market.base), baseUnits);
  }
}

function receiveLineOf(order: Order, asset: Asset): CreditLine {
  if (order.receiveLine === noLine) order.receiveLine = lineOf(order.account, asset);
  return order.receiveLine;
}
