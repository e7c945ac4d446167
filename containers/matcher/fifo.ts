/** First in, first out, in a ring: what is taken is let go at once, and nothing is made anew while no more wait than ever before. */

const firstPlaces = 16;

export class Fifo<T> {
  /** As many as a power of two. */
  #items: (T | undefined)[] = new Array(firstPlaces).fill(undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[this.#place(this.#size)] = item;
    this.#size += 1;
  }

  take(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = this.#place(1);
    this.#size -= 1;
    return item;
  }

  /** So many at most, which stay. */
  next(count: number): T[] {
    const next: T[] = [];
    const length = Math.min(count, this.#size);
    for (let nth = 0; nth < length; nth += 1) next.push(this.#items[this.#place(nth)] as T);
    return next;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.next(this.#size)[Symbol.iterator]();
  }

  #place(nth: number): number {
    return (this.#head + nth) & (this.#items.length - 1);
  }

  #grow(): void {
    const items: (T | undefined)[] = this.next(this.#size);
    this.#items = items.concat(new Array(items.length).fill(undefined));
    this.#head = 0;
  }
}
