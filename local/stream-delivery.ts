/** Delivers records of one shard in order, as a Lambda event source mapping does: retries, bisection, partial failures, discards. */
import type { InvokeResult } from './lambda-host.ts';

export type StreamRecord = {
  sequenceNumber: string;
  partitionKey: string;
  arrivedAtMs: number;
  sizeBytes: number;
  /** The record as the function sees it. */
  event: unknown;
};

export type DeliverySettings = {
  batchSize: number;
  /** Retries after the first failure; -1 is without end. */
  maxRetries: number;
  /** Older records are discarded; -1 keeps them as long as the stream does. */
  maxAgeMs: number;
  isBisected: boolean;
  isPartial: boolean;
};

export type DiscardReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

export type Discard = {
  records: StreamRecord[];
  reason: DiscardReason;
  invokeCount: number;
  result?: InvokeResult;
};

export type Delivery = {
  settings: DeliverySettings;
  invoke: (records: StreamRecord[]) => Promise<InvokeResult>;
  /** Everything up to this record needs no further delivery. */
  done: (last: StreamRecord) => void;
  /** Tells the on-failure destination, where there is one. */
  discard: (discard: Discard) => Promise<void>;
  pause: (ms: number) => Promise<void>;
  nowMs: () => number;
  signal: AbortSignal;
};

/** A synchronous event may hold 6 MB (Lambda quota); base64 and the envelope take a third and some. */
export const MAX_BATCH_BYTES = 4_500_000;
const RECORD_ENVELOPE_BYTES = 400;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

type Segment = { records: StreamRecord[]; failures: number };

/** True when every record was delivered or discarded; false when the signal ended it before. */
export async function deliver(records: StreamRecord[], delivery: Delivery): Promise<boolean> {
  const segments: Segment[] = cut(records, delivery.settings.batchSize).map(fresh);
  while (!delivery.signal.aborted) {
    const segment = segments.shift();
    if (segment === undefined) return true;
    const young = await discardAged(segment, delivery);
    if (young.records.length > 0) segments.unshift(...(await attempt(young, delivery)));
  }
  return false;
}

/** How many of the records are done by the function's answer; all of them when it succeeded as a whole. */
export function doneCount(
  records: readonly { sequenceNumber: string }[],
  result: InvokeResult,
  isPartial: boolean,
): number {
  if (!result.ok) return 0;
  if (!isPartial) return records.length;
  const failures = failedIds(result.payload);
  if (failures === undefined) return 0;
  if (failures.size === 0) return records.length;
  const indexes = [...failures].map((id) =>
    records.findIndex((record) => record.sequenceNumber === id),
  );
  // An id that is not in the batch fails the batch as a whole.
  return Math.max(0, Math.min(...indexes));
}

/** The ids in `batchItemFailures`; undefined where the answer is malformed, which fails the whole batch. */
export function failedIds(payload: unknown): Set<string> | undefined {
  if (payload === null || payload === undefined || payload === '') return new Set();
  if (typeof payload !== 'object') return undefined;
  const failures = (payload as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return undefined;
  const ids = failures.map(
    (failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier,
  );
  if (!ids.every((id) => typeof id === 'string' && id !== '')) return undefined;
  return new Set(ids as string[]);
}

/** Calls the function once. Gives what is left of the segment, in order. */
async function attempt(segment: Segment, delivery: Delivery): Promise<Segment[]> {
  const { settings } = delivery;
  const { records } = segment;
  const result = await delivery.invoke(records);
  if (delivery.signal.aborted && !result.ok) return [segment];

  const count = doneCount(records, result, settings.isPartial);
  if (count > 0) delivery.done(records[count - 1] as StreamRecord);
  if (count === records.length) return [];
  if (count > 0) {
    await delivery.pause(FIRST_PAUSE_MS);
    return [fresh(records.slice(count))];
  }
  if (settings.isBisected && records.length > 1) {
    // Splitting does not count as a retry.
    const middle = Math.ceil(records.length / 2);
    return [fresh(records.slice(0, middle)), fresh(records.slice(middle))];
  }
  const failures = segment.failures + 1;
  if (settings.maxRetries >= 0 && failures > settings.maxRetries) {
    const reason = 'RetryAttemptsExhausted';
    await delivery.discard({ records, reason, invokeCount: failures, result });
    delivery.done(records.at(-1) as StreamRecord);
    return [];
  }
  await delivery.pause(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LAST_PAUSE_MS));
  return [{ records, failures }];
}

async function discardAged(segment: Segment, delivery: Delivery): Promise<Segment> {
  const { maxAgeMs } = delivery.settings;
  if (maxAgeMs < 0) return segment;
  const bornAfterMs = delivery.nowMs() - maxAgeMs;
  const firstYoung = segment.records.findIndex((record) => record.arrivedAtMs >= bornAfterMs);
  const count = firstYoung === -1 ? segment.records.length : firstYoung;
  if (count === 0) return segment;
  const records = segment.records.slice(0, count);
  await delivery.discard({ records, reason: 'RecordAgeExceeded', invokeCount: segment.failures });
  delivery.done(records.at(-1) as StreamRecord);
  return { records: segment.records.slice(count), failures: segment.failures };
}

/** Cuts records into batches that an event can hold. */
export function cut(records: StreamRecord[], batchSize: number): StreamRecord[][] {
  const batches: StreamRecord[][] = [];
  let batch: StreamRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.sizeBytes + RECORD_ENVELOPE_BYTES;
    if (batch.length > 0 && (batch.length >= batchSize || bytes + size > MAX_BATCH_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function fresh(records: StreamRecord[]): Segment {
  return { records, failures: 0 };
}
