/** Two orders trade: the event, both sides' fills and money, the end of the maker where nothing is left of it, and what the price sets off. */
import { feeUnits, makerFeeUnits } from '#domain/fee.ts';
import { done } from './event-rows.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { holdOf } from './order-amounts.ts';
import { isSell } from './order-traits.ts';
import { endOrder, showLess } from './resting.ts';
import { isAnySetOff, setOff } from './stops.ts';
import { partAt } from './volatility.ts';

export function trade(
  state: FastState,
  book: MarketBook,
  maker: number,
  taker: number,
  priceTicks: number,
  sizeLots: number,
): void {
  const { orders, figures } = state;
  const { market } = book;
  const quoteUnits = priceTicks * sizeLots * market.quoteUnitsPerTickLot;
  const takerFeeUnits = feeUnits(quoteUnits, orders.takerFeeBps[taker] as number);
  const makerFeeBps = orders.makerFeeBps[maker] as number;
  figures.maker = maker;
  figures.taker = taker;
  figures.priceTicks = priceTicks;
  figures.sizeLots = sizeLots;
  figures.baseUnits = sizeLots * market.baseUnitsPerLot;
  figures.quoteUnits = quoteUnits;
  figures.takerFeeUnits = takerFeeUnits;
  figures.makerFeeUnits =
    makerFeeBps >= 0
      ? feeUnits(quoteUnits, makerFeeBps)
      : makerFeeUnits(quoteUnits, { makerFeeBps, takerFeeUnits });
  state.events.trade(figures, orders);

  fill(state, book, maker, figures.makerFeeUnits);
  fill(state, book, taker, takerFeeUnits);
  state.credit.move(book.quoteAsset, -figures.makerFeeUnits - takerFeeUnits);
  showLess(state, maker, sizeLots);
  if (orders.leftLots(maker) === 0) endOrder(state, maker, done.filled);
  book.lastTicks = priceTicks;
  if (market.haltBps > 0) book.window.add(partAt(book, state.nowMs), priceTicks, sizeLots);
  if (isAnySetOff(state, book)) setOff(state, book);
}

/** Moves one side's money: the hold pays and shrinks to what the rest needs, what a better price saved is free, proceeds are free at once. */
function fill(state: FastState, book: MarketBook, slot: number, fee: number): void {
  const { orders, credit } = state;
  const { sizeLots, baseUnits, quoteUnits } = state.figures;
  orders.filledLots[slot] = (orders.filledLots[slot] as number) + sizeLots;
  orders.filledQuoteUnits[slot] = (orders.filledQuoteUnits[slot] as number) + quoteUnits;
  orders.feeUnits[slot] = (orders.feeUnits[slot] as number) + fee;
  const stillHeldUnits = holdOf(state, book, slot);
  const releasedUnits = (orders.heldUnits[slot] as number) - stillHeldUnits;
  orders.heldUnits[slot] = stillHeldUnits;
  const line = orders.holdLine[slot] as number;
  const account = orders.account[slot] as number;
  if (isSell(orders.traits[slot] as number)) {
    credit.unhold(line, releasedUnits, baseUnits);
    credit.receive(credit.line(account, book.quoteAsset), quoteUnits - fee);
  } else {
    credit.unhold(line, releasedUnits, quoteUnits + fee);
    credit.receive(credit.line(account, book.baseAsset), baseUnits);
  }
}
