/** What is left of an order: lots, money, and what it holds for them. */
import { leftLots } from './level-queue.ts';
import { isByMoney } from './order-extras.ts';
import { isSell } from './order-traits.ts';
import { Market, Order } from './rows.ts';

/** Lots that an order wants at a price: what its money buys where money bounds it. */
export function lotsWanted(market: Market, order: Order, priceTicks: i32): f64 {
  if (!isByMoney(order)) return leftLots(order);
  const leftUnits = leftUnitsOf(order);
  return floor(leftUnits / (<f64>priceTicks * market.quoteUnitsPerTickLot));
}

/** What is left of the money that bounds an order. */
export function leftUnitsOf(order: Order): f64 {
  return order.extras.spendUnits - order.filledQuoteUnits;
}

/** Nothing of its size or of its money is left. */
export function isUsedUp(order: Order): bool {
  if (isByMoney(order)) return leftUnitsOf(order) === 0;
  return order.filledLots === order.sizeLots;
}

/** What an order must hold for what is left of it, by the higher of its rates; its base units where it sells. */
export function holdOf(market: Market, order: Order): f64 {
  const lots = leftLots(order);
  if (isSell(order.traits)) return lots * market.baseUnitsPerLot;
  const notionalUnits = isByMoney(order)
    ? leftUnitsOf(order)
    : <f64>order.limitTicks * lots * market.quoteUnitsPerTickLot;
  return notionalUnits + feeUnits(notionalUnits, max<i32>(order.makerFeeBps, order.takerFeeBps));
}

/** One of two amounts, without a branch: V8 makes one of a choice between doubles, and the compiler makes that of one between their bits. */
export function either(one: f64, other: f64, isOne: bool): f64 {
  const mask = -(<i64>isOne);
  return reinterpret<f64>((reinterpret<i64>(one) & mask) | (reinterpret<i64>(other) & ~mask));
}

/** floor(notional × bps / 10^4) without leaving safe integers: as #domain/fee.ts. */
export function feeUnits(notionalUnits: f64, feeBps: i32): f64 {
  const share = notionalUnits * <f64>feeBps;
  if (share < 9_007_199_254_740_992) return floor(share / 10_000);
  const whole = floor(notionalUnits / 10_000);
  return whole * <f64>feeBps + floor(((notionalUnits - whole * 10_000) * <f64>feeBps) / 10_000);
}

/** A maker's fee; a rebate (negative rate) is rounded towards nothing and never exceeds the taker's fee of the same trade. */
export function makerFeeUnits(notionalUnits: f64, makerFeeBps: i32, takerFeeUnits: f64): f64 {
  if (makerFeeBps >= 0) return feeUnits(notionalUnits, makerFeeBps);
  return 0 - min(feeUnits(notionalUnits, -makerFeeBps), takerFeeUnits);
}
