/** What is left of an order: lots, money, and what it holds for them. */
import { feeUnits } from '#domain/fee.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { isSell } from './order-traits.ts';

/** Lots that an order wants at a price: what its money buys where money bounds it. */
export function lotsWanted(
  { orders }: FastState,
  { market }: MarketBook,
  slot: number,
  priceTicks: number,
): number {
  const spendUnits = orders.spendUnits[slot] as number;
  if (spendUnits === 0) return orders.leftLots(slot);
  const leftUnits = spendUnits - (orders.filledQuoteUnits[slot] as number);
  return Math.floor(leftUnits / (priceTicks * market.quoteUnitsPerTickLot));
}

/** Nothing of its size or of its money is left. */
export function isUsedUp({ orders }: FastState, slot: number): boolean {
  const spendUnits = orders.spendUnits[slot] as number;
  if (spendUnits > 0) return orders.filledQuoteUnits[slot] === spendUnits;
  return orders.filledLots[slot] === orders.sizeLots[slot];
}

/** What an order must hold for what is left of it, by the higher of its rates; its base units where it sells. */
export function holdOf({ orders }: FastState, { market }: MarketBook, slot: number): number {
  const leftLots = orders.leftLots(slot);
  if (isSell(orders.traits[slot] as number)) return leftLots * market.baseUnitsPerLot;
  const spendUnits = orders.spendUnits[slot] as number;
  const notionalUnits =
    spendUnits > 0
      ? spendUnits - (orders.filledQuoteUnits[slot] as number)
      : (orders.limitTicks[slot] as number) * leftLots * market.quoteUnitsPerTickLot;
  const makerFeeBps = orders.makerFeeBps[slot] as number;
  const takerFeeBps = orders.takerFeeBps[slot] as number;
  return notionalUnits + feeUnits(notionalUnits, Math.max(makerFeeBps, takerFeeBps));
}
