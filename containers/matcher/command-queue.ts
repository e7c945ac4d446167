/** Commands that wait for the engine: the matcher's own first, then cancels, then orders; each kind in order of arrival. */

export type Rank = 'own' | 'cancel' | 'place';

export class CommandQueue<T> {
  #ranks: Record<Rank, Fifo<T>> = { own: new Fifo(), cancel: new Fifo(), place: new Fifo() };

  get size(): number {
    return this.#ranks.own.size + this.#ranks.cancel.size + this.#ranks.place.size;
  }

  push(rank: Rank, item: T): void {
    this.#ranks[rank].push(item);
  }

  take(): T | undefined {
    return this.#ranks.own.take() ?? this.#ranks.cancel.take() ?? this.#ranks.place.take();
  }
}

/** An array whose head moves, so that taking costs the same however many wait. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    } else if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#head; at < this.#items.length; at += 1) yield this.#items[at] as T;
  }
}
