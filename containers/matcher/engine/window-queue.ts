/** Things kept for a time: oldest first, dropped once they fall out of the window. */

export class WindowQueue<T> {
  #items: { item: T; atMs: number }[] = [];
  #head = 0;

  /** `atMs` never goes back: the engine's clock does not. */
  push(item: T, atMs: number): void {
    this.#items.push({ item, atMs });
  }

  /** What is kept now, oldest first. */
  items(): T[] {
    return this.#items.slice(this.#head).map(({ item }) => item);
  }

  /** Drops whatever is older than `sinceMs`. */
  prune(sinceMs: number, drop: (item: T) => void): void {
    for (;;) {
      const oldest = this.#items[this.#head];
      if (!oldest || oldest.atMs >= sinceMs) break;
      drop(oldest.item);
      this.#head += 1;
    }
    // Moving the rest down only when half is dropped keeps the cost per item constant.
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
