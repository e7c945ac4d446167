/** Follows one shard: reads it, collects batches, delivers them and keeps the checkpoint. */
import { createHash } from 'node:crypto';
import { FIRST_IDLE_MS, newerOf, type ShardWatch } from './shard-watch.ts';
import {
  type Delivery,
  type DeliverySettings,
  deliver,
  MAX_BATCH_BYTES,
  type StreamRecord,
} from './stream-delivery.ts';

export type ShardRead = { records: StreamRecord[]; next: string | undefined };

export type Shard = {
  id: string;
  /** An iterator after the checkpoint, or at the mapping's starting position where there is none. */
  iterator: (after: string | undefined) => Promise<string | undefined>;
  read: (iterator: string, limit: number) => Promise<ShardRead>;
};

export type ShardReaderSettings = DeliverySettings & {
  windowMs: number;
  /** Batches of one shard under way at once; records of one partition key stay in order. */
  parallelization: number;
};

export type ShardReader = Omit<Delivery, 'settings' | 'done'> & {
  settings: ShardReaderSettings;
  shard: Shard;
  /** Whoever else follows the shard, too. */
  watch: ShardWatch;
  pauseUntil: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What the function wants to see; the rest counts as delivered. */
  accepts: (record: StreamRecord) => boolean;
  checkpoint: { get: () => string | undefined; set: (sequenceNumber: string) => void };
  /** Told of trouble; the reader goes on. */
  failed: (error: Error) => void;
  recovered: () => void;
};

const IDLE_GROWTH = 1.3;
const AFTER_FAILURE_MS = 1_000;
/** Records read at once; lowered when they are large, since an emulator answers with any number of bytes. */
const READ_LIMIT = 1_000;
const LARGE_READ_BYTES = 4 * 1024 * 1024;

/** Returns when the shard is closed and read to its end, or when the signal aborts. */
export async function followShard(reader: ShardReader): Promise<void> {
  const { settings, signal, watch } = reader;
  const wanted = Math.min(READ_LIMIT, settings.batchSize * settings.parallelization);
  let iterator: string | undefined;
  let limit = Math.min(wanted, 100);
  let idleMs = FIRST_IDLE_MS;
  let pending: StreamRecord[] = [];
  let pendingSinceMs = 0;

  while (!signal.aborted) {
    let read: ShardRead;
    let known = watch.known();
    try {
      const after = pending.at(-1)?.sequenceNumber ?? reader.checkpoint.get();
      iterator ??= await reader.shard.iterator(after);
      if (iterator === undefined) return;
      read = await reader.shard.read(iterator, limit);
      reader.recovered();
    } catch (error) {
      iterator = undefined;
      if (signal.aborted) return;
      if ((error as Error).name === 'ExpiredIteratorException') continue;
      reader.failed(error as Error);
      await reader.pause(AFTER_FAILURE_MS);
      continue;
    }
    iterator = read.next;
    if (pending.length === 0) pendingSinceMs = reader.nowMs();
    pending.push(...read.records);
    const newest = read.records.at(-1)?.sequenceNumber;
    if (newest !== undefined) {
      known = { ...known, newest: newerOf(known.newest, newest) };
      watch.saw(newest);
    }

    const isEnd = iterator === undefined;
    const isDue = isEnd || isFull(pending, wanted) || isOver(reader, pendingSinceMs);
    if (pending.length > 0 && isDue) {
      if (!(await deliverAll(pending, reader))) return;
      pending = [];
    }
    if (isEnd) return;
    const bytes = bytesOf(read.records);
    const wasFull = read.records.length >= limit;
    limit = bytes > LARGE_READ_BYTES ? Math.ceil(limit / 2) : Math.min(wanted, limit * 2);
    if (read.records.length > 0) idleMs = FIRST_IDLE_MS;
    else idleMs = Math.min(watch.lastIdleMs, idleMs * IDLE_GROWTH);
    if (wasFull) continue;
    // What waits for its batch to fill has a time of its own.
    if (pending.length > 0) await reader.pause(idleMs);
    else await watch.rest(known, idleMs, reader.pauseUntil);
  }
}

/** Delivers what was read, in lanes of partition keys where the mapping asks for them. */
async function deliverAll(records: StreamRecord[], reader: ShardReader): Promise<boolean> {
  const accepted = records.filter(reader.accepts);
  const last = records.at(-1) as StreamRecord;
  const lanes = lanesOf(accepted, reader.settings.parallelization);
  // With lanes, a record is surely behind the checkpoint only when every lane is done.
  const done = (record: StreamRecord): void => {
    if (lanes.length === 1) reader.checkpoint.set(record.sequenceNumber);
  };
  const finished = await Promise.all(lanes.map((lane) => deliver(lane, { ...reader, done })));
  if (!finished.every(Boolean)) return false;
  reader.checkpoint.set(last.sequenceNumber);
  return true;
}

function lanesOf(records: StreamRecord[], count: number): StreamRecord[][] {
  if (count <= 1) return records.length === 0 ? [] : [records];
  const lanes: StreamRecord[][] = Array.from({ length: count }, () => []);
  for (const record of records) {
    const digest = createHash('md5').update(record.partitionKey).digest();
    lanes[digest.readUInt32BE(0) % count]?.push(record);
  }
  return lanes.filter((lane) => lane.length > 0);
}

function isFull(records: StreamRecord[], wanted: number): boolean {
  return records.length >= wanted || bytesOf(records) >= MAX_BATCH_BYTES;
}

function isOver(reader: ShardReader, sinceMs: number): boolean {
  return reader.nowMs() - sinceMs >= reader.settings.windowMs;
}

function bytesOf(records: StreamRecord[]): number {
  return records.reduce((sum, record) => sum + record.sizeBytes, 0);
}
