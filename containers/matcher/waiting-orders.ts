/** Orders that were taken and have not entered yet: they are in the queue or at the credit desk. */
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest, Side } from '#domain/order.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import type { PlaceRequest } from './place-command.ts';

export type WaitingPlacement = {
  request: PlaceRequest;
  /** The engine's time at which it was taken. */
  takenAtMs: number;
  answer: (result: CommandResult) => void;
};

export class WaitingOrders {
  #byAccount = new Map<Address, Map<Digest, WaitingPlacement>>();

  add(placement: WaitingPlacement): void {
    const { account } = placement.request.order;
    const known = this.#byAccount.get(account);
    if (known) known.set(placement.request.digest, placement);
    else this.#byAccount.set(account, new Map([[placement.request.digest, placement]]));
  }

  /** Only its owner finds an order. */
  find(digest: Digest, account: Address): WaitingPlacement | undefined {
    return this.#byAccount.get(account)?.get(digest);
  }

  /** False once it was let go or has entered. */
  has(placement: WaitingPlacement): boolean {
    return this.find(placement.request.digest, placement.request.order.account) === placement;
  }

  remove({ request }: WaitingPlacement): void {
    const { account } = request.order;
    const known = this.#byAccount.get(account);
    known?.delete(request.digest);
    if (known?.size === 0) this.#byAccount.delete(account);
  }

  accounts(): Address[] {
    return [...this.#byAccount.keys()];
  }

  /** An account's, oldest first; those of one market or side where named. */
  of(account: Address, only: { marketId?: MarketId; side?: Side } = {}): WaitingPlacement[] {
    const { marketId, side } = only;
    return [...(this.#byAccount.get(account)?.values() ?? [])].filter(({ request: { order } }) => {
      if (marketId !== undefined && !order.terms.startsWith(`${marketId} `)) return false;
      return side === undefined || order.side === (side === 'buy' ? 0 : 1);
    });
  }
}
