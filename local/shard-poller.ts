/** Follows all shards of a stream, parents before their children, and feeds a function with their records. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoints } from './checkpoints.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import type { InvokeResult } from './lambda-host.ts';
import { followShard, type Shard } from './shard-reader.ts';
import type { ShardWatch } from './shard-watch.ts';
import type { Discard, StreamRecord } from './stream-delivery.ts';

export type ListedShard = Shard & { parentId?: string };

export type ShardPollerOptions = {
  mapping: EventSourceMapping;
  checkpoints: Checkpoints;
  listShards: () => Promise<ListedShard[]>;
  /** Shared by all mappings that follow the shard. */
  watchOf: (shardId: string) => ShardWatch;
  /** Runs the function; `concurrency` is the number of batches that may be under way at once. */
  invoke: (event: unknown, concurrency: number) => Promise<InvokeResult>;
  /** Tells the on-failure destination. */
  sendDiscard: (discard: Discard, shardId: string) => Promise<void>;
  filterable: (record: StreamRecord) => unknown;
  /** One line for the console. */
  report: (text: string) => void;
  nowMs: () => number;
};

export type Poller = { stop: () => Promise<void> };

const RELIST_AFTER_MS = 1_000;
const STOP_GRACE_MS = 1_000;

export function startShardPoller(options: ShardPollerOptions): Poller {
  const stopping = new AbortController();
  const running = run(options, stopping.signal).catch((error: Error) => {
    if (!stopping.signal.aborted) options.report(`${options.mapping.id} stopped: ${error.message}`);
  });
  return {
    stop: async () => {
      stopping.abort();
      // A batch under way is not lost: it is read again.
      await Promise.race([running, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
    },
  };
}

async function run(options: ShardPollerOptions, signal: AbortSignal): Promise<void> {
  const following = new Map<string, Promise<void>>();
  const ended = new Set<string>();
  const trouble = createTroubleReport(options.mapping.id, options.report);
  const pause = (ms: number): Promise<void> => pauseUnlessAborted(ms, signal);

  while (!signal.aborted) {
    let shards: ListedShard[];
    try {
      shards = await options.listShards();
      trouble.recovered();
    } catch (error) {
      if (!signal.aborted) trouble.failed(error as Error);
      await pause(RELIST_AFTER_MS);
      continue;
    }
    const listed = new Set(shards.map((shard) => shard.id));
    for (const shard of shards) {
      const parent = shard.parentId;
      const isAfterParent = parent === undefined || ended.has(parent) || !listed.has(parent);
      if (following.has(shard.id) || ended.has(shard.id) || !isAfterParent) continue;
      const following1 = followShard(readerOf(shard, shards.length)).then(() => {
        following.delete(shard.id);
        ended.add(shard.id);
      });
      following.set(shard.id, following1);
    }
    if (following.size > 0) await Promise.race(following.values());
    else await pause(RELIST_AFTER_MS);
  }
  await Promise.all(following.values());

  function readerOf(shard: ListedShard, shardCount: number) {
    const { mapping, checkpoints } = options;
    const concurrency = shardCount * mapping.settings.parallelization;
    return {
      settings: mapping.settings,
      shard,
      watch: options.watchOf(shard.id),
      signal,
      pause,
      pauseUntil: (ms: number, woken: AbortSignal) =>
        pauseUnlessAborted(ms, AbortSignal.any([signal, woken])),
      nowMs: options.nowMs,
      failed: trouble.failed,
      recovered: trouble.recovered,
      accepts: (record: StreamRecord) => mapping.filter(options.filterable(record)),
      checkpoint: {
        get: () => checkpoints.get(shard.id),
        set: (sequenceNumber: string) => checkpoints.set(shard.id, sequenceNumber),
      },
      invoke: (records: StreamRecord[]) =>
        options.invoke({ Records: records.map((record) => record.event) }, concurrency),
      discard: async (discard: Discard) => {
        const { length } = discard.records;
        options.report(`${mapping.id} gave up ${length} records of ${shard.id}: ${discard.reason}`);
        await persist(() => options.sendDiscard(discard, shard.id));
      },
    };
  }

  /** A discard that reaches nobody would be a loss: it is sent until it is taken. */
  async function persist(send: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        return await send();
      } catch (error) {
        trouble.failed(error as Error);
        await pause(RELIST_AFTER_MS);
      }
    }
  }
}

/** Says a cause once, and again only after it was over. */
export function createTroubleReport(name: string, report: (text: string) => void) {
  let said: string | undefined;
  return {
    failed: (error: Error): void => {
      const cause = `${error.name}: ${error.message}`;
      if (said !== cause) report(`${name} cannot read its source and keeps trying: ${cause}`);
      said = cause;
    },
    recovered: (): void => {
      if (said !== undefined) report(`${name} reads its source again`);
      said = undefined;
    },
  };
}

/** Sleeps; returns at once when the signal aborts. */
export async function pauseUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
