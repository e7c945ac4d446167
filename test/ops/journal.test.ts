import { beforeAll, describe, expect, test } from 'vitest';
import type { JournalRecord } from '#cloud/journal-run.ts';
import {
  type ArchiveObject,
  decodeArchiveObject,
  encodeArchiveObject,
} from '#wire/archive-object.ts';
import type { MemoryBucket } from '../cloud/memory-bucket.ts';
import { archiveOf, groupId, journalLine, rewritten, writtenJournal } from './archived-journal.ts';

let written: Awaited<ReturnType<typeof writtenJournal>>;
let records: readonly JournalRecord[];
let lastFrame: number;
beforeAll(async () => {
  written = await writtenJournal();
  records = written.records;
  lastFrame = written.frames.length;
});

/** Changes one object in place, as nobody may. */
function tamper(
  bucket: MemoryBucket,
  nth: number,
  change: (object: ArchiveObject) => void,
): string {
  const key = [...bucket.objects.keys()].sort()[nth] ?? '';
  const object = decodeArchiveObject(bucket.objects.get(key) as Uint8Array);
  if (object.status === 'bad') throw new Error(object.why);
  const { groupId: group, watermark } = object;
  const changed = { groupId: group, watermark, records: [...object.records] };
  change(changed);
  bucket.objects.set(key, encodeArchiveObject(changed));
  return key;
}

describe('verify', () => {
  test('proves a journal from frame 1 through archive and stream', async () => {
    const half = Math.floor(records.length / 2);
    const bucket = await archiveOf(records.slice(0, half));
    // The stream has forgotten what is archived, but for the last few records.
    const kept = { bucket, stream: records.slice(half - 3) };
    const { code, said } = await journalLine(['verify', '--json'], kept);
    expect(code).toBe(0);
    const proof = JSON.parse(said);
    expect(proof).toMatchObject({
      journal: 'verify',
      ok: true,
      group: groupId,
      from: 1,
      to: lastFrame,
      frames: lastFrame,
      epochs: 2,
    });
    expect(proof.archivedTo).toBeLessThan(lastFrame);
    expect(proof.watermark.frame).toBe(lastFrame);
    const alone = await journalLine(['verify', '--json', '--source', 'stream'], {
      stream: records,
    });
    expect(JSON.parse(alone.said).watermark.chain).toBe(proof.watermark.chain);
  });

  test('says of an archive with a damaged object which one it is, and ends with 1', async () => {
    const bucket = await archiveOf(records);
    const key = [...bucket.objects.keys()].sort()[2] ?? '';
    const bytes = bucket.objects.get(key) as Uint8Array;
    bytes[40] = (bytes[40] as number) ^ 1;
    const { code, said } = await journalLine(['verify'], { bucket });
    expect(code).toBe(1);
    expect(said).toContain('Stopped in the archive');
    expect(said).toContain(`${key}: its checksum does not hold`);
  });

  test('finds a record that was changed under a checksum that holds, and names its frame', async () => {
    const bucket = await archiveOf(records);
    const other = rewritten(records, (frame) => ({ ...frame, atMs: frame.atMs + 1 }));
    const key = tamper(bucket, 1, (object) => {
      const at = object.records[1]?.shardSequence;
      const changed = other.find(({ shardSequence }) => shardSequence === at);
      object.records[1] = changed as JournalRecord;
    });
    const { code, said } = await journalLine(['verify', '--json'], { bucket });
    expect(code).toBe(1);
    expect(JSON.parse(said)).toMatchObject({
      ok: false,
      stop: { reason: 'broken_chain', where: key },
    });
  });

  test('finds a whole journal that was written anew by what its objects say of the chain', async () => {
    const bucket = await archiveOf(records);
    const other = rewritten(records, (frame) => ({ ...frame, atMs: frame.atMs + 1 }));
    const first = tamper(bucket, 0, (object) => {
      object.records = other.slice(0, object.records.length) as ArchiveObject['records'];
    });
    const { said } = await journalLine(['verify', '--json'], { bucket });
    expect(JSON.parse(said)).toMatchObject({ stop: { reason: 'archive_disagrees', where: first } });
  });

  test('finds a missing object', async () => {
    const bucket = await archiveOf(records);
    const gone = [...bucket.objects.keys()].sort()[2] ?? '';
    bucket.objects.delete(gone);
    const { code, said } = await journalLine(['verify', '--json'], { bucket });
    expect(code).toBe(1);
    expect(JSON.parse(said).stop.reason).toMatch(
      /^(frame_gap|broken_chain|frame_of_unknown_epoch)$/,
    );
  });
});

