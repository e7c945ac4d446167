/** Reads a known range of a journal again: what a consumer needs to finish what an earlier try began. */
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
