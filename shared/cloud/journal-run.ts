/** Cuts a journal's records into runs: what a consumer derives and persists at one time, with the watermark after it. */
import type { EngineEvent, Trade } from '#domain/event.ts';
import { acceptRecord, type StopReason, type Watermark } from '#wire/accept-record.ts';
import type { Frame } from '#wire/journal-frame.ts';

export type JournalRecord = { data: Uint8Array; shardSequence: string };

/** Why a reader goes no further: an operator must look, nothing is skipped. */
export type JournalStop = { shardSequence: string; reason: StopReason; detail: string };

export type JournalRun = {
  frames: Frame[];
  /** The watermark after the run, epoch records and ignored records included. */
  to: Watermark;
  /** The record after the run cannot be accepted. */
  stop?: JournalStop;
};

/** Whether a record lies after a position in its shard. Kinesis sequence numbers are decimal text of up to 128 bits and more. */
export function isAfter(shardSequence: string, position: string): boolean {
  if (shardSequence.length !== position.length) return shardSequence.length > position.length;
  return shardSequence > position;
}

/**
 * Accepts the records after `from`, through `until.shardSequence` where given, and ends after the frame that brings
 * the run to `until.trades` or `until.movements` (of money: trades, grants, returns). Records at or before `from` were looked at before: a retried batch repeats them.
 */
export function takeRun(
  groupId: string,
  from: Watermark,
  records: readonly JournalRecord[],
  until: { trades?: number; movements?: number; shardSequence?: string },
): JournalRun {
  const frames: Frame[] = [];
  let to = from;
  let trades = 0;
  let movements = 0;
  for (const record of records) {
    if (!isAfter(record.shardSequence, to.shardSequence)) continue;
    if (until.shardSequence && isAfter(record.shardSequence, until.shardSequence)) break;
    const verdict = acceptRecord(groupId, to, record);
    if (verdict.type === 'stop') {
      const { reason, detail } = verdict;
      return { frames, to, stop: { shardSequence: record.shardSequence, reason, detail } };
    }
    to = verdict.state;
    if (verdict.type !== 'frame') continue;
    frames.push(verdict.frame);
    trades += tradesOf([verdict.frame]).length;
    movements += movementsOf(verdict.frame);
    if (until.trades && trades >= until.trades) break;
    if (until.movements && movements >= until.movements) break;
  }
  return { frames, to };
}

export const eventsOf = (frames: readonly Frame[]): EngineEvent[] =>
  frames.flatMap((frame) => frame.outcomes.flatMap((outcome) => outcome.events));

const moving: readonly EngineEvent['type'][] = ['trade', 'credit_granted', 'credit_returned'];
const movementsOf = (frame: Frame): number =>
  eventsOf([frame]).filter(({ type }) => moving.includes(type)).length;

export const tradesOf = (frames: readonly Frame[]): Trade[] =>
  eventsOf(frames).filter((event) => event.type === 'trade');
