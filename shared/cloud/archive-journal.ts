/**
 * Archive: takes a stream's records to the archive, run by run. The archive itself says how far it got, so writing and
 * remembering are one act: a process that dies between two steps leaves nothing half done.
 *
 * It is asked before each batch: a process that relied on its memory could miss the epoch record that another one
 * archived, and take a dead leader's frame for the next one.
 */
import type { GroupId } from '#domain/market.ts';
import { acceptRecord, type StopReason, type Watermark } from '#wire/accept-record.ts';
import type { ArchiveStore } from './archive-store.ts';
import { isAfter, type JournalRecord, type JournalStop } from './journal-run.ts';
import type { Consumed } from './stream-edge.ts';

/** The record that brings an object to this closes it: a batch of Lambda's is some 4.5 MB, S3's local twin takes 11 MiB at once. */
const bytesPerObject = 4 * 1024 * 1024;

export type Archiving = {
  store: Pick<ArchiveStore, 'end' | 'put'>;
  /** The stream's records behind a shard sequence number (empty text: from the oldest on), in order; never ends. */
  follow(groupId: GroupId, after: string): AsyncIterable<JournalRecord[]>;
};

type Taken = { end: Watermark; frames: number; stop?: JournalStop };

/** What a reader says to whom records are missing. */
const missesSome: readonly StopReason[] = ['frame_gap', 'frame_of_unknown_epoch', 'broken_chain'];

/** Archives every acceptable record; the same records, any part of them, or more of them may be given again, to any process. */
export async function archiveJournal(
  archiving: Archiving,
  groupId: GroupId,
  records: readonly JournalRecord[],
): Promise<Consumed> {
  const { store } = archiving;
  const given = await take(store, groupId, await store.end(groupId), records);
  const isGap = given.stop && missesSome.includes(given.stop.reason);
  const { stop, frames } = isGap ? await fill(archiving, groupId, given, records) : given;
  return stop ? { status: 'stopped', frames, stop } : { status: 'done', frames };
}

/** Writes objects until the records are used up, or one of them stops it. */
async function take(
  store: Archiving['store'],
  groupId: GroupId,
  from: Watermark,
  given: readonly JournalRecord[],
): Promise<Taken> {
  let end = from;
  let state = from;
  let frames = 0;
  let open: OpenObject | undefined;
  const close = async (to: End | undefined) => {
    if (!open || !to) return;
    const records = open.records.slice(0, to.count);
    await store.put({ groupId, records, watermark: to.watermark }, open.first);
    end = to.watermark;
    open = undefined;
  };
  for (const record of given) {
    if (!isAfter(record.shardSequence, state.shardSequence)) continue;
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type === 'stop') {
      await close(open?.lastFrame);
      const { reason, detail } = verdict;
      return { end, frames, stop: { shardSequence: record.shardSequence, reason, detail } };
    }
    state = verdict.state;
    if (verdict.type === 'ignored') continue;
    open ??= { records: [], bytes: 0, first: state, last: { count: 0, watermark: state } };
    open.records.push(record);
    open.bytes += record.data.length;
    open.last = { count: open.records.length, watermark: state };
    if (verdict.type === 'frame') {
      frames += 1;
      open.lastFrame = open.last;
    }
    if (open.bytes >= bytesPerObject) await close(open.last);
  }
  await close(open?.last);
  return { end, frames };
}

/** How many records, and the watermark after them. */
type End = { count: number; watermark: Watermark };

type OpenObject = {
  records: JournalRecord[];
  bytes: number;
  /** After the first record. */
  first: Watermark;
  last: End;
  /**
   * An epoch record says nothing of the chain before it, the frame after it does: where that does not follow, the epoch may
   * belong behind records that are missing here. So before a stop nothing is kept behind the last frame.
   */
  lastFrame?: End;
};

/** The batch does not go on where the archive ends: what lies between is read from the stream, where that still has it. */
async function fill(
  { store, follow }: Archiving,
  groupId: GroupId,
  stopped: Taken,
  records: readonly JournalRecord[],
): Promise<Taken> {
  const [first] = records;
  const last = records.at(-1);
  let taken = stopped;
  if (!first || !last) return taken;
  for await (const batch of follow(groupId, taken.end.shardSequence)) {
    const next = await take(store, groupId, taken.end, batch);
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
