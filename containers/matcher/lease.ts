/** Takes the pair group's lease and keeps it: rules W1 and W4 of the journal's protocol. */
import type { Clock } from '#cloud/clock.ts';
import type { Lease, LeaseStore, LeaseWish } from '#cloud/lease-store.ts';
import { leasePollMs } from './bounds.ts';
import { asError, Doubt, type Doubted } from './doubt.ts';
import { pause, type Timers } from './timers.ts';

export type LeasePorts = { store: LeaseStore; clock: Clock; timers: Timers };

export type TakenLease = {
  lease: Lease;
  /** Monotonic time before the taking was sent. */
  sentAtMs: number;
};

export type HeldLease = {
  readonly epoch: number;
  /** W4: whether nobody else can lead yet, counted from before the newest renewal was sent. */
  isSurelyHeld(): boolean;
  /** Ends the renewals; the lease runs out. */
  stop(): Promise<void>;
  /** Ends the renewals and lets the next one lead at once. */
  release(): Promise<void>;
};

/** A tenth of the lease, at least 100 ms, is left for the answers' way out. */
const marginMs = (leaseMs: number): number => Math.max(100, leaseMs / 10);

export type LeaseWait = {
  /** Until then the row is watched and not taken: whoever cannot lead yet must not keep others from it. */
  ready?: Promise<void>;
  /** Told once whom it waits for. */
  report?: (seen: Lease) => void;
};

/**
 * W1: waits until the row was released, or its version stood still for the lease's duration on our own
 * monotonic clock, then takes the next epoch.
 */
export async function takeLease(
  wish: LeaseWish,
  { store, clock, timers }: LeasePorts,
  { ready, report }: LeaseWait = {},
): Promise<TakenLease> {
  let isReady = !ready;
  const becomesReady = ready?.then(() => {
    isReady = true;
  });
  let seen: Lease | undefined;
  /** When the answer that first showed this version had arrived: no renewal of it was sent later. */
  let sinceMs = Number.POSITIVE_INFINITY;
  for (;;) {
    const sentAtMs = clock.monotonicMs();
    let waitMs = Math.min(leasePollMs, wish.durationMs / 10);
    const now = await readOrRetry(wish.groupId, store);
    if (now !== 'unknown') {
      const isNew = now?.version !== seen?.version || now?.owner !== seen?.owner;
      if (now && isNew && !seen && !now.released) report?.(now);
      if (isNew) sinceMs = clock.monotonicMs();
      seen = now;
      const runsOutMs = sinceMs + Math.max(wish.durationMs, now?.durationMs ?? 0);
      const isFree = !now || now.released || sentAtMs >= runsOutMs;
      if (!isFree) waitMs = Math.min(waitMs, Math.max(1, runsOutMs - clock.monotonicMs()));
      if (isFree && isReady) {
        const taken = await takeOrRetry(now, wish, { store, clock });
        if (taken) return taken;
      }
    }
    const waited = pause(timers, waitMs);
    await (isReady ? waited : Promise.race([waited, becomesReady]));
  }
}

async function readOrRetry(groupId: string, store: LeaseStore) {
  try {
    return await store.read(groupId);
  } catch (error) {
    if (isHopeless(error)) throw error;
    return 'unknown' as const;
  }
}

async function takeOrRetry(
  seen: Lease | undefined,
  wish: LeaseWish,
  { store, clock }: Pick<LeasePorts, 'store' | 'clock'>,
): Promise<TakenLease | undefined> {
  const sentAtMs = clock.monotonicMs();
  try {
    const lease = await store.take(seen, wish);
    return lease && { lease, sentAtMs };
  } catch (error) {
    if (isHopeless(error)) throw error;
    return undefined;
  }
}

/** The table is not there or not ours: waiting cannot help. */
const isHopeless = (error: unknown): boolean =>
  ['ResourceNotFoundException', 'AccessDeniedException', 'ValidationException'].includes(
    asError(error).name,
  );

/** Renews three times a lease duration; doubts as soon as the lease is lost or no longer sure. */
export function keepLease(
  taken: TakenLease,
  { store, clock, timers }: LeasePorts,
  { leaseMs, doubted }: { leaseMs: number; doubted: Doubted },
): HeldLease {
  let { lease, sentAtMs } = taken;
  let stopped = false;
  let cancel = () => {};
  let renewing: Promise<void> = Promise.resolve();

  let released = false;

  const isSurelyHeld = () =>
    !released && clock.monotonicMs() < sentAtMs + leaseMs - marginMs(leaseMs);

  const next = (ms: number) => {
    if (stopped) return;
    cancel = timers.after(ms, () => {
      renewing = renew();
    });
  };

  const renew = async () => {
    if (!isSurelyHeld()) return doubted(new Doubt('the lease could not be renewed in time'));
    const tryMs = clock.monotonicMs();
    try {
      const renewal = await store.renew(lease);
      if (stopped && renewal.status === 'lost') return;
      if (renewal.status === 'lost') return doubted(new Doubt('another process took the lease'));
      lease = renewal.lease;
      if (renewal.status === 'stale') return next(0);
      sentAtMs = tryMs;
      next(leaseMs / 3 - (clock.monotonicMs() - tryMs));
    } catch {
      // Nobody knows whether it was renewed; the deadline above decides.
      next(leaseMs / 20);
    }
  };

  const stop = async () => {
    stopped = true;
    cancel();
    await renewing;
  };
  next(leaseMs / 3);
  return {
    epoch: lease.epoch,
    isSurelyHeld,
    stop,
    async release() {
      await stop();
      released = true;
      await store.release(lease);
    },
  };
}
