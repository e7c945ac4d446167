import { describe, expect, test } from 'vitest';
import { archiveJournal } from '#cloud/archive-journal.ts';
import { ArchiveDamaged, createArchiveStore } from '#cloud/archive-store.ts';
import { isAfter, type JournalRecord } from '#cloud/journal-run.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { archiveKey, decodeArchiveObject, type Position } from '#wire/archive-object.ts';
import { HandWrittenJournal, seeded, startMs, trade } from './clearing-journal.ts';
import { Died, MemoryBucket } from './memory-bucket.ts';

const groupId = 'g1';

/** Frames of three leaders, with zombies, repeated puts and two epochs in a row. */
function journalOf(frames: number): HandWrittenJournal {
  const journal = new HandWrittenJournal(groupId);
  const event = () => trade({ maker: 1, taker: 2, takerSide: 'buy', baseUnits: 1, quoteUnits: 2 });
  journal.epoch();
  for (let frame = 1; frame <= frames; frame += 1) {
    if (frame === Math.ceil(frames / 3)) journal.zombieAfter(() => journal.epoch(), [event()]);
    if (frame === Math.ceil(frames / 2)) {
      journal.epoch();
      journal.epoch();
    }
    journal.frame([event(), event()], startMs + frame);
    if (frame % 4 === 0) journal.repeat();
  }
  return journal;
}

/** One process that archives; the stream holds what `retained` leaves of it. */
function archiver(bucket: MemoryBucket, stream: readonly JournalRecord[]) {
  const store = createArchiveStore(bucket);
  async function* follow(_: string, after: string) {
    const left = stream.filter(({ shardSequence }) => isAfter(shardSequence, after));
    for (let at = 0; at < left.length; at += 3) yield left.slice(at, at + 3);
  }
  const consume = (group: string, records: readonly JournalRecord[]) =>
    archiveJournal({ store, follow }, group, records);
  return { store, consume };
}

const accepted = (records: readonly JournalRecord[]) => {
  let state: Watermark = startOfJournal;
  const taken: JournalRecord[] = [];
  for (const record of records) {
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type === 'stop') throw new Error(verdict.detail);
    state = verdict.state;
    if (verdict.type !== 'ignored') taken.push(record);
  }
  return { state, taken };
};

async function readBack(
  bucket: MemoryBucket,
  after: Position = startOfJournal,
): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const batch of createArchiveStore(bucket).read(groupId, after)) records.push(...batch);
  return records;
}

const span = (first: number, last: number) => ({
  groupId,
  first: { frame: first, epoch: 1 },
  last: { frame: last, epoch: 1 },
});

const plain = (records: readonly JournalRecord[]) =>
  records.map(({ data, shardSequence }) => [shardSequence, Buffer.from(data).toString('hex')]);

/** Reads as readers do, and expects the whole journal. */
async function expectWhole(bucket: MemoryBucket, journal: HandWrittenJournal): Promise<void> {
  const whole = accepted(journal.records);
  const read = accepted(await readBack(bucket));
  expect(plain(read.taken)).toEqual(plain(whole.taken));
  expect(read.state).toEqual(await createArchiveStore(bucket).end(groupId));
  expect(read.state.chain).toBe(whole.state.chain);
}

