/** Where a matcher's replica begins, and what it reads from there: the newest good snapshot, the archive, the stream. */
import { type Bucket, createArchiveStore } from '#cloud/archive-store.ts';
import type { JournalReader } from '#cloud/journal-reader.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { archivedReader, journalAfter } from './journal-source.ts';
import { fromTheBeginning, type StartingPoint } from './replica.ts';
import { newestSnapshot } from './snapshot-restore.ts';

export async function begin(of: {
  groupId: string;
  hashSecret: number;
  bucket: Bucket;
  /** Settlement's watermark. */
  cleared: Watermark;
  reader: JournalReader;
  /** The same stream, read to its present end. */
  toTip: JournalReader;
  /** Told why a snapshot or the archive is not used. */
  unused: (why: string) => void;
}): Promise<{ from: StartingPoint; reader: JournalReader }> {
  const { groupId, hashSecret, bucket, cleared, unused } = of;
  const archive = createArchiveStore(bucket);
  const past = { groupId, archive, unused };
  const records = (after: Watermark) => journalAfter(after, { ...past, reader: of.toTip });
  const snapshots = createSnapshotStore(bucket);
  const source = { groupId, hashSecret, snapshots, cleared, records, unused };
  // Whatever is wrong with the bucket: to begin with the first frame is always right.
  const newest = await newestSnapshot(source).catch((error: Error) => unused(error.message));
  const from = newest ?? fromTheBeginning(groupId, hashSecret);
  return { from, reader: archivedReader(from.watermark, { ...past, reader: of.reader }) };
}
