/**
 * Who follow one shard and have read to its end wait together: one of them looks whether something came, and the others hear of it
 * from whoever reads it. An idle stream is asked once then, however many functions it feeds.
 */

export type ShardWatch = {
  /** The newest record that anybody has read. */
  newest: () => string;
  /** Whoever waits for what is newer than what he knows wakes up. */
  saw: (sequenceNumber: string) => void;
  /**
   * Waits until somebody has read more than `known`: as long as `lookMs` where nobody else looks meanwhile, else as long as
   * somebody may be busy with what he found.
   */
  rest: (known: string, lookMs: number, pause: Pause) => Promise<void>;
};

/** Sleeps; returns at once when the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** Whoever looks may fail, or be delivering for long: then the next one looks. */
const OTHERS_LOOK_MS = 5_000;

export function createShardWatch(): ShardWatch {
  const woken = new Map<AbortController, string>();
  let newest = '';
  let isLookedAfter = false;

  return {
    newest: () => newest,
    saw: (sequenceNumber) => {
      newest = newerOf(newest, sequenceNumber);
      for (const [waiting, known] of woken) if (newerOf(known, newest) !== known) waiting.abort();
    },
    rest: async (known, lookMs, pause) => {
      if (newerOf(known, newest) !== known) return;
      const isLooking = !isLookedAfter;
      if (isLooking) isLookedAfter = true;
      const waking = new AbortController();
      woken.set(waking, known);
      await pause(isLooking ? lookMs : OTHERS_LOOK_MS, waking.signal);
      woken.delete(waking);
      if (isLooking) isLookedAfter = false;
    },
  };
}

/** One for each shard of each stream. */
export function createShardWatches(): (sourceArn: string) => (shardId: string) => ShardWatch {
  const watches = new Map<string, ShardWatch>();
  return (sourceArn) => (shardId) => {
    const key = `${sourceArn} ${shardId}`;
    const watch = watches.get(key) ?? createShardWatch();
    watches.set(key, watch);
    return watch;
  };
}

/** Sequence numbers are decimal digits, dozens of them; '' is older than any. */
export function newerOf(one: string, other: string): string {
  if (one.length !== other.length) return one.length > other.length ? one : other;
  return one >= other ? one : other;
}
