/** Commands that are not answered yet, by their ids; the orders among them that have not entered are the waiting ones. */
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest, Side } from '#domain/order.ts';
import { type TakenCommand, TakenOrder } from './taken-command.ts';

export class InFlight {
  /** Oldest first. */
  readonly #byId = new Map<string, TakenCommand>();

  get size(): number {
    return this.#byId.size;
  }

  find(commandId: string): TakenCommand | undefined {
    return this.#byId.get(commandId);
  }

  add(taken: TakenCommand): void {
    this.#byId.set(taken.commandId, taken);
  }

  remove({ commandId }: TakenCommand): void {
    this.#byId.delete(commandId);
  }

  /** An order that waits. Only its owner finds it. */
  findWaiting(digest: Digest, account: Address): TakenOrder | undefined {
    const found = this.#byId.get(digest);
    if (!(found instanceof TakenOrder) || found.result) return undefined;
    return found.request.order.account === account ? found : undefined;
  }

  /** Whose orders wait. */
  waitingAccounts(): Address[] {
    return [...new Set(this.#waiting().map(({ request }) => request.order.account))];
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
    return this.#waiting().filter(({ request: { order, delegation: by } }) => {
      if (order.account !== account) return false;
      if (delegation !== undefined && by?.digest !== delegation) return false;
      if (marketId !== undefined && !order.terms.startsWith(`${marketId} `)) return false;
      return side === undefined || order.side === (side === 'buy' ? 0 : 1);
    });
  }

  #waiting(): TakenOrder[] {
    const waiting: TakenOrder[] = [];
    for (const taken of this.#byId.values())
      if (taken instanceof TakenOrder && !taken.result) waiting.push(taken);
    return waiting;
  }
}
