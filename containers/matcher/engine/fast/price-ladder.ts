/**
 * One side's levels by price: pages of 64 neighbouring prices with a bit for each that has orders, in an array sorted from the
 * worst page to the best. Nearly all that happens, happens in the last few pages; prices far apart cost a page each, no more.
 */
import { maxPriceTicks } from '#domain/market.ts';
import { copiedInts, grownInts } from './grown.ts';
import { none } from './order-table.ts';

/** Pages of all ladders. */
export class PagePool {
  /** Which 64 prices, counted from the best possible price. */
  number = new Int32Array(64);
  /** Whose ladder's page it is; `none` while it is free. */
  owner = new Int32Array(64);
  /** A bit for each price that has a level. */
  low = new Int32Array(64);
  high = new Int32Array(64);
  levels = new Int32Array(64 * 64);
  /** Where the pages that were asked for lately are: by a hash of page and owner, the page + 1. */
  readonly lately = new Int32Array(4_096);
  #free: number = none;
  #end = 0;

  take(number: number, owner: number): number {
    let page = this.#free;
    if (page === none) {
      if (this.#end === this.number.length) this.#grow(this.#end * 2);
      page = this.#end;
      this.#end += 1;
    } else this.#free = this.number[page] as number;
    this.number[page] = number;
    this.owner[page] = owner;
    this.low[page] = 0;
    this.high[page] = 0;
    return page;
  }

  release(page: number): void {
    this.owner[page] = none;
    this.number[page] = this.#free;
    this.#free = page;
  }

  copyTo(copy: PagePool): void {
    copy.number = copiedInts(this.number, copy.number, this.#end);
    copy.low = copiedInts(this.low, copy.low, this.#end);
    copy.high = copiedInts(this.high, copy.high, this.#end);
    copy.levels = copiedInts(this.levels, copy.levels, this.#end * 64);
  }

  #grow(length: number): void {
    this.number = grownInts(this.number, length);
    this.owner = grownInts(this.owner, length);
    this.low = grownInts(this.low, length);
    this.high = grownInts(this.high, length);
    this.levels = grownInts(this.levels, length * 64);
  }
}

export class PriceLadder {
  /** The best level; `none` where there is none. */
  best: number = none;
  readonly #pool: PagePool;
  readonly #owner: number;
  /** 0 where low prices are best; else prices count downwards from the highest. */
  readonly #top: number;
  /** From the worst page to the best: the best come and go at the end. */
  #pages = new Int32Array(4);
  #count = 0;
  /** Where the page was that `next` came to: who goes from level to level finds each page where the last one led. */
  #cursor = 0;

  /** `isDescending`: high prices are best, as of bids. Each ladder has an owner number of its own. */
  constructor(pool: PagePool, { owner, isDescending }: { owner: number; isDescending: boolean }) {
    this.#pool = pool;
    this.#owner = owner;
    this.#top = isDescending ? maxPriceTicks : 0;
  }

  /** The same over a copy of its pool, good for `best` and `next`. */
  copy(pool: PagePool): PriceLadder {
    const copy = new PriceLadder(pool, { owner: this.#owner, isDescending: this.#top > 0 });
    copy.best = this.best;
    copy.#pages = this.#pages.slice(0, this.#count);
    copy.#count = this.#count;
    return copy;
  }

  /** The level at a price; `none` where there is none. */
  find(ticks: number): number {
    const key = this.#keyOf(ticks);
    const page = this.#findPage(key >>> 6);
    if (page === none || !this.#hasBit(page, key & 63)) return none;
    return this.#pool.levels[page * 64 + (key & 63)] as number;
  }

  /** Puts in a level at a price that has none. */
  insert(ticks: number, level: number): void {
    const key = this.#keyOf(ticks);
    let page = this.#findPage(key >>> 6);
    if (page === none) page = this.#addPage(key >>> 6);
    const bit = key & 63;
    const pool = this.#pool;
    if (bit < 32) pool.low[page] = (pool.low[page] as number) | (1 << bit);
    else pool.high[page] = (pool.high[page] as number) | (1 << (bit & 31));
    pool.levels[page * 64 + bit] = level;
    if (page === this.#pages[this.#count - 1]) this.best = this.#firstOf(page);
  }

  /** Takes out the level at a price that has one. */
  remove(ticks: number): void {
    const key = this.#keyOf(ticks);
    const page = this.#findPage(key >>> 6);
    const bit = key & 63;
    const pool = this.#pool;
    if (bit < 32) pool.low[page] = (pool.low[page] as number) & ~(1 << bit);
    else pool.high[page] = (pool.high[page] as number) & ~(1 << (bit & 31));
    const wasBest = page === this.#pages[this.#count - 1];
    if (((pool.low[page] as number) | (pool.high[page] as number)) === 0) this.#dropPage(page);
    if (!wasBest) return;
    this.best = this.#count === 0 ? none : this.#firstOf(this.#pages[this.#count - 1] as number);
  }

  /** The next worse level than the one at a price; `none` behind the worst. */
  next(ticks: number): number {
    const key = this.#keyOf(ticks);
    const number = key >>> 6;
    const isAtCursor =
      this.#cursor < this.#count &&
      this.#pool.number[this.#pages[this.#cursor] as number] === number;
    let at = isAtCursor ? this.#cursor : this.#placeOf(number);
    const page = this.#pages[at] as number;
    if (at < this.#count && this.#pool.number[page] === number) {
      const within = this.#firstOf(page, (key & 63) + 1);
      if (within !== none) return within;
    }
    at -= 1;
    this.#cursor = Math.max(0, at);
    return at < 0 ? none : this.#firstOf(this.#pages[at] as number);
  }

  #keyOf(ticks: number): number {
    return this.#top === 0 ? ticks : this.#top - ticks;
  }

  #hasBit(page: number, bit: number): boolean {
    const bits = (bit < 32 ? this.#pool.low[page] : this.#pool.high[page]) as number;
    return ((bits >>> (bit & 31)) & 1) === 1;
  }

  /** The best level of a page, from a bit on. */
  #firstOf(page: number, from = 0): number {
    const pool = this.#pool;
    const low = from < 32 ? (pool.low[page] as number) & (-1 << from) : 0;
    if (low !== 0) return pool.levels[page * 64 + lowestBit(low)] as number;
    if (from > 63) return none;
    const high = (pool.high[page] as number) & (from > 32 ? -1 << (from & 31) : -1);
    return high === 0 ? none : (pool.levels[page * 64 + 32 + lowestBit(high)] as number);
  }

  #findPage(number: number): number {
    const pool = this.#pool;
    const place = (number ^ Math.imul(this.#owner, 61)) & 4_095;
    const lately = (pool.lately[place] as number) - 1;
    if (lately >= 0 && pool.number[lately] === number && pool.owner[lately] === this.#owner) {
      return lately;
    }
    const at = this.#placeOf(number);
    if (at === this.#count) return none;
    const page = this.#pages[at] as number;
    if (pool.number[page] !== number) return none;
    pool.lately[place] = page + 1;
    return page;
  }

  /** Where a page is among the pages, or would be: the first that is not worse. */
  #placeOf(number: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pool.number[this.#pages[middle] as number] as number) > number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #addPage(number: number): number {
    if (this.#count === this.#pages.length) this.#pages = grownInts(this.#pages, this.#count * 2);
    const at = this.#placeOf(number);
    const page = this.#pool.take(number, this.#owner);
    this.#pages.copyWithin(at + 1, at, this.#count);
    this.#pages[at] = page;
    this.#count += 1;
    return page;
  }

  #dropPage(page: number): void {
    const at = this.#placeOf(this.#pool.number[page] as number);
    this.#pages.copyWithin(at, at + 1, this.#count);
    this.#count -= 1;
    this.#pool.release(page);
  }
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);
