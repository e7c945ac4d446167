/** How far from reference price and mean an order may trade in the naive engine: bands and the volatility window. */
import { assert } from '#domain/assertion.ts';
import { maxPriceTicks } from '#domain/market.ts';
import type { OrderType } from '#domain/order.ts';
import type { MatchBounds } from '../snapshot-record.ts';
import type { NaiveMarket, WindowPart } from './naive-state.ts';

type Range = { lowTicks: number; highTicks: number };
const unbounded: Range = { lowTicks: 0, highTicks: maxPriceTicks };

/** "`reference ± floor(reference × bps / 10,000)`, ends included." Nothing bounds where there is no reference or no distance. */
export function rangeAround(middleTicks: number, bps: number): Range {
  if (middleTicks === 0 || bps === 0) return unbounded;
  const distance = Number((BigInt(middleTicks) * BigInt(bps)) / 10_000n);
  return {
    lowTicks: Math.max(0, middleTicks - distance),
    highTicks: Math.min(maxPriceTicks, middleTicks + distance),
  };
}

export function isInside(priceTicks: number, { lowTicks, highTicks }: Range): boolean {
  return lowTicks <= priceTicks && priceTicks <= highTicks;
}

/** The prices that a limit order may name and a market order may take. */
export function bandOf({ market, referenceTicks }: NaiveMarket): Range {
  return rangeAround(referenceTicks, market.bandBps);
}

/** Market orders, and conditional ones that enter as such. */
export function isMarketLike(orderType: OrderType): boolean {
  return orderType === 'market' || orderType === 'stop' || orderType === 'take_profit';
}

/** How far an order that begins to match now may trade. Only market orders are bound by the band on their way; nothing is outside `open`. */
export function boundsFor(listed: NaiveMarket, orderType: OrderType, nowMs: number): MatchBounds {
  const isOpen = listed.market.state === 'open';
  const band = isOpen && isMarketLike(orderType) ? bandOf(listed) : unbounded;
  const halt = isOpen ? haltRange(listed, nowMs) : unbounded;
  return {
    bandLowTicks: band.lowTicks,
    bandHighTicks: band.highTicks,
    haltLowTicks: halt.lowTicks,
    haltHighTicks: halt.highTicks,
  };
}

export function isInsideBand(bounds: MatchBounds, priceTicks: number): boolean {
  return isInside(priceTicks, { lowTicks: bounds.bandLowTicks, highTicks: bounds.bandHighTicks });
}

export function isInsideHalt(bounds: MatchBounds, priceTicks: number): boolean {
  return isInside(priceTicks, { lowTicks: bounds.haltLowTicks, highTicks: bounds.haltHighTicks });
}

/** "A fill at a price more than that from the volume-weighted mean price of the last `haltWindowMs` does not happen." */
function haltRange(listed: NaiveMarket, nowMs: number): Range {
  if (listed.market.haltBps === 0) return unbounded;
  const parts = partsThatCount(listed, nowMs);
  const lots = sum(parts, (part) => part.lots);
  const tickLots = sum(parts, (part) => part.tickLots);
  // Taking the remainder off first: a quotient of large numbers may round up.
  const meanTicks = lots > 0 ? (tickLots - (tickLots % lots)) / lots : listed.referenceTicks;
  return rangeAround(meanTicks, listed.market.haltBps);
}

/** "A part counts until eight later ones have begun." */
function partsThatCount({ market, window }: NaiveMarket, nowMs: number): WindowPart[] {
  const now = partAt(market.haltWindowMs, nowMs);
  return window.filter(({ part }) => now - part < 8);
}

/** "Eight parts of `ceil(haltWindowMs / 8)` each, aligned to the clock." */
function partAt(haltWindowMs: number, nowMs: number): number {
  return Math.floor(nowMs / Math.ceil(haltWindowMs / 8));
}

/** Takes a trade into the window of a market that halts by volatility. */
export function intoWindow(
  listed: NaiveMarket,
  { priceTicks, sizeLots, nowMs }: { priceTicks: number; sizeLots: number; nowMs: number },
): void {
  if (listed.market.haltBps === 0) return;
  const tickLots = priceTicks * sizeLots;
  listed.window = partsThatCount(listed, nowMs);
  // "Where a sum would pass 2^53 − 1, all parts' sums are halved first (rounded down) until it does not."
  while (!fits(listed.window, tickLots)) {
    const halved = listed.window.map((part) => ({
      part: part.part,
      lots: Math.floor(part.lots / 2),
      tickLots: Math.floor(part.tickLots / 2),
    }));
    listed.window = halved.filter((part) => part.lots > 0);
  }
  const part = partAt(listed.market.haltWindowMs, nowMs);
  const last = listed.window.at(-1);
  assert(!last || last.part <= part, 'the window is ahead of the clock');
  if (last?.part === part) {
    last.lots += sizeLots;
    last.tickLots += tickLots;
  } else listed.window.push({ part, lots: sizeLots, tickLots });
}

/** Ticks are at least 1, so the sum of lots is never the larger one. */
function fits(window: WindowPart[], tickLots: number): boolean {
  const all = window.reduce((total, part) => total + BigInt(part.tickLots), BigInt(tickLots));
  return all <= BigInt(Number.MAX_SAFE_INTEGER);
}

function sum(parts: WindowPart[], of: (part: WindowPart) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}
