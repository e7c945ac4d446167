/** Settlement: takes a stream's records to the ledger, run by run, finishing first what an earlier try left half posted. */
import { assert } from '#domain/assertion.ts';
import type { GroupId } from '#domain/market.ts';
import type { Watermark } from '#wire/accept-record.ts';
import type { ClearingPosition, ClearingStore } from './clearing-store.ts';
import { isAfter, type JournalRecord, type JournalRun, takeRun } from './journal-run.ts';
import type { Consumed } from './stream-edge.ts';

/**
 * A run ends with the frame that brings it to so many trades, grants and returns. That frame closes with the command that
 * brings it to 256 KiB and may still make 1,000 events, some 3,200 trades in all: so a run has at most 4,200 trades.
 * 5 lines each in entries, of 20 bytes as a rule and 75 at most, are 1.6 MB of a transaction's 4 MB; one account's own lines (the
 * house's: one a trade) 315 KB of an item's 400 KB. Its accounts: `clearing-writes.ts`.
 */
const movementsPerRun = 1_000;

export type Clearing = {
  store: ClearingStore;
  /** The journal's records after one position through another, both Kinesis sequence numbers; empty text is the beginning. */
  readRange(groupId: GroupId, after: string, through: string): Promise<JournalRecord[]>;
};

/** Posts every acceptable record; the same records, any part of them, or more of them may be given again. */
export async function clearJournal(
  { store, readRange }: Clearing,
  groupId: GroupId,
  records: readonly JournalRecord[],
): Promise<Consumed> {
  let frames = 0;
  let position = await store.position(groupId);
  for (;;) {
    const run = position.run
      ? await openRun(position, position.run.toShardSequence)
      : takeRun(groupId, position.watermark, records, { movements: movementsPerRun });
    const moves = isAfter(run.to.shardSequence, position.watermark.shardSequence);
    if (!moves)
      return run.stop ? { status: 'stopped', frames, stop: run.stop } : { status: 'done', frames };
    position = await store.post(groupId, position, run);
    frames += run.frames.length;
  }

  /** The batch of this try may be cut elsewhere than the one that opened the run: what it lacks is read again. */
  async function openRun(
    { watermark, run }: ClearingPosition,
    toShardSequence: string,
  ): Promise<JournalRun> {
    const given = takeRun(groupId, watermark, records, { shardSequence: toShardSequence });
    if (endsAt(given.to, toShardSequence)) return given;
    const read = await readRange(groupId, watermark.shardSequence, toShardSequence);
    const whole = takeRun(groupId, watermark, read, { shardSequence: toShardSequence });
    assert(
      endsAt(whole.to, toShardSequence) && whole.to.frame === run?.toFrame,
      `${groupId}: the journal no longer holds the open run to frame ${run?.toFrame}`,
    );
    return whole;
  }
}

const endsAt = (to: Watermark, shardSequence: string): boolean =>
  to.shardSequence === shardSequence;
