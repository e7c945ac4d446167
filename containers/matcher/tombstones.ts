/** Orders that were cancelled before they came: for the admission window they never enter. */
import type { Address, Digest } from '#domain/order.ts';
import { tombstones as limit } from './bounds.ts';
import { memoryMs } from './engine/limits.ts';
import { WindowQueue } from './engine/window-queue.ts';

export type Tombstones = {
  isFull(nowMs: number): boolean;
  /** Only the owner's cancel counts, so nobody can bury another's order. */
  bury(digest: Digest, account: Address, nowMs: number): void;
  isBuried(digest: Digest, account: Address, nowMs: number): boolean;
};

export function createTombstones(): Tombstones {
  /** When each was buried last: a second cancel begins the window anew. */
  const buried = new Map<string, number>();
  const window = new WindowQueue<{ name: string; atMs: number }>();
  let newestMs = 0;
  const nameOf = (digest: Digest, account: Address) => `${digest} ${account}`;
  const prune = (nowMs: number) => {
    newestMs = Math.max(newestMs, nowMs);
    window.prune(newestMs - memoryMs, ({ name, atMs }) => {
      if (buried.get(name) === atMs) buried.delete(name);
    });
  };
  return {
    isFull(nowMs) {
      prune(nowMs);
      return buried.size >= limit;
    },
    bury(digest, account, nowMs) {
      prune(nowMs);
      const name = nameOf(digest, account);
      buried.set(name, newestMs);
      window.push({ name, atMs: newestMs }, newestMs);
    },
    isBuried(digest, account, nowMs) {
      prune(nowMs);
      return buried.has(nameOf(digest, account));
    },
  };
}