describe('verify, of a part', () => {
  test('proves any range from any frame on, and stands with the whole', async () => {
    const bucket = await archiveOf(records);
    const whole = JSON.parse((await journalLine(['verify', '--json'], { bucket })).said);
    for (let from = 2; from <= lastFrame; from += 1) {
      const part = await journalLine(['verify', '--json', '--from', String(from)], { bucket });
      expect(JSON.parse(part.said)).toMatchObject({
        ok: true,
        frames: lastFrame - from + 1,
        watermark: { chain: whole.watermark.chain, frame: lastFrame },
      });
    }
    const middle = await journalLine(['verify', '--json', '--from', '3', '--to', '7'], { bucket });
    expect(JSON.parse(middle.said)).toMatchObject({ ok: true, frames: 5, to: 7 });
  });

  test('of a stream that forgot its beginning stops, says so, and goes on from a frame it has', async () => {
    const stream = records.slice(6);
    const forgetful = await journalLine(['verify', '--source', 'stream'], { stream });
    expect(forgetful.code).toBe(1);
    expect(forgetful.said).toContain('A stream forgets');
    const early = await journalLine(['verify', '--source', 'stream', '--from', '2'], { stream });
    expect(early.code).toBe(1);
    expect(early.said).toContain('the oldest frame that is kept is');
    const later = await journalLine(['verify', '--source', 'stream', '--from', '9'], { stream });
    expect(later.code).toBe(0);
  });

  test('interrupted tells what it has proved until then, and that it is not all', async () => {
    const kept = { stream: records, interruptAt: 4 };
    const { code, said } = await journalLine(['verify', '--json'], kept);
    expect(code).toBe(130);
    const proof = JSON.parse(said);
    expect(proof).toMatchObject({ ok: true, isWhole: false });
    expect(proof.to).toBeGreaterThan(1);
    expect(proof.to).toBeLessThan(lastFrame);
    expect((await journalLine(['verify'], kept)).said).toContain('Interrupted');
  });

  test('of frames that do not exist yet says so', async () => {
    const bucket = await archiveOf(records);
    const beyond = await journalLine(['verify', '--from', '100000'], { bucket, stream: records });
    expect(beyond).toMatchObject({ code: 1, said: expect.stringContaining('no frame 100000') });
    expect((await journalLine(['verify'], {})).code).toBe(0);
  });
});

describe('replay', () => {
  test('comes to the state and the events of the matcher that wrote the journal', async () => {
    const half = Math.floor(records.length / 2);
    const kept = { bucket: await archiveOf(records.slice(0, half)), stream: records };
    const { code, said } = await journalLine(['replay', '--json'], kept);
    expect(code).toBe(0);
    expect(JSON.parse(said)).toMatchObject({ ok: true, to: lastFrame, ...written.hashes });
  });

  test('says where the engine does first otherwise than the journal', async () => {
    const traded = written.frames.find(({ outcomes }) =>
      outcomes.some(({ events }) => events.some(({ type }) => type === 'trade')),
    );
    const changed = rewritten(records, (frame) => ({
      ...frame,
      outcomes: frame.outcomes.map(({ command, events }) => ({
        command,
        events: events.map((event) =>
          event.type === 'trade' ? { ...event, makerFeeUnits: event.makerFeeUnits + 1 } : event,
        ),
      })),
    }));
    expect((await journalLine(['verify'], { stream: changed })).code).toBe(0);
    const { code, said } = await journalLine(['replay', '--json'], { stream: changed });
    expect(code).toBe(1);
    const { differs } = JSON.parse(said);
    expect(differs).toMatchObject({
      frame: traded?.frame,
      at: expect.stringMatching(/^events\[\d\]\.makerFeeUnits$/),
      journal: differs.engine + 1,
    });
    // What lies before --from is applied and not compared.
    const from = ['replay', '--from', String(lastFrame + 1)];
    expect((await journalLine(from, { stream: changed })).code).toBe(0);
  });

  test('of other rules is not tried', async () => {
    const old = rewritten(records, (frame) => ({ ...frame, rulesVersion: 1 }));
    const { code, said } = await journalLine(['replay'], { stream: old });
    expect(code).toBe(1);
    expect(said).toContain('rulesVersion');
  });
});

