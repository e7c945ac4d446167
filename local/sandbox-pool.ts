/** The sandboxes of one function: one event each, grown on demand, let go when idle or broken. */
import type { Sandbox } from './lambda-sandbox.ts';

export type Slot = {
  sandbox: Sandbox;
  isBusy: boolean;
  idleTimer?: NodeJS.Timeout;
  /** The event under way, or the last one. */
  requestId?: string;
};

/** Events that may wait for a free sandbox; more are throttled, as AWS does at its concurrency limit. */
const MAX_WAITING = 1_000;

export type SandboxPool = {
  /** A free or new sandbox; undefined when too many wait already or the pool is stopped. Rejects where none can start. */
  take: () => Promise<Slot | undefined>;
  give: (slot: Slot) => void;
  raise: (limit: number) => void;
  limit: () => number;
  stop: () => Promise<void>;
};

/** `start` starts a sandbox; it may ask for its slot later, to know which request is under way. */
export function createSandboxPool(options: {
  start: (slot: () => Slot | undefined) => Sandbox;
  /** Sandboxes that may run at once. */
  limit: number;
  idleMs: number;
  /** The last sandbox waits longer, so that a person meets no cold start. */
  lastIdleMs: number;
}): SandboxPool {
  const slots = new Set<Slot>();
  const waiting: PromiseWithResolvers<Slot | undefined>[] = [];
  let limit = options.limit;
  let isStopped = false;

  const open = (): Slot => {
    let slot: Slot | undefined;
    const sandbox = options.start(() => slot);
    slot = { sandbox, isBusy: true };
    slots.add(slot);
    return slot;
  };
  const idle = (slot: Slot): void => {
    slot.isBusy = false;
    const expire = (): void => {
      const isLast = slots.size === 1;
      if (isLast && slot.idleTimer !== undefined && options.lastIdleMs > options.idleMs) {
        slot.idleTimer = setTimeout(() => drop(slot), options.lastIdleMs - options.idleMs).unref();
      } else drop(slot);
    };
    slot.idleTimer = setTimeout(expire, options.idleMs).unref();
  };
  const drop = (slot: Slot): void => {
    slots.delete(slot);
    void slot.sandbox.end();
  };

  /** A broken sandbox's place goes to who waits; whoever cannot have a new one fails, and the next tries. */
  const replace = (): void => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        next.resolve(open());
        return;
      } catch (error) {
        next.reject(error);
      }
    }
  };

  return {
    limit: () => limit,
    raise: (wanted) => {
      limit = Math.max(limit, wanted);
    },
    take: async () => {
      if (isStopped || limit === 0) return undefined;
      for (const slot of slots) {
        if (slot.isBusy) continue;
        clearTimeout(slot.idleTimer);
        slot.isBusy = true;
        if (slot.sandbox.isUsable()) return slot;
        drop(slot);
      }
      if (slots.size < limit) return open();
      if (waiting.length >= MAX_WAITING) return undefined;
      const turn = Promise.withResolvers<Slot | undefined>();
      waiting.push(turn);
      return turn.promise;
    },
    give: (slot) => {
      const isUsable = slot.sandbox.isUsable();
      if (!isUsable) drop(slot);
      if (isStopped) return;
      const next = isUsable ? waiting.shift() : undefined;
      if (next !== undefined) next.resolve(slot);
      else if (isUsable) idle(slot);
      else replace();
    },
    stop: async () => {
      isStopped = true;
      for (const turn of waiting.splice(0)) turn.resolve(undefined);
      const ending = [...slots];
      slots.clear();
      for (const slot of ending) clearTimeout(slot.idleTimer);
      await Promise.all(ending.map((slot) => slot.sandbox.end()));
    },
  };
}
