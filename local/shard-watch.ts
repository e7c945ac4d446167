/**
 * Who follow one shard and have read to its end wait together: one of them looks whether something came, and the others hear of it
 * from whoever reads it. An idle stream is asked once then, however many functions it feeds. Where the emulator tells that something
 * was put, whoever looks waits for that, and asks on his own only now and then.
 */

export type ShardWatch = {
  /** What somebody who begins to read knows. */
  known: () => Known;
  /** Whoever waits for what is newer than what he knows wakes up. */
  saw: (sequenceNumber: string) => void;
  /** How rarely whoever looks may do so. */
  lastIdleMs: number;
  /**
   * Waits until somebody has read more than is `known` or something was put: as long as `lookMs` where nobody else looks meanwhile,
   * else as long as somebody may be busy with what he found.
   */
  rest: (known: Known, lookMs: number, pause: Pause) => Promise<void>;
};

/** The newest record that anybody has read, and how often something was put. */
export type Known = { newest: string; puts: number };

/** Sleeps; returns at once when the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** Has something called at each put, or soon after several. */
export type OnPut = (told: () => void) => void;

/** Whoever looks may fail, or be delivering for long: then the next one looks. */
const OTHERS_LOOK_MS = 5_000;
/** Looks come this often after traffic and grow rarer when nothing comes, so that an idle stack costs next to nothing. */
export const FIRST_IDLE_MS = 60;
const LAST_IDLE_MS = 1_000;
/** Nothing depends on it but that a lost word costs no more than this. */
const LAST_IDLE_WHERE_TOLD_MS = 5_000;

export function createShardWatch(onPut?: OnPut): ShardWatch {
  const woken = new Map<AbortController, string>();
  let newest = '';
  let puts = 0;
  let isLookedAfter = false;
  /** Of the one who looks, where he has waited for long enough to hear of puts. */
  let hearing: AbortController | undefined;

  // Into this shard or another: the one who looks wakes up.
  onPut?.(() => {
    puts += 1;
    hearing?.abort();
  });
  return {
    lastIdleMs: onPut ? LAST_IDLE_WHERE_TOLD_MS : LAST_IDLE_MS,
    known: () => ({ newest, puts }),
    saw: (sequenceNumber) => {
      newest = newerOf(newest, sequenceNumber);
      for (const [waiting, known] of woken) if (newerOf(known, newest) !== known) waiting.abort();
    },
    rest: async (known, lookMs, pause) => {
      if (newerOf(known.newest, newest) !== known.newest) return;
      const waking = new AbortController();
      const { signal } = waking;
      woken.set(waking, known.newest);
      if (isLookedAfter) await pause(OTHERS_LOOK_MS, signal);
      else {
        isLookedAfter = true;
        // However much is put: so often is enough.
        await pause(Math.min(lookMs, FIRST_IDLE_MS), signal);
        if (!signal.aborted && puts === known.puts && lookMs > FIRST_IDLE_MS) {
          hearing = waking;
          await pause(lookMs - FIRST_IDLE_MS, signal);
          hearing = undefined;
        }
        isLookedAfter = false;
      }
      woken.delete(waking);
    },
  };
}

/** One for each shard of each stream. */
export function createShardWatches(
  onPut?: OnPut,
): (sourceArn: string) => (shardId: string) => ShardWatch {
  const watches = new Map<string, ShardWatch>();
  return (sourceArn) => (shardId) => {
    const key = `${sourceArn} ${shardId}`;
    // A table's stream is another emulator's, which tells nothing.
    const isTold = sourceArn.split(':')[2] === 'kinesis';
    const watch = watches.get(key) ?? createShardWatch(isTold ? onPut : undefined);
    watches.set(key, watch);
    return watch;
  };
}

/** Sequence numbers are decimal digits, dozens of them; '' is older than any. */
export function newerOf(one: string, other: string): string {
  if (one.length !== other.length) return one.length > other.length ? one : other;
  return one >= other ? one : other;
}
