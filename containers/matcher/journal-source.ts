/** A group's journal behind a place: what the archive has, then the stream, in shard order and without an end. */
import type { ArchiveReader } from '#cloud/archive-store.ts';
import type { Following, JournalReader } from '#cloud/journal-reader.ts';
import { isAfter, type JournalRecord } from '#cloud/journal-run.ts';
import type { Watermark } from '#wire/accept-record.ts';

export type JournalSource = {
  groupId: string;
  /** Asked first: it never forgets, and is not bound to a shard's 2 MB a second. */
  archive?: Pick<ArchiveReader, 'read'> | undefined;
  reader: JournalReader;
  /** Told why the archive was not read to its end. */
  unused?: (why: string) => void;
};

export async function* journalAfter(
  from: Watermark,
  { groupId, archive, reader, unused }: JournalSource,
  how?: Following,
): AsyncGenerator<JournalRecord[], void> {
  let after = from.shardSequence;
  try {
    for await (const records of archive?.read(groupId, from) ?? []) {
      const newer = records.filter(({ shardSequence }) => isAfter(shardSequence, after));
      after = newer.at(-1)?.shardSequence ?? after;
      if (newer.length > 0) yield newer;
    }
  } catch (error) {
    // The stream may still have what cannot be read here; if not, the gap shows.
    unused?.(`the archive: ${(error as Error).message}`);
  }
  yield* reader.follow(after, how);
}

/** A reader that has the archive behind one place, where a replica begins, and the stream alone behind all others. */
export function archivedReader(from: Watermark, source: JournalSource): JournalReader {
  return {
    follow: (after, how) =>
      after === from.shardSequence
        ? journalAfter(from, source, how)
        : source.reader.follow(after, how),
  };
}
