/** How far from reference price and mean an order may trade: bands, and the window of the last trades' prices. */
import { maxPriceTicks } from '#domain/market.ts';
import type { MarketRecord, MatchBounds } from '../snapshot-record.ts';
import type { MarketBook } from './market-book.ts';

const partCount = 8;
const partMask = partCount - 1;
type WindowPart = MarketRecord['window'][number];

/**
 * Lots and ticks × lots of the last trades, in eight parts of the clock. Parts are dropped when a trade comes, not when
 * time passes: what is saved and hashed changes by events alone.
 */
export class VolatilityWindow {
  /** By part number modulo 8; 0 lots where there is none. */
  readonly #parts = new Float64Array(partCount);
  readonly #lots = new Float64Array(partCount);
  readonly #tickLots = new Float64Array(partCount);
  #newest = 0;
  #allLots = 0;
  #allTickLots = 0;

  clear(): void {
    this.#lots.fill(0);
    this.#tickLots.fill(0);
    this.#allLots = 0;
    this.#allTickLots = 0;
  }

  /** The volume-weighted mean, rounded down; 0 where nothing traded in the eight parts up to `now`. */
  meanTicks(now: number): number {
    let lots = this.#allLots;
    let tickLots = this.#allTickLots;
    if (now !== this.#newest) {
      for (let at = 0; at < partCount; at += 1) {
        if (now - (this.#parts[at] as number) < partCount) continue;
        lots -= this.#lots[at] as number;
        tickLots -= this.#tickLots[at] as number;
      }
    }
    if (lots === 0) return 0;
    const mean = Math.floor(tickLots / lots);
    // A quotient of large numbers may round up.
    return mean * lots > tickLots ? mean - 1 : mean;
  }

  add(now: number, priceTicks: number, sizeLots: number): void {
    const tickLots = priceTicks * sizeLots;
    if (now !== this.#newest) this.#dropBefore(now);
    // Ticks are at least 1, so the sum of lots is never the larger one.
    while (this.#allTickLots > Number.MAX_SAFE_INTEGER - tickLots) this.#halve();
    const at = now & partMask;
    this.#parts[at] = now;
    this.#newest = now;
    this.#lots[at] = (this.#lots[at] as number) + sizeLots;
    this.#tickLots[at] = (this.#tickLots[at] as number) + tickLots;
    this.#allLots += sizeLots;
    this.#allTickLots += tickLots;
  }

  /** Parts that hold trades, oldest first. */
  save(): WindowPart[] {
    const parts: WindowPart[] = [];
    for (let part = this.#newest - partMask; part <= this.#newest; part += 1) {
      const at = part & partMask;
      const lots = this.#lots[at] as number;
      if (lots > 0) parts.push({ part, lots, tickLots: this.#tickLots[at] as number });
    }
    return parts;
  }

  restore(parts: WindowPart[]): void {
    for (const { part, lots, tickLots } of parts) {
      const at = part & partMask;
      this.#parts[at] = part;
      this.#lots[at] = lots;
      this.#tickLots[at] = tickLots;
      this.#newest = part;
    }
    this.#addUp();
  }

  #dropBefore(now: number): void {
    for (let at = 0; at < partCount; at += 1) {
      if (now - (this.#parts[at] as number) < partCount) continue;
      this.#lots[at] = 0;
      this.#tickLots[at] = 0;
    }
    this.#addUp();
  }

  #halve(): void {
    for (let at = 0; at < partCount; at += 1) {
      this.#lots[at] = Math.floor((this.#lots[at] as number) / 2);
      const isLeft = (this.#lots[at] as number) > 0;
      this.#tickLots[at] = isLeft ? Math.floor((this.#tickLots[at] as number) / 2) : 0;
    }
    this.#addUp();
  }

  #addUp(): void {
    this.#allLots = this.#lots.reduce((total, lots) => total + lots, 0);
    this.#allTickLots = this.#tickLots.reduce((total, tickLots) => total + tickLots, 0);
  }
}

/** The number of the part of the clock that a time is in. */
export function partAt({ market }: MarketBook, nowMs: number): number {
  return Math.floor(nowMs / Math.ceil(market.haltWindowMs / partCount));
}

/** `floor(middle × bps / 10,000)`: far more than any price where the product leaves safe integers. */
function distanceOf(middleTicks: number, bps: number): number {
  return Math.floor((middleTicks * bps) / 10_000);
}

/** Whether a price is no more than that from the middle; anywhere where there is no middle or no bound. */
export function isWithin(priceTicks: number, middleTicks: number, bps: number): boolean {
  if (middleTicks === 0 || bps === 0) return true;
  return Math.abs(priceTicks - middleTicks) <= distanceOf(middleTicks, bps);
}

/** Whether a price is in the band of a market in which prices are bound by it. */
export function isInBand(book: MarketBook, priceTicks: number): boolean {
  return isWithin(priceTicks, book.referenceTicks, book.market.bandBps);
}

/** Fixes how far an order that begins to match now may trade. Only market orders are bound by the band on their way. */
export function setBounds(
  bounds: MatchBounds,
  book: MarketBook,
  isMarketLike: boolean,
  nowMs: number,
): void {
  bounds.bandLowTicks = 0;
  bounds.bandHighTicks = maxPriceTicks;
  bounds.haltLowTicks = 0;
  bounds.haltHighTicks = maxPriceTicks;
  const { bandBps, haltBps, state } = book.market;
  if (state !== 'open') return;
  const { referenceTicks } = book;
  if (isMarketLike && bandBps > 0 && referenceTicks > 0) {
    const distance = distanceOf(referenceTicks, bandBps);
    bounds.bandLowTicks = Math.max(0, referenceTicks - distance);
    bounds.bandHighTicks = Math.min(maxPriceTicks, referenceTicks + distance);
  }
  if (haltBps === 0) return;
  const meanTicks = book.window.meanTicks(partAt(book, nowMs)) || referenceTicks;
  if (meanTicks === 0) return;
  const distance = distanceOf(meanTicks, haltBps);
  bounds.haltLowTicks = Math.max(0, meanTicks - distance);
  bounds.haltHighTicks = Math.min(maxPriceTicks, meanTicks + distance);
}