describe('dump', () => {
  test('prints each record, command and event as a line, amounts as the market shows them', async () => {
    const { code, said } = await journalLine(['dump'], { stream: records });
    expect(code).toBe(0);
    const lines = said.split('\n');
    expect(lines[0]).toMatch(/^epoch 1, nonce 0x[0-9a-f]{32}, \d+ bytes, the stream$/);
    expect(lines.filter((line) => line.startsWith('frame '))).toHaveLength(lastFrame);
    const events = written.frames.flatMap(({ outcomes }) =>
      outcomes.flatMap((each) => each.events),
    );
    expect(lines.filter((line) => /^ {4}\d+ /.test(line))).toHaveLength(events.length);
    expect(said).toMatch(/ {4}\d+ trade ETH-USDC 2 ETH at 100 = 200 USDC, taker sell 0x/);
    expect(said).toMatch(/ place 0x[0-9a-f]+ 0x[0-9a-f]+ ETH-USDC buy limit gtc 3 ETH at 101\n/);
    expect(said).toMatch(/ order_done 0x\S+ 0x\S+ ETH-USDC buy cancelled: 2 ETH of 3 ETH, fee /);
  });

  test('of a later part knows markets from the stage, or shows lots and ticks', async () => {
    const bucket = await archiveOf(records);
    const words = ['dump', '--from', '6'];
    expect((await journalLine(words, { bucket, knowsMarkets: true })).said).toContain('3 ETH at');
    expect((await journalLine(words, { bucket })).said).toContain('3 lots of ETH at');
  });

  test('prints one JSON object a record that anything reads', async () => {
    const { said } = await journalLine(['dump', '--json', '--to', '9'], { stream: records });
    const objects = said.split('\n').map((line) => JSON.parse(line));
    expect(objects.filter(({ kind }) => kind === 'frame').map(({ frame }) => frame)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(objects[0]).toMatchObject({ kind: 'epoch', epoch: 1 });
  });

  test('prints what reads and then tells why it stopped', async () => {
    const stream = records.filter((_, index) => index !== 5);
    const { code, said, told } = await journalLine(['dump'], { stream });
    expect(code).toBe(1);
    expect(said).toContain('frame 4,');
    expect(told).toContain('frame_gap');
  });
});

describe('what is typed', () => {
  test.each([
    [['prove'], 'There is no command "prove", only dump, verify, replay.'],
    [['verify', 'majors'], 'verify does not know what to do with "majors".'],
    [['verify', '--group', 'alts'], `There is no pair group "alts", only ${groupId}.`],
    [['verify', '--from', '0'], '--from is the number of a frame, 1 or more, not "0".'],
    [['verify', '--from', '9', '--to', '3'], '--to 3 comes before --from 9.'],
    [['dump', '--source', 's3'], '--source is both, archive, stream, not "s3".'],
    [['dump', '--stage', 'qa'], 'There is no stage "qa", only local, dev, prod.'],
    [['dump', '--stage', 'dev', '--state', 'x'], '--state is of a local cloud only.'],
    [['dump', '--frmo', '3'], "Unknown option '--frmo'; there are --group, --from"],
  ])('%j is answered with one sentence', async (words, sentence) => {
    const { code, told, said } = await journalLine(words, {});
    expect({ code, said }).toEqual({ code: 2, said: '' });
    expect(told).toContain(sentence);
    expect(told).toContain('npm run journal -- --help');
    const json = await journalLine([...words, '--json'], {});
    expect(JSON.parse(json.said)).toMatchObject({ ok: false });
  });

  test('nothing, or --help, prints the help', async () => {
    for (const words of [[], ['--help'], ['verify', '--help']])
      expect(await journalLine(words, {})).toMatchObject({
        code: 0,
        said: expect.stringContaining('npm run journal -- verify --group G'),
      });
  });
});
