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
  /** Oldest first. */
  #byDigest = new Map<Digest, WaitingPlacement>();

  add(placement: WaitingPlacement): void {
    this.#byDigest.set(placement.request.digest, placement);
  }

  /** Only its owner finds an order. */
  find(digest: Digest, account: Address): WaitingPlacement | undefined {
    const found = this.#byDigest.get(digest);
    return found?.request.order.account === account ? found : undefined;
  }

  /** False once it was let go or has entered. */
  has(placement: WaitingPlacement): boolean {
    return this.#byDigest.get(placement.request.digest) === placement;
  }

  remove({ request }: WaitingPlacement): void {
    this.#byDigest.delete(request.digest);
  }

  accounts(): Address[] {
    return [
      ...new Set(Array.from(this.#byDigest.values(), ({ request }) => request.order.account)),
    ];
  }

  /** An account's, oldest first; those of one market, side or Delegation where named. All that wait are looked through: they are bounded, and this is rarely asked. */
  of(
    account: Address,
    only: { marketId?: MarketId; side?: Side; delegation?: Digest | undefined } = {},
  ): WaitingPlacement[] {
    const { marketId, side, delegation } = only;
    return [...this.#byDigest.values()].filter(({ request: { order, delegation: by } }) => {
      if (order.account !== account) return false;
      if (delegation !== undefined && by?.digest !== delegation) return false;
      if (marketId !== undefined && !order.terms.startsWith(`${marketId} `)) return false;
      return side === undefined || order.side === (side === 'buy' ? 0 : 1);
    });
  }
}