describe('the archive', () => {
  test('holds every record that counts and no other, in any batches', async () => {
    const journal = journalOf(24);
    for (const size of [1, 2, 3, 7, 100]) {
      const bucket = new MemoryBucket();
      const { consume } = archiver(bucket, journal.records);
      let frames = 0;
      for (let at = 0; at < journal.records.length; at += size) {
        const consumed = await consume(groupId, journal.records.slice(at, at + size));
        expect(consumed.status).toBe('done');
        frames += consumed.frames;
      }
      expect(frames).toBe(24);
      await expectWhole(bucket, journal);
    }
  });

  test('given twice, to the same process or another, changes nothing', async () => {
    const journal = journalOf(12);
    const bucket = new MemoryBucket();
    const { consume } = archiver(bucket, journal.records);
    await consume(groupId, journal.records);
    const before = new Map(bucket.objects);
    expect(await consume(groupId, journal.records)).toEqual({ status: 'done', frames: 0 });
    const other = archiver(bucket, journal.records);
    expect(await other.consume(groupId, journal.records)).toEqual({ status: 'done', frames: 0 });
    expect(bucket.objects).toEqual(before);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'is whole and holds each key with the same bytes after deaths at any await (seed %i)',
    async (seed) => {
      const draw = seeded(seed);
      const journal = journalOf(30);
      const bucket = new MemoryBucket();
      const bytesOf = new Map<string, string>();
      let processes = [archiver(bucket, journal.records), archiver(bucket, journal.records)];
      let done = 0;
      while (done < journal.records.length) {
        bucket.death = { call: bucket.calls + 1 + draw(4), isDone: draw(2) === 0 };
        // Lambda gives the records behind its checkpoint again, cut anew, sometimes to a process that slept.
        const batch = journal.records.slice(done, done + 1 + draw(8));
        const process = processes[draw(2)] as (typeof processes)[number];
        try {
          const consumed = await process.consume(groupId, batch);
          expect(consumed, JSON.stringify(consumed)).toMatchObject({ status: 'done' });
          done += batch.length;
        } catch (error) {
          if (!(error instanceof Died)) throw error;
          processes = processes.map((each) =>
            each === process ? archiver(bucket, journal.records) : each,
          );
        }
        bucket.death = undefined;
        for (const [key, bytes] of bucket.objects) {
          const hex = Buffer.from(bytes).toString('hex');
          expect(bytesOf.get(key) ?? hex).toBe(hex);
          bytesOf.set(key, hex);
        }
      }
      await expectWhole(bucket, journal);
    },
  );
});

describe('the archive, where processes overlap or forget', () => {
  test('a process that slept while another went on does no harm', async () => {
    const journal = journalOf(24);
    const bucket = new MemoryBucket();
    const slow = archiver(bucket, journal.records);
    const quick = archiver(bucket, journal.records);
    const { records } = journal;
    await slow.consume(groupId, records.slice(0, 5));
    await quick.consume(groupId, records.slice(5, 20));
    // The same part again, cut elsewhere, and then the rest.
    expect((await slow.consume(groupId, records.slice(5, 11))).status).toBe('done');
    expect((await slow.consume(groupId, records.slice(20))).status).toBe('done');
    await expectWhole(bucket, journal);
  });

  test("a dead leader's frame is not archived, also where a batch ends between the new epoch and it", async () => {
    const journal = new HandWrittenJournal(groupId);
    const event = trade({ maker: 1, taker: 2, takerSide: 'buy', baseUnits: 1, quoteUnits: 2 });
    journal.epoch();
    journal.frame([]);
    journal.zombieAfter(() => journal.epoch(), [event]);
    journal.frame([]);
    const bucket = new MemoryBucket();
    const { records } = journal;
    const slept = archiver(bucket, records);
    await slept.consume(groupId, records.slice(0, 2));
    await archiver(bucket, records).consume(groupId, records.slice(2, 3));
    expect(await slept.consume(groupId, records.slice(3, 4))).toEqual({
      status: 'done',
      frames: 0,
    });
    await slept.consume(groupId, records.slice(4));
    await expectWhole(bucket, journal);
  });

  test('that lost its newest objects heals from the stream', async () => {
    const journal = journalOf(24);
    const bucket = new MemoryBucket();
    const { records } = journal;
    for (let at = 0; at < 20; at += 4)
      await archiver(bucket, records).consume(groupId, records.slice(at, at + 4));
    const [, , ...newest] = [...bucket.objects.keys()].sort();
    for (const key of newest) bucket.objects.delete(key);
    expect((await archiver(bucket, records).consume(groupId, records.slice(20))).status).toBe(
      'done',
    );
    await expectWhole(bucket, journal);
  });
});

describe('an archive that lost its newest objects', () => {
  test('heals also where the next batch begins with a new epoch, and keeps no epoch that nothing proves', async () => {
    const journal = new HandWrittenJournal(groupId);
    journal.epoch();
    journal.frame([]);
    journal.epoch();
    journal.frame([]);
    journal.epoch();
    journal.frame([]);
    const { records } = journal;
    const bucket = new MemoryBucket();
    await archiver(bucket, records).consume(groupId, records.slice(0, 2));
    const gone = await archiver(bucket, []).consume(groupId, records.slice(4)).catch(String);
    expect(gone).toMatchObject({ status: 'stopped', frames: 0 });
    expect(bucket.objects.size).toBe(1);
    const healed = await archiver(bucket, records).consume(groupId, records.slice(4));
    expect(healed).toEqual({ status: 'done', frames: 2 });
    await expectWhole(bucket, journal);
  });
});

describe('what cannot be archived', () => {
  test('a gap that the stream no longer fills stops it at the batch, every time, and writes nothing', async () => {
    const journal = journalOf(24);
    const bucket = new MemoryBucket();
    const kept = journal.records.slice(12);
    for (let tried = 0; tried < 2; tried += 1) {
      const stopped = await archiver(bucket, kept).consume(groupId, kept.slice(2, 6));
      expect(stopped).toMatchObject({
        status: 'stopped',
        frames: 0,
        stop: { shardSequence: kept[2]?.shardSequence },
      });
    }
    expect(bucket.objects.size).toBe(0);
  });

  test('a broken record stops it there; what came before is kept', async () => {
    const journal = journalOf(8);
    const records = journal.records.map((record, index) =>
      index === 6 ? { ...record, data: record.data.map((byte) => byte ^ 1) } : record,
    );
    const bucket = new MemoryBucket();
    const stopped = await archiver(bucket, records).consume(groupId, records);
    expect(stopped).toMatchObject({
      status: 'stopped',
      stop: { reason: 'bad_crc', shardSequence: records[6]?.shardSequence },
    });
    expect(accepted(await readBack(bucket)).taken).toHaveLength(
      accepted(records.slice(0, 6)).taken.length,
    );
  });
});

describe('reading the archive', () => {
  async function filled(frames: number, size = 4) {
    const journal = journalOf(frames);
    const bucket = new MemoryBucket();
    const { consume, store } = archiver(bucket, journal.records);
    for (let at = 0; at < journal.records.length; at += size)
      await consume(groupId, journal.records.slice(at, at + size));
    return { journal, bucket, store };
  }

  test('from any frame on, a reader who stands there reads the rest', async () => {
    const { journal, bucket } = await filled(24);
    let state: Watermark = startOfJournal;
    const { taken, state: whole } = accepted(journal.records);
    for (const record of taken) {
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop' || verdict.type === 'ignored') throw new Error('not accepted');
      state = verdict.state;
      let reader = state;
      for (const each of await readBack(bucket, state)) {
        const next = acceptRecord(groupId, reader, each);
        if (next.type === 'stop') throw new Error(next.detail);
        reader = next.state;
      }
      expect({ frame: reader.frame, chain: reader.chain }).toEqual({
        frame: whole.frame,
        chain: whole.chain,
      });
    }
  });

  test('finds the newest of many objects by few listings', async () => {
    const { bucket, store } = await filled(400, 1);
    expect(bucket.objects.size).toBeGreaterThan(390);
    bucket.pageSize = 3;
    for (const each of [store, createArchiveStore(bucket)]) {
      bucket.lists = 0;
      expect(await each.end(groupId)).toMatchObject({ frame: 400 });
      expect(bucket.lists).toBeLessThan(each === store ? 2 : 25);
    }
  });

  test('an empty archive ends before frame 1, and other groups are not seen', async () => {
    const { bucket, store } = await filled(4);
    expect(await store.end('g2')).toEqual(startOfJournal);
    expect(await createArchiveStore(new MemoryBucket()).end(groupId)).toEqual(startOfJournal);
    bucket.objects.set(archiveKey({ ...span(1, 9), groupId: 'g11' }), Buffer.from(''));
    expect(await store.end(groupId)).toMatchObject({ frame: 4 });
  });

  test('an object with one changed byte, or under another name, is never read over', async () => {
    const { bucket, journal } = await filled(8);
    const [key = ''] = [...bucket.objects.keys()].sort();
    const bytes = bucket.objects.get(key) as Uint8Array;
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(decodeArchiveObject(changed).status).toBe('bad');
    }
    for (const length of [0, 5, 40, bytes.length - 1])
      expect(decodeArchiveObject(bytes.subarray(0, length)).status).toBe('bad');
    bucket.objects.set(key, bytes.subarray(0, bytes.length - 1));
    await expect(readBack(bucket)).rejects.toThrow(ArchiveDamaged);
    bucket.objects.set(key, bytes);
    bucket.objects.set(archiveKey(span(1, 7)), bytes);
    await expect(readBack(bucket)).rejects.toThrow(/holds g1 to frame/);
    expect(accepted(journal.records).state.frame).toBe(8);
  });
});
