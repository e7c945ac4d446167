/** Resting orders by the time at which they expire, then by admission: a heap that also forgets cancelled ones at once. */
import { assert } from '#domain/assertion.ts';
import type { BookOrder } from './book-order.ts';

export class ExpiryQueue {
  #heap: BookOrder[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The order that expires next. */
  get next(): BookOrder | undefined {
    return this.#heap[0];
  }

  add(order: BookOrder): void {
    assert(order.expiryIndex === -1, 'the order is in the expiry queue already');
    this.#heap.push(order);
    this.#rise(order, this.#heap.length - 1);
  }

  remove(order: BookOrder): void {
    const at = order.expiryIndex;
    assert(this.#heap[at] === order, 'the order is not in the expiry queue');
    const last = this.#heap.pop() as BookOrder;
    order.expiryIndex = -1;
    if (last === order) return;
    // The last one may belong above or below the gap; at most one of the two moves it.
    this.#rise(last, at);
    this.#sink(last, last.expiryIndex);
  }

  /** Whether every order knows its place and no parent is due after its child. */
  isSound(): boolean {
    return this.#heap.every(
      (order, at) =>
        order.expiryIndex === at && (at === 0 || !isBefore(order, this.#at((at - 1) >>> 1))),
    );
  }

  #rise(order: BookOrder, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = this.#at((at - 1) >>> 1);
      if (!isBefore(order, parent)) break;
      this.#put(parent, at);
      at = (at - 1) >>> 1;
    }
    this.#put(order, at);
  }

  #sink(order: BookOrder, from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && isBefore(this.#at(child + 1), this.#at(child)))
        child += 1;
      if (!isBefore(this.#at(child), order)) break;
      this.#put(this.#at(child), at);
      at = child;
    }
    this.#put(order, at);
  }

  #at(index: number): BookOrder {
    return this.#heap[index] as BookOrder;
  }

  #put(order: BookOrder, at: number): void {
    this.#heap[at] = order;
    order.expiryIndex = at;
  }
}

function isBefore(one: BookOrder, other: BookOrder): boolean {
  if (one.expiresAtMs !== other.expiresAtMs) return one.expiresAtMs < other.expiresAtMs;
  return one.admitted < other.admitted;
}
