/** Price levels of all books: a level is a handle; its orders form a queue through the order table's `before` and `behind`. */
import { grownFloats, grownInts } from './grown.ts';
import { none, type OrderTable } from './order-table.ts';

const startCapacity = 256;

export class LevelPool {
  ticks = new Int32Array(startCapacity);
  head = new Int32Array(startCapacity);
  tail = new Int32Array(startCapacity);
  orders = new Int32Array(startCapacity);
  /** Whether it is noted among the levels that changed. */
  noted = new Int32Array(startCapacity);
  shownLots = new Float64Array(startCapacity);
  /** What its icebergs hide. */
  hiddenLots = new Float64Array(startCapacity);
  /** Free levels form a chain through `head`. */
  #free: number = none;
  #end = 0;

  take(ticks: number): number {
    let level = this.#free;
    if (level === none) {
      if (this.#end === this.ticks.length) this.#grow(this.#end * 2);
      level = this.#end;
      this.#end += 1;
    } else this.#free = this.head[level] as number;
    this.ticks[level] = ticks;
    this.head[level] = none;
    this.tail[level] = none;
    this.orders[level] = 0;
    this.noted[level] = 0;
    this.shownLots[level] = 0;
    this.hiddenLots[level] = 0;
    return level;
  }

  release(level: number): void {
    this.head[level] = this.#free;
    this.#free = level;
  }

  /** Puts an order behind all others of a level. */
  append(level: number, slot: number, orders: OrderTable): void {
    const tail = this.tail[level] as number;
    orders.level[slot] = level;
    orders.before[slot] = tail;
    orders.behind[slot] = none;
    if (tail === none) this.head[level] = slot;
    else orders.behind[tail] = slot;
    this.tail[level] = slot;
    this.orders[level] = (this.orders[level] as number) + 1;
    this.count(level, slot, orders, 1);
  }

  /** Takes an order out; the level may be empty then. */
  unlink(level: number, slot: number, orders: OrderTable): void {
    const before = orders.before[slot] as number;
    const behind = orders.behind[slot] as number;
    if (before === none) this.head[level] = behind;
    else orders.behind[before] = behind;
    if (behind === none) this.tail[level] = before;
    else orders.before[behind] = before;
    this.orders[level] = (this.orders[level] as number) - 1;
    this.count(level, slot, orders, -1);
  }

  /** Counts an order's lots into its level (1) or out of it (−1). */
  count(level: number, slot: number, orders: OrderTable, sign: 1 | -1): void {
    const shownLots = sign * (orders.shownLots[slot] as number);
    this.shownLots[level] = (this.shownLots[level] as number) + shownLots;
    // Only icebergs hide any: all others leave the column alone.
    if (orders.displayLots[slot] === 0) return;
    const hiddenLots = sign * orders.leftLots(slot) - shownLots;
    this.hiddenLots[level] = (this.hiddenLots[level] as number) + hiddenLots;
  }

  /** All lots of a level, hidden ones too. */
  lots(level: number): number {
    return (this.shownLots[level] as number) + (this.hiddenLots[level] as number);
  }

  #grow(length: number): void {
    this.ticks = grownInts(this.ticks, length);
    this.head = grownInts(this.head, length);
    this.tail = grownInts(this.tail, length);
    this.orders = grownInts(this.orders, length);
    this.noted = grownInts(this.noted, length);
    this.shownLots = grownFloats(this.shownLots, length);
    this.hiddenLots = grownFloats(this.hiddenLots, length);
  }
}
