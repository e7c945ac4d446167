/** Orders that were cancelled before they came: for the admission window they never enter. */
import type { Address, Digest } from '#domain/order.ts';
import { tombstones as limit } from './bounds.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';

export type Tombstones = {
  /** Every order asks, and cancels of orders that nobody has seen are rare. */
  readonly isEmpty: boolean;
  isFull(nowMs: number): boolean;
  /**
   * Only the owner's cancel counts, so nobody can bury another's order; and a session key's counts only for an order by one of
   * its Delegations, `only`, so that a stolen key cannot bury its owner's.
   */
  bury(digest: Digest, account: Address, nowMs: number, only?: readonly Digest[]): void;
  /** `delegation`: by whose leave the order was signed, where a session key did. */
  isBuried(digest: Digest, account: Address, nowMs: number, delegation?: Digest): boolean;
};

export function createTombstones(): Tombstones {
  /** When each was buried last: a second cancel begins the window anew. */
  const buried = new Map<string, { atMs: number; only?: readonly Digest[] }>();
  const window = new WindowQueue<{ name: string; atMs: number }>();
  let newestMs = 0;
  const nameOf = (digest: Digest, account: Address) => `${digest} ${account}`;
  const prune = (nowMs: number) => {
    newestMs = Math.max(newestMs, nowMs);
    window.prune(newestMs - memoryMs, ({ name, atMs }) => {
      if (buried.get(name)?.atMs === atMs) buried.delete(name);
    });
  };
  return {
    get isEmpty() {
      return buried.size === 0;
    },
    isFull(nowMs) {
      prune(nowMs);
      return buried.size >= limit;
    },
    bury(digest, account, nowMs, only) {
      prune(nowMs);
      const name = nameOf(digest, account);
      const before = buried.get(name);
      const isForAll = only === undefined || (before !== undefined && before.only === undefined);
      const either = isForAll ? undefined : [...new Set([...(before?.only ?? []), ...only])];
      buried.set(name, { atMs: newestMs, ...(either ? { only: either } : {}) });
      window.push({ name, atMs: newestMs }, newestMs);
    },
    isBuried(digest, account, nowMs, delegation) {
      prune(nowMs);
      const tombstone = buried.get(nameOf(digest, account));
      if (!tombstone?.only) return tombstone !== undefined;
      return delegation !== undefined && tombstone.only.includes(delegation);
    },
  };
}
