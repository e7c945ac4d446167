/** Commands that are not answered yet, by their ids; the orders among them that have not entered are the waiting ones. */
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest, Side } from '#domain/order.ts';
import { type Digested, DigestTable } from './digest-table.ts';
import { digestOfId } from './id-digest.ts';
import { type TakenCommand, TakenOrder } from './taken-command.ts';

type Taken = TakenCommand | TakenOrder;

export class InFlight {
  readonly #taken: DigestTable<Taken>;

  /** `hashSecret`: a random number of this process, because ids are strangers'. */
  constructor({ hashSecret }: { hashSecret: number }) {
    this.#taken = new DigestTable(hashSecret);
  }

  get size(): number {
    return this.#taken.size;
  }

  /** Of the digest that lies at a place: what is taken carries it. */
  hashOf(bytes: Uint8Array, at: number): number {
    return this.#taken.hashOf(bytes, at);
  }

  /** What a command's id is found by. */
  identify(id: string): Digested {
    const digestBytes = digestOfId(id);
    return { digestBytes, digestAt: 0, hash: this.hashOf(digestBytes, 0) };
  }

  find(id: Digested): Taken | undefined {
    return this.#taken.find(id);
  }

  add(taken: Taken): void {
    this.#taken.add(taken);
  }

  remove(taken: Taken): void {
    this.#taken.remove(taken);
  }

  /** An order that waits. Only its owner finds it. */
  findWaiting(digest: Digest, account: Address): TakenOrder | undefined {
    const found = this.#taken.find(this.identify(digest));
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

  /** Oldest first. */
  #waiting(): TakenOrder[] {
    const waiting: TakenOrder[] = [];
    for (const taken of this.#taken)
      if (taken instanceof TakenOrder && !taken.isSettled) waiting.push(taken);
    return waiting.sort((one, other) => one.nth - other.nth);
  }
}
