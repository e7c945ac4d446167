import { describe, expect, test } from 'vitest';
import { type JournalRecord, takeRun } from '#cloud/journal-run.ts';
import { type Consumed, groupOfStream, streamHandler } from '#cloud/stream-edge.ts';
import { AssertionFailed } from '#domain/assertion.ts';
import { startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { HandWrittenJournal } from './clearing-journal.ts';
import { streamArn, streamEvent } from './stream-event.ts';

const streams = { g1: 'crossbook-journal-g1', g2: 'crossbook-journal-g2' };
const eventOf = (records: readonly JournalRecord[]) => streamEvent(streams.g2, records);

/** The edge around a consumer that only remembers its watermark; what it says goes to lists. */
function edge(consume: (groupId: string, records: readonly JournalRecord[]) => Promise<Consumed>) {
  const metrics: string[] = [];
  const errors: unknown[] = [];
  const handler = streamHandler({
    streams,
    consume,
    logger: { error: (...said: unknown[]) => void errors.push(said) },
    metrics: {
      addMetric: (name: string) => void metrics.push(name),
      publishStoredMetrics: () => void metrics.push('published'),
    } as never,
  });
  return { handler, metrics, errors };
}

function reader() {
  let watermark: Watermark = startOfJournal;
  const frames: number[] = [];
  const consume = async (groupId: string, records: readonly JournalRecord[]): Promise<Consumed> => {
    const run = takeRun(groupId, watermark, records, {});
    watermark = run.to;
    frames.push(...run.frames.map((frame) => frame.frame));
    const taken = run.frames.length;
    return run.stop
      ? { status: 'stopped', frames: taken, stop: run.stop }
      : { status: 'done', frames: taken };
  };
  return { consume, frames };
}

function journalOf(frames: number): HandWrittenJournal {
  const journal = new HandWrittenJournal('g2');
  journal.epoch();
  for (let frame = 0; frame < frames; frame += 1) journal.frame([]);
  return journal;
}

describe('the stream edge', () => {
  test('hands an event of a group to its consumer, bytes and numbers as they were put', async () => {
    const { consume, frames } = reader();
    const { handler, metrics } = edge(consume);
    expect(await handler(eventOf(journalOf(3).records))).toEqual({ batchItemFailures: [] });
    expect(frames).toEqual([1, 2, 3]);
    expect(metrics).toEqual(['ClearedFrames', 'published']);
  });

  test('fails the batch from a record that cannot be accepted, every time it comes', async () => {
    const { consume, frames } = reader();
    const { handler, metrics, errors } = edge(consume);
    const { records } = journalOf(4);
    const gap = records.filter((_, index) => index !== 3);
    const failing = { batchItemFailures: [{ itemIdentifier: gap[3]?.shardSequence }] };
    expect(await handler(eventOf(gap))).toEqual(failing);
    expect(await handler(eventOf(gap.slice(3)))).toEqual(failing);
    expect(frames).toEqual([1, 2]);
    expect(metrics.filter((name) => name === 'JournalStopped')).toHaveLength(2);
    expect(JSON.stringify(errors)).toContain('frame_gap');
  });

  test('fails the whole batch on a fault, and counts a bug apart', async () => {
    const fault = edge(() => Promise.reject(new Error('DynamoDB is away')));
    await expect(fault.handler(eventOf(journalOf(1).records))).rejects.toThrow('away');
    expect(fault.metrics).toEqual([]);
    const bug = edge(() => Promise.reject(new AssertionFailed('the run makes 1 of ETH')));
    await expect(bug.handler(eventOf(journalOf(1).records))).rejects.toThrow('makes 1');
    expect(bug.metrics).toEqual(['ClearingMismatch', 'published']);
  });

  test('knows a group by its stream, also through a fan-out consumer, and no other stream', () => {
    expect(groupOfStream(streams, streamArn(streams.g1))).toBe('g1');
    expect(groupOfStream(streams, `${streamArn(streams.g2)}/consumer/settlement:17`)).toBe('g2');
    expect(() => groupOfStream(streams, streamArn('crossbook-journal'))).toThrow('no journal');
  });
});

describe('a run', () => {
  test('skips what was looked at before, so that a repeated batch accepts nothing', () => {
    const { records } = journalOf(3);
    const first = takeRun('g2', startOfJournal, records, {});
    const again = takeRun('g2', first.to, records, {});
    expect(again).toEqual({ frames: [], to: first.to });
  });

  test('ends where its bound says, and the next goes on there', () => {
    const { records } = journalOf(3);
    const through = records[2]?.shardSequence ?? '';
    const first = takeRun('g2', startOfJournal, records, { shardSequence: through });
    expect(first.frames.map((frame) => frame.frame)).toEqual([1, 2]);
    const rest = takeRun('g2', first.to, records, {});
    expect(rest.frames.map((frame) => frame.frame)).toEqual([3]);
  });

  test('covers epoch records and zombies: their position is part of the watermark', () => {
    const journal = journalOf(1);
    journal.zombieAfter(() => journal.epoch(), []);
    const run = takeRun('g2', startOfJournal, journal.records, {});
    expect(run.to).toMatchObject({
      epoch: 2,
      frame: 1,
      shardSequence: journal.records.at(-1)?.shardSequence,
    });
  });
});
