/** Resting orders by digest, owner and the owner's own id, and those that ended lately. */
import type { Address, Digest } from '#domain/order.ts';
import type { BookOrder } from './book-order.ts';
import { memoryMs } from './limits.ts';
import { WindowQueue } from './window-queue.ts';

export class LiveOrders {
  #byDigest = new Map<Digest, BookOrder>();
  /** Sets keep the order of insertion, which is the order of admission. */
  #byAccount = new Map<Address, Set<BookOrder>>();
  #byClientOrderId = new Map<string, BookOrder>();
  #ended = new WindowQueue<BookOrder>();

  /** A live order, or one that ended within the window. */
  find(digest: Digest): BookOrder | undefined {
    return this.#byDigest.get(digest);
  }

  hasClientOrderId(account: Address, clientOrderId: string): boolean {
    return this.#byClientOrderId.has(`${account} ${clientOrderId}`);
  }

  countOf(account: Address): number {
    return this.#byAccount.get(account)?.size ?? 0;
  }

  ordersOf(account: Address): BookOrder[] {
    return [...(this.#byAccount.get(account) ?? [])];
  }

  *all(): Generator<BookOrder> {
    for (const orders of this.#byAccount.values()) yield* orders;
  }

  add(order: BookOrder): void {
    this.#byDigest.set(order.digest, order);
    const orders = this.#byAccount.get(order.account);
    if (orders) orders.add(order);
    else this.#byAccount.set(order.account, new Set([order]));
    if (order.clientOrderId !== undefined) {
      this.#byClientOrderId.set(`${order.account} ${order.clientOrderId}`, order);
    }
  }

  /** The order is over: its owner's id is free again, its digest is known for the rest of the window. */
  end(order: BookOrder, nowMs: number): void {
    const orders = this.#byAccount.get(order.account);
    // An order that never rested is in no set.
    if (orders?.delete(order)) {
      if (orders.size === 0) this.#byAccount.delete(order.account);
      if (order.clientOrderId !== undefined) {
        this.#byClientOrderId.delete(`${order.account} ${order.clientOrderId}`);
      }
    }
    this.#byDigest.set(order.digest, order);
    this.#ended.push(order, nowMs);
  }

  prune(nowMs: number): void {
    this.#ended.prune(nowMs - memoryMs, (order) => this.#byDigest.delete(order.digest));
  }
}
