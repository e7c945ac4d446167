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

export type SandboxPoolOptions = {
  /** Starts a sandbox; it may ask for its slot later, to know which request is under way. */
  start: (slot: () => Slot | undefined) => Sandbox;
  /** Sandboxes that may run at once. */
  limit: number;
  /** An event waits so long for a sandbox at work before another one is started. */
  patienceMs: number;
  idleMs: number;
  /** The last sandbox waits longer, so that a person meets no cold start. */
  lastIdleMs: number;
};

export function createSandboxPool(options: SandboxPoolOptions): SandboxPool {
  const slots = new Set<Slot>();
  const waiting: PromiseWithResolvers<Slot | undefined>[] = [];
  let limit = options.limit;
  let loading = 0;
  let isStopped = false;

  const open = (): Slot => {
    let slot: Slot | undefined;
    const sandbox = options.start(() => slot);
    slot = { sandbox, isBusy: true };
    slots.add(slot);
    loading += 1;
    void sandbox.loaded.then(() => {
      loading -= 1;
      growth.begin();
    });
    return slot;
  };
  /** One at a time, for who still waits then: on a small machine several that load at once load slowly, and stay when nobody needs them. */
  const growth = createDelay(options.patienceMs, () => {
    if (!isStopped && slots.size < limit && loading === 0) openForNext(waiting, open);
  });
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
      if (slots.size === 0) return open();
      if (waiting.length >= MAX_WAITING) return undefined;
      const turn = Promise.withResolvers<Slot | undefined>();
      waiting.push(turn);
      growth.begin();
      return turn.promise;
    },
    give: (slot) => {
      const isUsable = slot.sandbox.isUsable();
      if (!isUsable) drop(slot);
      if (isStopped) return;
      const next = isUsable ? waiting.shift() : undefined;
      if (next !== undefined) next.resolve(slot);
      else if (isUsable) idle(slot);
      // A broken sandbox's place goes to who waits.
      else openForNext(waiting, open);
    },
    stop: async () => {
      isStopped = true;
      growth.stop();
      for (const turn of waiting.splice(0)) turn.resolve(undefined);
      const ending = [...slots];
      slots.clear();
      for (const slot of ending) clearTimeout(slot.idleTimer);
      await Promise.all(ending.map((slot) => slot.sandbox.end()));
    },
  };
}

/** Whoever waited longest gets a new one; whoever cannot have it fails, and the next tries. */
function openForNext(waiting: PromiseWithResolvers<Slot | undefined>[], open: () => Slot): void {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    try {
      next.resolve(open());
      return;
    } catch (error) {
      next.reject(error);
    }
  }
}

/** Acts `ms` after it was begun, however often that is meanwhile. */
function createDelay(ms: number, act: () => void): { begin: () => void; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    begin: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        act();
      }, ms).unref();
    },
    stop: () => clearTimeout(timer),
  };
}
