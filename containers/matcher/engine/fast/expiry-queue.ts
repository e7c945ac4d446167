/**
 * Live orders by expiry, the older first: a heap of four children a node. An order that ends before its time stays in
 * until it comes to the top or half of all are over; then those are dropped at once, so that leaving costs nothing.
 */
import { grownFloats, grownInts } from './grown.ts';
import { none, type OrderTable } from './order-table.ts';

/** Fewer are not worth dropping. */
const leastToDrop = 1_024;

export class ExpiryQueue {
  #times = new Float64Array(256);
  /** When the order was admitted: of two that expire at once the older is first, and an entry of an order since gone is told by it. */
  #admitted = new Float64Array(256);
  #slots = new Int32Array(256);
  #count = 0;
  #over = 0;
  readonly #orders: OrderTable;

  constructor(orders: OrderTable) {
    this.#orders = orders;
  }

  /** When the next expires; infinite where none is live. */
  get firstMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  /** The order that expires next; `none` where none is live. */
  get first(): number {
    return this.#count === 0 ? none : (this.#slots[0] as number);
  }

  add(slot: number): void {
    if (this.#count === this.#times.length) this.#grow(this.#count * 2);
    this.#count += 1;
    const { expiresAtMs, admitted } = this.#orders;
    this.#rise(this.#count - 1, slot, expiresAtMs[slot] as number, admitted[slot] as number);
  }

  /** An order is over, or was admitted anew: its entry does not count any more. */
  leave(slot: number): void {
    this.#over += 1;
    if (this.#slots[0] === slot) this.#clearTop();
    else if (this.#over > leastToDrop && this.#over * 2 > this.#count) this.#dropOver();
  }

  #isOver(at: number): boolean {
    const slot = this.#slots[at] as number;
    return !this.#orders.isLive(slot) || this.#orders.admitted[slot] !== this.#admitted[at];
  }

  #clearTop(): void {
    while (this.#count > 0 && this.#isOver(0)) {
      this.#over -= 1;
      this.#count -= 1;
      this.#sinkLast(this.#count, 0);
    }
  }

  #dropOver(): void {
    let kept = 0;
    for (let at = 0; at < this.#count; at += 1) {
      if (this.#isOver(at)) continue;
      this.#put(
        kept,
        this.#slots[at] as number,
        this.#times[at] as number,
        this.#admitted[at] as number,
      );
      kept += 1;
    }
    this.#count = kept;
    this.#over = 0;
    for (let at = (kept - 2) >> 2; at >= 0; at -= 1) this.#sinkLast(at, at);
  }

  /** Moves an entry from a hole upwards to its place. */
  #rise(from: number, slot: number, time: number, admitted: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      if (!this.#isBefore(time, admitted, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, slot, time, admitted);
  }

  /** Moves the entry of one place downwards from another to where it belongs. */
  #sinkLast(of: number, from: number): void {
    const slot = this.#slots[of] as number;
    const time = this.#times[of] as number;
    const admitted = this.#admitted[of] as number;
    let at = from;
    for (;;) {
      const child = this.#leastOf(at * 4 + 1, Math.min(at * 4 + 5, this.#count));
      if (child === none || this.#isBefore(time, admitted, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, slot, time, admitted);
  }

  #leastOf(from: number, until: number): number {
    if (from >= until) return none;
    let least = from;
    for (let at = from + 1; at < until; at += 1) {
      if (this.#isBefore(this.#times[at] as number, this.#admitted[at] as number, least))
        least = at;
    }
    return least;
  }

  #isBefore(time: number, admitted: number, at: number): boolean {
    const other = this.#times[at] as number;
    return time < other || (time === other && admitted < (this.#admitted[at] as number));
  }

  #move(from: number, to: number): void {
    this.#slots[to] = this.#slots[from] as number;
    this.#times[to] = this.#times[from] as number;
    this.#admitted[to] = this.#admitted[from] as number;
  }

  #put(at: number, slot: number, time: number, admitted: number): void {
    this.#slots[at] = slot;
    this.#times[at] = time;
    this.#admitted[at] = admitted;
  }

  #grow(length: number): void {
    this.#times = grownFloats(this.#times, length);
    this.#admitted = grownFloats(this.#admitted, length);
    this.#slots = grownInts(this.#slots, length);
  }
}
