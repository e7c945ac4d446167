/** The resting orders of one market by price, then time. */
import { assert } from '#domain/assertion.ts';
import type { Side } from '#domain/order.ts';
import type { BookOrder, Level } from './book-order.ts';

export class OrderBook {
  readonly bids = new BookSide('buy');
  readonly asks = new BookSide('sell');

  side(side: Side): BookSide {
    return side === 'buy' ? this.bids : this.asks;
  }

  get isEmpty(): boolean {
    return this.bids.best === undefined && this.asks.best === undefined;
  }
}

/**
 * One side's levels. They are kept sorted with the best one last: most changes are near the best
 * price, so that inserting and removing move few elements.
 */
export class BookSide {
  readonly side: Side;
  /** Prices of levels that changed since the feed last took them. */
  readonly changed = new Set<number>();
  #levels: Level[] = [];
  #byPrice = new Map<number, Level>();

  constructor(side: Side) {
    this.side = side;
  }

  get best(): Level | undefined {
    return this.#levels[this.#levels.length - 1];
  }

  sizeAt(priceTicks: number): number {
    return this.#byPrice.get(priceTicks)?.sizeLots ?? 0;
  }

  /** The levels, best first. */
  *fromBest(): Generator<Level> {
    for (let at = this.#levels.length - 1; at >= 0; at -= 1) yield this.#levels[at] as Level;
  }

  /** Puts an order at the back of its level. */
  append(order: BookOrder): void {
    assert(order.level === undefined && order.side === this.side, 'the order rests already');
    const level = this.#byPrice.get(order.limitTicks) ?? this.#addLevel(order.limitTicks);
    order.level = level;
    order.previous = level.tail;
    if (level.tail) level.tail.next = order;
    else level.head = order;
    level.tail = order;
    level.sizeLots += order.sizeLots - order.filledLots;
    this.changed.add(level.priceTicks);
  }

  /** Takes filled lots off an order's level; call it before the order's own count moves. */
  reduce(order: BookOrder, lots: number): void {
    const { level } = order;
    assert(level, 'the order does not rest');
    level.sizeLots -= lots;
    this.changed.add(level.priceTicks);
  }

  /** Takes an order out of the book, with whatever it has left. */
  remove(order: BookOrder): void {
    const { level, previous, next } = order;
    assert(level, 'the order does not rest');
    level.sizeLots -= order.sizeLots - order.filledLots;
    if (previous) previous.next = next;
    else level.head = next;
    if (next) next.previous = previous;
    else level.tail = previous;
    order.level = undefined;
    order.previous = undefined;
    order.next = undefined;
    this.changed.add(level.priceTicks);
    if (level.head === undefined) this.#removeLevel(level);
  }

  #addLevel(priceTicks: number): Level {
    const level: Level = {
      side: this.side,
      priceTicks,
      sizeLots: 0,
      head: undefined,
      tail: undefined,
    };
    this.#byPrice.set(priceTicks, level);
    this.#levels.splice(this.#place(priceTicks), 0, level);
    return level;
  }

  #removeLevel(level: Level): void {
    this.#byPrice.delete(level.priceTicks);
    if (this.best === level) this.#levels.pop();
    else this.#levels.splice(this.#place(level.priceTicks), 1);
  }

  /** Where a price is or belongs: the count of levels that are worse. */
  #place(priceTicks: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = (this.#levels[middle] as Level).priceTicks;
      const worse = this.side === 'buy' ? there < priceTicks : there > priceTicks;
      if (worse) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
