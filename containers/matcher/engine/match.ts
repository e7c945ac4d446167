/** Trades an incoming order against the book: best price first, oldest first, at the maker's price. */
import { feeUnits } from '#domain/fee.ts';
import { type DoneReason, notionalUnits } from '#domain/order.ts';
import { mayRest } from './admit.ts';
import { type BookOrder, heldFor } from './book-order.ts';
import { endOrder } from './end-order.ts';
import type { EngineState } from './engine-state.ts';
import type { Listing } from './listing.ts';

/** A maker's trade and end, and the taker's own end. */
const eventsOfLastStep = 3;

/** How matching left the taker: done for a reason, or with a remainder that rests. */
export function matchOrder(
  taker: BookOrder,
  listing: Listing,
  state: EngineState,
): DoneReason | 'rests' {
  const makers = listing.book.side(taker.side === 'buy' ? 'sell' : 'buy');
  for (;;) {
    const level = makers.best;
    if (!level || !crosses(taker, level.priceTicks))
      return remainder(taker, taker.limitTicks, listing);
    const maker = level.head as BookOrder;
    // The rest goes on by `continue` commands one day; until then a command's bound ends the taker.
    if (state.out.room < eventsOfLastStep) return 'expired';
    if (maker.expiresAtMs <= state.nowMs) {
      endOrder(maker, 'expired', state);
      continue;
    }
    const sizeLots = Math.min(
      maker.sizeLots - maker.filledLots,
      lotsWanted(taker, level.priceTicks, listing),
    );
    if (sizeLots === 0) return remainder(taker, level.priceTicks, listing);
    if (maker.account === taker.account) return 'self_trade';

    trade({ taker, maker, sizeLots }, listing, state);
    if (maker.filledLots === maker.sizeLots) endOrder(maker, 'filled', state);
    if (isFilled(taker)) return 'filled';
  }
}

function crosses(taker: BookOrder, priceTicks: number): boolean {
  return taker.side === 'buy' ? priceTicks <= taker.limitTicks : priceTicks >= taker.limitTicks;
}

/** Lots that the taker still wants at a price: what its money buys where money bounds it. */
function lotsWanted(taker: BookOrder, priceTicks: number, { market }: Listing): number {
  if (taker.spendUnits === 0) return taker.sizeLots - taker.filledLots;
  const left = taker.spendUnits - taker.filledQuoteUnits;
  return Math.floor(left / notionalUnits(priceTicks, 1, market));
}

function isFilled(order: BookOrder): boolean {
  return order.spendUnits === 0
    ? order.filledLots === order.sizeLots
    : order.filledQuoteUnits === order.spendUnits;
}

/**
 * What becomes of a taker that finds nothing more to trade. An order by money is filled once it has
 * traded and its rest cannot buy one lot at the next price, which is the limit where the book has run out.
 */
function remainder(
  taker: BookOrder,
  nextTicks: number,
  { market }: Listing,
): 'filled' | 'expired' | 'rests' {
  if (taker.spendUnits === 0) return mayRest(taker) ? 'rests' : 'expired';
  const left = taker.spendUnits - taker.filledQuoteUnits;
  const isSpent = taker.filledLots > 0 && left < notionalUnits(nextTicks, 1, market);
  return isSpent ? 'filled' : 'expired';
}

type Pair = { taker: BookOrder; maker: BookOrder; sizeLots: number };

function trade({ taker, maker, sizeLots }: Pair, listing: Listing, state: EngineState): void {
  const { market, quote } = listing;
  const priceTicks = maker.limitTicks;
  const quoteUnits = notionalUnits(priceTicks, sizeLots, market);
  const baseUnits = sizeLots * market.baseUnitsPerLot;
  const makerFeeUnits = feeUnits(quoteUnits, maker.makerFeeBps);
  const takerFeeUnits = feeUnits(quoteUnits, taker.takerFeeBps);

  listing.book.side(maker.side).reduce(maker, sizeLots);
  const amounts = { sizeLots, baseUnits, quoteUnits };
  fill(maker, { ...amounts, feeUnits: makerFeeUnits }, listing);
  fill(taker, { ...amounts, feeUnits: takerFeeUnits }, listing);
  state.credit.chargeFees(quote.id, makerFeeUnits + takerFeeUnits);

  state.out.emit({
    type: 'trade',
    sequence: state.out.next,
    marketId: market.id,
    atMs: state.nowMs,
    priceTicks,
    sizeLots,
    baseUnits,
    quoteUnits,
    takerSide: taker.side,
    makerDigest: maker.digest,
    takerDigest: taker.digest,
    makerAccount: maker.account,
    takerAccount: taker.account,
    makerFeeUnits,
    takerFeeUnits,
  });
}

type Fill = { sizeLots: number; baseUnits: number; quoteUnits: number; feeUnits: number };

/** Moves one side's money: the hold pays and shrinks to what the rest needs, what a better price saved is free, proceeds are free at once. */
function fill(order: BookOrder, fill: Fill, { market }: Listing): void {
  order.filledLots += fill.sizeLots;
  order.filledQuoteUnits += fill.quoteUnits;
  order.feeUnits += fill.feeUnits;
  const { holdLine, proceedsLine } = order;
  const stillHeld = heldFor(order, market);
  const released = order.heldUnits - stillHeld;
  order.heldUnits = stillHeld;
  holdLine.heldUnits -= released;
  if (order.side === 'buy') {
    holdLine.freeUnits += released - fill.quoteUnits - fill.feeUnits;
    proceedsLine.freeUnits += fill.baseUnits;
  } else {
    proceedsLine.freeUnits += fill.quoteUnits - fill.feeUnits;
  }
}
