/** Reads a known range of a journal again: what a consumer needs to finish what an earlier try began. */
import { decodeRecord } from '#wire/journal-frame.ts';
import type { JournalReader } from './journal-reader.ts';
import { isAfter, type JournalRecord } from './journal-run.ts';

/**
 * The records after `after` (empty text: from the oldest on) through `through`, in shard order. The caller has seen
 * `through`, so the wait for it ends; where retention took it meanwhile, what is left tells by its gap.
 */
export async function readJournalRange(
  reader: JournalReader,
  after: string,
  through: string,
): Promise<JournalRecord[]> {
  const range: JournalRecord[] = [];
  for await (const records of reader.follow(after)) {
    for (const record of records) {
      if (isAfter(record.shardSequence, through)) return range;
      range.push(record);
      if (record.shardSequence === through) return range;
    }
  }
  return range;
}

/** The time of the first frame among records; undefined where there is none. */
export async function firstFrameMs(
  batches: AsyncIterable<readonly JournalRecord[]>,
): Promise<number | undefined> {
  for await (const records of batches)
    for (const { data } of records) {
      const record = decodeRecord(data);
      if (record.kind === 'frame') return record.atMs;
    }
  return undefined;
}
