/**
 * Archive: takes a stream's records to the archive, run by run. The archive itself says how far it got, so writing and
 * remembering are one act: a process that dies between two steps leaves nothing half done.
 */
import type { GroupId } from '#domain/market.ts';
import { acceptRecord, type StopReason, type Watermark } from '#wire/accept-record.ts';
import type { ArchiveStore } from './archive-store.ts';
import { isAfter, type JournalRecord, type JournalStop } from './journal-run.ts';
import type { Consumed } from './stream-edge.ts';

/** The frame that brings an object to this closes it: a batch of Lambda's is some 4.5 MB, S3's local twin takes 11 MiB at once. */
const bytesPerObject = 4 * 1024 * 1024;

export type Archiving = {
  store: Pick<ArchiveStore, 'end' | 'put'>;
  /** The stream's records behind a shard sequence number (empty text: from the oldest on), in order; never ends. */
  follow(groupId: GroupId, after: string): AsyncIterable<JournalRecord[]>;
};

/** How far the archive is, and the epoch records behind that: they are archived with the frame that proves them. */
type Reached = { end: Watermark; loose: readonly JournalRecord[] };
type Taken = Reached & { frames: number; stop?: JournalStop };

/** What a reader says to whom records are missing. */
const missesSome: readonly StopReason[] = ['frame_gap', 'frame_of_unknown_epoch', 'broken_chain'];

/** Archives every acceptable record; the same records, any part of them, or more of them may be given again, to any process. */
export function archiveJournals(archiving: Archiving) {
  const { store } = archiving;
  /** Saves asking S3 before each batch. It may be old, where another process has gone on with a group: then nothing fits. */
  const remembered = new Map<GroupId, Reached>();

  return async (groupId: GroupId, records: readonly JournalRecord[]): Promise<Consumed> => {
    const known = remembered.get(groupId);
    remembered.delete(groupId);
    let taken = await take(store, groupId, known ?? (await reached(groupId)), records);
    let { frames } = taken;
    if (taken.stop && known) {
      taken = await take(store, groupId, await reached(groupId, known.end.frame), records);
      frames += taken.frames;
    }
    if (taken.stop && missesSome.includes(taken.stop.reason)) {
      taken = await fill(archiving, groupId, taken, records);
      frames += taken.frames;
    }
    if (taken.stop) return { status: 'stopped', frames, stop: taken.stop };
    remembered.set(groupId, { end: taken.end, loose: taken.loose });
    return { status: 'done', frames };
  };

  async function reached(groupId: GroupId, knownFrame = 0): Promise<Reached> {
    return { end: await store.end(groupId, knownFrame), loose: [] };
  }
}

/** Writes objects until the records are used up, or one of them stops it. */
async function take(
  store: Archiving['store'],
  groupId: GroupId,
  from: Reached,
  given: readonly JournalRecord[],
): Promise<Taken> {
  let { end } = from;
  let state = end;
  let frames = 0;
  let loose: JournalRecord[] = [];
  let open = emptyObject();
  const close = async () => {
    const { records, firstFrame, watermark } = open;
    if (!watermark) return;
    await store.put({ groupId, records, watermark }, firstFrame);
    end = watermark;
    open = emptyObject();
  };
  for (const record of [...from.loose, ...given]) {
    if (!isAfter(record.shardSequence, state.shardSequence)) continue;
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type === 'stop') {
      await close();
      const { reason, detail } = verdict;
      return { end, loose, frames, stop: { shardSequence: record.shardSequence, reason, detail } };
    }
    state = verdict.state;
    if (verdict.type === 'epoch') loose.push(record);
    if (verdict.type !== 'frame') continue;
    if (!open.watermark) open.firstFrame = state.frame;
    open.watermark = state;
    open.records.push(...loose, record);
    open.bytes += record.data.length;
    loose = [];
    frames += 1;
    if (open.bytes >= bytesPerObject) await close();
  }
  await close();
  return { end, loose, frames };
}

type OpenObject = {
  records: JournalRecord[];
  bytes: number;
  firstFrame: number;
  watermark?: Watermark;
};
const emptyObject = (): OpenObject => ({ records: [], bytes: 0, firstFrame: 0 });

/**
 * The batch does not go on where the archive ends: what lies between is read from the stream. So an epoch record at the
 * end of a batch, with no frame yet that proves it, need not be kept anywhere, and an archive that lost its end heals.
 */
async function fill(
  { store, follow }: Archiving,
  groupId: GroupId,
  stopped: Taken,
  records: readonly JournalRecord[],
): Promise<Taken> {
  const [first] = records;
  const last = records.at(-1);
  let taken: Taken = { end: stopped.end, loose: [], frames: 0 };
  if (!first || !last) return taken;
  for await (const batch of follow(groupId, taken.end.shardSequence)) {
    const next = await take(store, groupId, taken, batch);
    taken = { ...next, frames: taken.frames + next.frames };
    const { stop } = next;
    // Lambda must hear a record of its own batch.
    if (stop && !isAfter(stop.shardSequence, first.shardSequence))
      return { ...taken, stop: { ...stop, shardSequence: first.shardSequence } };
    const isThrough = !isAfter(last.shardSequence, batch.at(-1)?.shardSequence ?? '');
    if (stop || isThrough) return taken;
  }
  return taken;
}
