/** A journal's records from where it is kept: the archive, then what the stream has beyond it. */
import { ArchiveDamaged } from '#cloud/archive-store.ts';
import type { Journals } from '#cloud/journal-places.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { Watermark } from '#wire/accept-record.ts';

export type Source = 'archive' | 'stream' | 'both';

export type Piece =
  | {
      type: 'records';
      /** An object's key, or "the stream". */
      where: string;
      records: readonly JournalRecord[];
      /** What the object says of the journal after its last record. */
      watermark?: Watermark;
    }
  | { type: 'damaged'; where: string; why: string };

/** Pieces in order; the first may begin before the frame. Ends with the newest record, or with a damaged object. */
export async function* piecesOf(
  { archive, stream }: Pick<Journals, 'archive' | 'stream'>,
  { groupId, source, from }: { groupId: string; source: Source; from: number },
): AsyncGenerator<Piece> {
  let after = '';
  try {
    if (source !== 'stream') {
      // Objects that end with the frame before may hold the epoch record of the first one wanted.
      for await (const object of archive.objects(groupId, { frame: from - 1, epoch: 0 })) {
        const { key, records, watermark } = object;
        yield { type: 'records', where: key, records, watermark };
        after = watermark.shardSequence;
      }
    }
    if (source === 'both' && after === '') after = (await archive.end(groupId)).shardSequence;
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw error;
    yield { type: 'damaged', where: 'the archive', why: error.message };
    return;
  }
  if (source === 'archive') return;
  for await (const records of stream(groupId, after))
    yield { type: 'records', where: 'the stream', records };
}
