/**
 * Calls back for accounts to which nothing happened for so long. One timer serves all, and to say that something happened again writes
 * down a time: with every order that ends it is said.
 */
import type { Clock } from '#cloud/clock.ts';
import type { Address } from '#domain/order.ts';
import type { Timers } from './timers.ts';

export type IdleWatch = {
  /** From now on anew. */
  watch(account: Address): void;
  forget(account: Address): void;
  stop(): void;
};

type Watched = {
  account: Address;
  sinceMs: number;
  isForgotten: boolean;
  /** When it is looked at next: it was idle for long enough then, if nothing happened since that was set. */
  lookMs: number;
};

export function createIdleWatch(
  idleMs: number,
  { clock, timers }: { clock: Clock; timers: Timers },
  due: (account: Address) => void,
): IdleWatch {
  const known = new Map<Address, Watched>();
  const looks = new Looks();
  let cancel: (() => void) | undefined;

  const arm = () => {
    // Whoever is watched anew is looked at after all others.
    if (cancel || !looks.first) return;
    cancel = timers.after(looks.first.lookMs - clock.monotonicMs(), ring);
  };
  const ring = () => {
    cancel = undefined;
    const nowMs = clock.monotonicMs();
    for (let next = looks.first; next && next.lookMs <= nowMs; next = looks.first) {
      looks.takeFirst();
      look(next, nowMs);
    }
    arm();
  };
  const look = (watched: Watched, nowMs: number) => {
    const { account, isForgotten } = watched;
    watched.lookMs = watched.sinceMs + idleMs;
    if (!isForgotten && watched.lookMs > nowMs) {
      looks.add(watched);
      return;
    }
    known.delete(account);
    if (!isForgotten) due(account);
  };

  return {
    watch(account) {
      const sinceMs = clock.monotonicMs();
      const before = known.get(account);
      if (before) {
        before.sinceMs = sinceMs;
        before.isForgotten = false;
        return;
      }
      const watched = { account, sinceMs, isForgotten: false, lookMs: sinceMs + idleMs };
      known.set(account, watched);
      looks.add(watched);
      arm();
    },
    forget(account) {
      const watched = known.get(account);
      if (watched) watched.isForgotten = true;
    },
    stop() {
      cancel?.();
      known.clear();
    },
  };
}

/** The next look first: a binary heap. */
class Looks {
  readonly #heap: Watched[] = [];

  get first(): Watched | undefined {
    return this.#heap[0];
  }

  add(watched: Watched): void {
    let at = this.#heap.length;
    for (let above = (at - 1) >> 1; at > 0; above = (at - 1) >> 1) {
      const parent = this.#heap[above] as Watched;
      if (parent.lookMs <= watched.lookMs) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = watched;
  }

  takeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    let at = 0;
    for (let below = this.#below(at); below; below = this.#below(at)) {
      const child = this.#heap[below] as Watched;
      if (last.lookMs <= child.lookMs) break;
      this.#heap[at] = child;
      at = below;
    }
    this.#heap[at] = last;
  }

  /** The place of the sooner of the two below; undefined where there is none. */
  #below(at: number): number | undefined {
    const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
    if (!left) return undefined;
    return right && right.lookMs < left.lookMs ? 2 * at + 2 : 2 * at + 1;
  }
}
