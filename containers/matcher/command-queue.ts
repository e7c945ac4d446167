/** Commands that wait for the engine: the matcher's own first, then cancels, then orders; each kind in order of arrival. */

export class CommandQueue<Turn, Order> {
  readonly #own = new Fifo<Turn>();
  readonly #cancels = new Fifo<Turn>();
  readonly #orders = new Fifo<Order>();

  get size(): number {
    return this.#own.size + this.#cancels.size + this.#orders.size;
  }

  pushOwn(turn: Turn): void {
    this.#own.push(turn);
  }

  pushCancel(turn: Turn): void {
    this.#cancels.push(turn);
  }

  pushOrder(order: Order): void {
    this.#orders.push(order);
  }

  /** What goes before every order. */
  takeTurn(): Turn | undefined {
    return this.#own.take() ?? this.#cancels.take();
  }

  takeOrder(): Order | undefined {
    return this.#orders.take();
  }

  /** The next orders, which stay. */
  nextOrders(count: number): Order[] {
    return this.#orders.next(count);
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

  next(count: number): T[] {
    return this.#items.slice(this.#head, this.#head + count);
  }

  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#head; at < this.#items.length; at += 1) yield this.#items[at] as T;
  }
}
