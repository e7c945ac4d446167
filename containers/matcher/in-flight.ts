/** Commands that are not answered yet, by their ids; the orders among them that have not entered are the waiting ones. */
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest, Side } from '#domain/order.ts';
import { keyOfId } from './id-key.ts';
import { type TakenCommand, TakenOrder } from './taken-command.ts';

type Taken = TakenCommand | TakenOrder;

export class InFlight {
  /** Oldest first. */
  readonly #byKey = new Map<string, Taken>();

  get size(): number {
    return this.#byKey.size;
  }

  /** `key`: see id-key.ts. */
  find(key: string): Taken | undefined {
    return this.#byKey.get(key);
  }

  add(taken: Taken): void {
    this.#byKey.set(taken.key, taken);
  }

  remove({ key }: Taken): void {
    this.#byKey.delete(key);
  }

  /** An order that waits. Only its owner finds it. */
  findWaiting(digest: Digest, account: Address): TakenOrder | undefined {
    const found = this.#byKey.get(keyOfId(digest));
    if (!(found instanceof TakenOrder) || found.isSettled) return undefined;
    return found.account === account ? found : undefined;
  }

  /** Whose orders wait. */
  waitingAccounts(): Address[] {
    return [...new Set(this.#waiting().map(({ account }) => account))];
  }

  /**
   * An account's orders that wait, oldest first; those of one market, side or Delegation where named. All that is in flight is
   * looked through: it is bounded, and this is rarely asked.
   */
  waitingOf(
    account: Address,
    only: { marketId?: MarketId; side?: Side; delegation?: Digest | undefined } = {},
  ): TakenOrder[] {
    const { marketId, side, delegation } = only;
    return this.#waiting().filter((taken) => {
      const { order } = taken;
      if (taken.account !== account) return false;
      if (delegation !== undefined && order.delegation?.digest !== delegation) return false;
      if (marketId !== undefined && order.terms.marketId !== marketId) return false;
      return side === undefined || order.side === side;
    });
  }

  #waiting(): TakenOrder[] {
    const waiting: TakenOrder[] = [];
    for (const taken of this.#byKey.values())
      if (taken instanceof TakenOrder && !taken.isSettled) waiting.push(taken);
    return waiting;
  }
}
