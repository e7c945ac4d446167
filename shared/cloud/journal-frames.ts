/** Frames of a journal from one number to another, from the archive and, where that is behind, from the stream. */
import type { GroupId } from '#domain/market.ts';
import { chainAfter, decodeRecord, type Frame } from '#wire/journal-frame.ts';
import type { ArchiveReader } from './archive-store.ts';
import { type JournalRecord, takeRun } from './journal-run.ts';

export type FrameRead = Frame & { shardSequence: string };

/** The journal does not hold them, or not yet. */
export class FramesMissing extends Error {
  override name = 'FramesMissing';
}

export type JournalSources = {
  archive: Pick<ArchiveReader, 'read' | 'end'>;
  /** The stream's records after one position through another, both shard sequence numbers. */
  readRange(groupId: GroupId, after: string, through: string): Promise<JournalRecord[]>;
};

/**
 * The archived frames behind a frame, one by one, to the archive's end. The archive holds what was accepted and nothing else;
 * that each record follows the one before is checked again.
 */
export async function* archivedFrames(
  archive: Pick<ArchiveReader, 'read'>,
  groupId: GroupId,
  afterFrame: number,
): AsyncGenerator<FrameRead> {
  let next = afterFrame + 1;
  let epoch = 0;
  let chain: string | undefined;
  const after = { frame: afterFrame, epoch: Number.MAX_SAFE_INTEGER };
  for await (const records of archive.read(groupId, after))
    for (const { data, shardSequence } of records) {
      const record = decodeRecord(data);
      if (record.kind === 'bad')
        throw new FramesMissing(
          `${groupId}: a record behind frame ${next - 1} is ${record.reason}`,
        );
      // Earlier records, and records twice, may be among them.
      const isKnown = record.kind === 'frame' ? record.frame < next : record.epoch <= epoch;
      if (isKnown) continue;
      epoch = record.epoch;
      if (record.kind === 'frame') {
        if (record.frame !== next || (chain !== undefined && record.previousHash !== chain))
          throw new FramesMissing(`${groupId}: frame ${next} is not in its place`);
        chain = record.previousHash;
        next += 1;
        yield { ...record, shardSequence };
      }
      // Before the first frame nobody knows the chain, and nobody needs it.
      if (chain !== undefined) chain = chainAfter(chain, data);
    }
}

/** Frames that are kept decoded for the next question: runs are asked for one after the other. */
const keptFrames = 2_000;

export type FramesWanted = {
  groupId: GroupId;
  afterFrame: number;
  toFrame: number;
  /** The stream's record that holds the last one: by then a reader of the stream has seen them all. */
  toShardSequence: string;
};

export type JournalFrames = (wanted: FramesWanted) => Promise<FrameRead[]>;

/** Throws FramesMissing where they are not all there. */
export function createJournalFrames(sources: JournalSources): JournalFrames {
  const kept = new Map<GroupId, FrameRead[]>();
  return async (wanted) => {
    const { groupId, afterFrame, toFrame } = wanted;
    let window = kept.get(groupId) ?? [];
    const [first] = window;
    const last = window.at(-1);
    if (!first || !last || first.frame > afterFrame + 1 || last.frame < toFrame) {
      window = await readFrames(sources, wanted);
      kept.set(groupId, window.slice(-keptFrames));
    }
    const frames = window.filter(({ frame }) => frame > afterFrame && frame <= toFrame);
    if (frames.length !== toFrame - afterFrame)
      throw new FramesMissing(
        `${groupId}: ${frames.length} of the ${toFrame - afterFrame} frames behind ${afterFrame}`,
      );
    return frames;
  };
}

async function readFrames(
  { archive, readRange }: JournalSources,
  { groupId, afterFrame, toFrame, toShardSequence }: FramesWanted,
): Promise<FrameRead[]> {
  const frames: FrameRead[] = [];
  const archivedTo = () => frames.at(-1)?.frame ?? afterFrame;
  const readArchive = async () => {
    for await (const frame of archivedFrames(archive, groupId, archivedTo())) {
      frames.push(frame);
      // What lies behind will be asked for next; but nobody needs a whole day of it.
      if (frame.frame >= toFrame && frames.length >= keptFrames) return;
    }
  };
  await readArchive();
  if (archivedTo() >= toFrame) return frames;
  const end = await archive.end(groupId);
  // It grew since it was read: the stream goes on behind its new end, perhaps with nothing more that is wanted.
  if (end.frame > archivedTo()) await readArchive();
  if (archivedTo() >= toFrame) return frames;
  const records = await readRange(groupId, end.shardSequence, toShardSequence);
  const sequences = new Map(
    records.map(({ data, shardSequence }) => [frameIn(data), shardSequence]),
  );
  const streamed = takeRun(groupId, end, records, {}).frames.map((frame) => ({
    ...frame,
    shardSequence: sequences.get(frame.frame) ?? '',
  }));
  return [...frames, ...streamed.filter(({ frame }) => frame > archivedTo())];
}

/** The number of the frame that a record holds; 0 of an epoch. */
function frameIn(data: Uint8Array): number {
  const record = decodeRecord(data);
  return record.kind === 'frame' ? record.frame : 0;
}
