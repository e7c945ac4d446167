/** Two orders trade: the event, both sides' fills, the maker's money and end, and what the price sets off. */
import { lineOf, moveUnits, receive, unhold } from './credit-lines.ts';
import { matchByDelegation } from './delegations.ts';
import { noLine } from './engine-state.ts';
import { tellTrade } from './event-rows.ts';
import { leftLots } from './level-queue.ts';
import { feeUnits, holdOf, makerFeeUnits } from './order-amounts.ts';
import { isDelegated } from './order-extras.ts';
import { isSell } from './order-traits.ts';
import { takeTraded } from './resting.ts';
import { Asset, CreditLine, Market, Order } from './rows.ts';
import { isAnySetOff, setOff } from './set-off.ts';
import { countTrade } from './volatility.ts';

/** The taker's money is its caller's to move, once for all of its trades: `payTaker`. */
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

  fill(market, taker, sizeLots, quoteUnits, takerFee);
  fill(market, maker, sizeLots, quoteUnits, makerFee);
  pay(market, maker, baseUnits, quoteUnits, makerFee);
  moveUnits(market.quote, -makerFee - takerFee);
  takeTraded(maker, sizeLots);
  market.lastTicks = priceTicks;
  if (market.haltBps > 0) countTrade(market, priceTicks, sizeLots);
  if (isAnySetOff(market)) setOff(market);
}

/** Moves a taker's money for all that it traded since its totals were these. Nobody asks for it between its trades. */
export function payTaker(
  market: Market,
  taker: Order,
  lotsBefore: f64,
  quoteUnitsBefore: f64,
  feeUnitsBefore: f64,
): void {
  const lots = taker.filledLots - lotsBefore;
  if (lots === 0) return;
  const quoteUnits = taker.filledQuoteUnits - quoteUnitsBefore;
  pay(market, taker, lots * market.baseUnitsPerLot, quoteUnits, taker.feeUnits - feeUnitsBefore);
}

function fill(market: Market, order: Order, sizeLots: f64, quoteUnits: f64, fee: f64): void {
  order.filledLots += sizeLots;
  order.filledQuoteUnits += quoteUnits;
  order.feeUnits += fee;
  if (isDelegated(order)) matchByDelegation(order, market, sizeLots, quoteUnits);
}

/** Moves one side's money: the hold pays and shrinks to what the rest needs, what a better price saved is free, proceeds are free at once. */
function pay(market: Market, order: Order, baseUnits: f64, quoteUnits: f64, fee: f64): void {
  const stillHeldUnits = leftLots(order) === 0 ? 0 : holdOf(market, order);
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
