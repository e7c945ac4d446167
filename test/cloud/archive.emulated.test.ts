import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveJournal } from '#cloud/archive-journal.ts';
import { bucketOf, createArchiveStore } from '#cloud/archive-store.ts';
import { createJournalReader, readToTip } from '#cloud/journal-reader.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { type BucketTwin, startBucket } from '../twins/bucket-twin.ts';
import { putAll, startKinesis } from '../twins/kinesis-twin.ts';
import { HandWrittenJournal, startMs, trade } from './clearing-journal.ts';

const groupId = 'g1';
const stream = 'journal-g1';

let bucket: BucketTwin;
let kinesis: { client: KinesisClient; stop(): Promise<void> };
beforeAll(async () => {
  [bucket, kinesis] = await Promise.all([startBucket(), startKinesis(stream)]);
});
afterAll(() => Promise.all([bucket.stop(), kinesis.stop()]));

function journal(frames: number): HandWrittenJournal {
  const written = new HandWrittenJournal(groupId);
  const event = trade({ maker: 1, taker: 2, takerSide: 'buy', baseUnits: 1, quoteUnits: 2 });
  written.epoch();
  for (let frame = 1; frame <= frames; frame += 1) {
    if (frame === 5) written.zombieAfter(() => written.epoch(), [event]);
    written.frame([event], startMs + frame);
  }
  return written;
}

async function stateAfter(batches: AsyncIterable<JournalRecord[]>, from: Watermark) {
  let state = from;
  for await (const records of batches) {
    for (const record of records) {
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop') throw new Error(verdict.detail);
      state = verdict.state;
    }
  }
  return state;
}

test('what the archive holds and the tail of the stream are the whole journal, also after a power cut', async () => {
  const records = await putAll(kinesis.client, stream, journal(20).records);
  const client = kinesis.client;
  const archiving = {
    store: createArchiveStore(bucketOf(bucket)),
    follow: (_: string, after: string) => createJournalReader({ client, stream }).follow(after),
  };
  const archived = records.slice(0, 15);
  for (let at = 0; at < archived.length; at += 4) {
    const consumed = await archiveJournal(archiving, groupId, archived.slice(at, at + 4));
    expect(consumed.status).toBe('done');
  }
  await bucket.killAndRestart();

  const other = createArchiveStore(bucketOf(bucket));
  const end = await other.end(groupId);
  expect(end.frame).toBe(12);
  const fromArchive = await stateAfter(other.read(groupId, startOfJournal), startOfJournal);
  expect(fromArchive).toEqual(end);
  const tail = readToTip({ client, stream }, end.shardSequence);
  const whole = await stateAfter(readToTip({ client, stream }, ''), startOfJournal);
  expect(await stateAfter(tail, end)).toEqual(whole);
  expect(whole.frame).toBe(20);
});

test('a batch that does not go on where the archive ends is filled from the stream', async () => {
  const client = kinesis.client;
  const all: JournalRecord[] = [];
  for await (const batch of readToTip({ client, stream }, '')) all.push(...batch);
  const archiving = {
    store: createArchiveStore(bucketOf(bucket)),
    follow: (_: string, after: string) => createJournalReader({ client, stream }).follow(after),
  };
  expect(await archiveJournal(archiving, groupId, all.slice(-2))).toEqual({
    status: 'done',
    frames: 8,
  });
  expect((await archiving.store.end(groupId)).frame).toBe(20);
});

test('more objects than one listing holds are read in order, and their end is found', async () => {
  const group = 'g2';
  const store = createArchiveStore(bucketOf(bucket));
  const { records } = journal(1);
  const [record] = records;
  if (!record) throw new Error('no record');
  const watermark = { ...startOfJournal, nonce: `0x${'00'.repeat(16)}` };
  const put = async (frame: number) => {
    const at = { ...watermark, frame, epoch: 1, shardSequence: record.shardSequence };
    await store.put({ groupId: group, records: [record], watermark: at }, at);
  };
  for (let frame = 1; frame <= 1_005; frame += 15)
    await Promise.all(Array.from({ length: 15 }, (_, at) => put(frame + at)));
  const other = createArchiveStore(bucketOf(bucket));
  expect((await other.end(group)).frame).toBe(1_005);
  const frames: number[] = [];
  for await (const object of other.objects(group, { frame: 50, epoch: 1 }))
    frames.push(object.watermark.frame);
  expect(frames).toEqual(Array.from({ length: 955 }, (_, at) => 51 + at));
});
