/** Commands that wait for the engine: the matcher's own first, then cancels, then orders; each kind in order of arrival. */
import { Fifo } from './fifo.ts';

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
