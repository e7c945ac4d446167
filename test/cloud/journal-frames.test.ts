/** Frames from archive and stream together, while one moves into the other. */
import { expect, test } from 'vitest';
import { createJournalFrames } from '#cloud/journal-frames.ts';
import { isAfter, takeRun } from '#cloud/journal-run.ts';
import { startOfJournal } from '#wire/accept-record.ts';
import { HandWrittenJournal } from './clearing-journal.ts';

/** A journal of twelve frames, so many records of which are archived when it is read, and when its end is asked for. */
function journalWith(archivedAt: { read: number[]; end: number }) {
  const journal = new HandWrittenJournal('majors');
  journal.epoch();
  for (let frame = 1; frame <= 12; frame += 1)
    journal.frame([{ type: 'accepted', commandId: 'c' }]);
  const { records } = journal;
  const upTo = (count: number) => records.slice(0, count);
  let reads = 0;
  const frames = createJournalFrames({
    archive: {
      async *read() {
        const count = archivedAt.read[Math.min(reads, archivedAt.read.length - 1)] ?? 0;
        reads += 1;
        yield upTo(count);
      },
      end: async () => takeRun('majors', startOfJournal, upTo(archivedAt.end), {}).to,
    },
    async readRange(_groupId, after, through) {
      if (!isAfter(through, after)) throw new Error('it would wait for ever');
      return records.filter(
        ({ shardSequence }) => isAfter(shardSequence, after) && !isAfter(shardSequence, through),
      );
    },
  });
  const toShardSequence = records[10]?.shardSequence ?? '';
  return frames({ groupId: 'majors', afterFrame: 4, toFrame: 10, toShardSequence });
}

test.each([
  ['all of it was archived long ago', { read: [13], end: 13 }],
  ['the archive is behind', { read: [6], end: 6 }],
  ['the archive has nothing yet', { read: [0], end: 0 }],
  ['the archive passed the last one between two looks', { read: [6, 13], end: 13 }],
  ['the archive grew between two looks, not far enough', { read: [6, 9], end: 9 }],
  ['the archive grows on and on', { read: [6, 10], end: 8 }],
])('the frames that are asked for come each once where %s', async (_, archivedAt) => {
  const frames = await journalWith(archivedAt);
  expect(frames.map(({ frame }) => frame)).toEqual([5, 6, 7, 8, 9, 10]);
});
