/** Handles in the order in which they came: first in, first out, in one array that grows. */
import { none } from './order-table.ts';

export class HandleRing {
  #handles = new Int32Array(1_024);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  reserve(count: number): void {
    while (this.#handles.length < count) this.#grow();
    this.#handles.fill(0, this.#count);
  }

  push(handle: number): void {
    if (this.#count === this.#handles.length) this.#grow();
    this.#handles[(this.#first + this.#count) & (this.#handles.length - 1)] = handle;
    this.#count += 1;
  }

  /** The oldest; `none` where there is none. */
  get oldest(): number {
    return this.#count === 0 ? none : (this.#handles[this.#first] as number);
  }

  drop(): void {
    this.#first = (this.#first + 1) & (this.#handles.length - 1);
    this.#count -= 1;
  }

  /** The nth, counted from the oldest. */
  at(nth: number): number {
    return this.#handles[(this.#first + nth) & (this.#handles.length - 1)] as number;
  }

  copyTo(copy: HandleRing): void {
    const { length } = this.#handles;
    if (copy.#handles.length !== length) copy.#handles = new Int32Array(length);
    copy.#handles.set(this.#handles);
    copy.#first = this.#first;
    copy.#count = this.#count;
  }

  #grow(): void {
    const grown = new Int32Array(this.#handles.length * 2);
    for (let at = 0; at < this.#count; at += 1) grown[at] = this.at(at);
    this.#handles = grown;
    this.#first = 0;
  }
}
