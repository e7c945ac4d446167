import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptRecord, startOfJournal, type Verdict, type Watermark } from '#wire/accept-record.ts';
import { crc32c } from '#wire/crc32c.ts';
import { chainAfter, encodeEpoch, encodeFrame, type FrameHeader } from '#wire/journal-frame.ts';

const nonce = (byte: string) => `0x${byte.repeat(16)}`;
const epochRecord = (epoch: number, by = 'e1', groupId = 'majors') =>
  encodeEpoch({ groupId, epoch, nonce: nonce(by) });

/** The frame that continues a watermark with two events, unless the case says otherwise. */
function frameRecord(state: Watermark, header: Partial<FrameHeader> = {}): Uint8Array {
  const { firstSequence = state.lastSequence + 1 } = header;
  const tick = { type: 'tick' as const, commandId: `t${firstSequence}`, nowMs: 1_000 };
  const accepted = { type: 'accepted' as const, commandId: tick.commandId };
  return encodeFrame({
    groupId: 'majors',
    epoch: state.epoch,
    frame: state.frame + 1,
    clock: state.clock + 1,
    atMs: 1_000,
    rulesVersion: 1,
    previousHash: state.chain,
    eventHash: '0'.repeat(16),
    ...header,
    firstSequence,
    lastSequence: firstSequence + 1,
    outcomes: [0, 1].map((each) => ({
      command: tick,
      events: [{ ...accepted, sequence: firstSequence + each }],
    })),
  });
}

let shardSequence = 0;
function read(state: Watermark, data: Uint8Array): Verdict {
  shardSequence += 1;
  return acceptRecord('majors', state, { data, shardSequence: `${shardSequence}` });
}

/** Reads what must count or be ignored. */
function readOn(state: Watermark, data: Uint8Array): Watermark {
  const verdict = read(state, data);
  if (verdict.type === 'stop') throw new Error(`${verdict.reason}: ${verdict.detail}`);
  return verdict.state;
}

const reasonOf = (verdict: Verdict) => (verdict.type === 'stop' ? verdict.reason : verdict.type);

/** Epoch 5 with one frame. */
const epoch5 = readOn(startOfJournal, epochRecord(5));
const frame1 = frameRecord(epoch5);
const started = readOn(epoch5, frame1);

describe('PROTOCOL 2, rule 1: bad CRC, version or group stops', () => {
  test('a wrong checksum', () => {
    const bytes = frameRecord(started);
    bytes[10] = (bytes[10] as number) ^ 1;
    expect(reasonOf(read(started, bytes))).toBe('bad_crc');
  });

  test('a format version of the future', () => {
    const bytes = frameRecord(started);
    bytes[0] = 3;
    const at = bytes.length - 4;
    new DataView(bytes.buffer).setUint32(at, crc32c(bytes.subarray(0, at)), true);
    expect(reasonOf(read(started, bytes))).toBe('bad_version');
  });

  test('a body that does not read, told with the rules that it was written under', () => {
    const { epoch, frame, lastSequence } = started;
    const bytes = encodeFrame({
      groupId: 'majors',
      epoch,
      frame: frame + 1,
      clock: 9,
      atMs: 1_000,
      rulesVersion: 1,
      previousHash: started.chain,
      eventHash: '0'.repeat(16),
      // It states an event that it does not hold.
      firstSequence: lastSequence + 1,
      lastSequence: lastSequence + 1,
      outcomes: [],
    });
    const verdict = read(started, bytes);
    expect(verdict).toMatchObject({ type: 'stop', reason: 'bad_body', rulesVersion: 1 });
  });

  test('another group', () => {
    expect(reasonOf(read(started, frameRecord(started, { groupId: 'alts' })))).toBe('other_group');
    expect(reasonOf(read(started, epochRecord(6, 'e1', 'alts')))).toBe('other_group');
  });
});

describe('PROTOCOL 2, rule 2: epoch records', () => {
  test('a higher epoch is taken and joins the chain', () => {
    const record = epochRecord(9, '09');
    const verdict = read(started, record);
    expect(verdict).toMatchObject({
      type: 'epoch',
      state: {
        epoch: 9,
        nonce: nonce('09'),
        frame: started.frame,
        lastSequence: started.lastSequence,
        chain: chainAfter(started.chain, record),
      },
    });
  });

  test('the same epoch with another nonce stops: two processes took it', () => {
    expect(reasonOf(read(started, epochRecord(5, 'ff')))).toBe('rival_epoch');
  });

  test('the same record again is a repeated put and ignored', () => {
    expect(read(started, epochRecord(5))).toMatchObject({ type: 'ignored', why: 'repeated' });
  });

  test('a lower epoch is ignored', () => {
    expect(read(started, epochRecord(4))).toMatchObject({ type: 'ignored', why: 'zombie' });
  });
});

describe('PROTOCOL 2, rule 3: frames of another epoch', () => {
  test('of a lower epoch are ignored, whatever they hold', () => {
    const next = readOn(started, epochRecord(6));
    const zombies = [frameRecord(started), frame1, frameRecord(started, { frame: 99 })];
    for (const zombie of zombies) {
      expect(read(next, zombie)).toMatchObject({ type: 'ignored', why: 'zombie' });
    }
  });

  test('of a higher epoch stop', () => {
    expect(reasonOf(read(started, frameRecord(started, { epoch: 6 })))).toBe(
      'frame_of_unknown_epoch',
    );
  });
});

describe('PROTOCOL 2, rule 4: frame numbers that were there', () => {
  test('the newest frame again is ignored', () => {
    expect(read(started, frame1)).toMatchObject({ type: 'ignored', why: 'repeated' });
  });

  test('an older frame again is ignored', () => {
    const later = readOn(started, frameRecord(started));
    expect(read(later, frame1)).toMatchObject({ type: 'ignored', why: 'repeated' });
  });

  test('other bytes under the newest number stop', () => {
    const other = frameRecord(epoch5, { atMs: 2_000 });
    expect(reasonOf(read(started, other))).toBe('same_number_other_frame');
  });

  test('a new leader that reuses the number of the last frame stops', () => {
    const next = readOn(started, epochRecord(6));
    const reused = frameRecord({ ...next, frame: next.frame - 1 });
    expect(reasonOf(read(next, reused))).toBe('same_number_other_frame');
  });
});

describe('PROTOCOL 2, rule 5: what does not continue stops', () => {
  test.each<[string, Partial<FrameHeader>, string]>([
    ['a missing frame', { frame: 3 }, 'frame_gap'],
    ['another previous hash', { previousHash: `0x${'00'.repeat(32)}` }, 'broken_chain'],
    ['a sequence gap', { firstSequence: 4 }, 'sequence_gap'],
    ['sequence numbers that were there', { firstSequence: 2 }, 'sequence_gap'],
    ['a clock that stands still', { clock: 1 }, 'clock_went_back'],
  ])('%s', (_, header, reason) => {
    expect(reasonOf(read(started, frameRecord(started, header)))).toBe(reason);
  });

  test('a frame that continues the chain from before the epoch record stops', () => {
    const next = readOn(started, epochRecord(6));
    const blind = frameRecord(next, { previousHash: started.chain });
    expect(reasonOf(read(next, blind))).toBe('broken_chain');
  });
});

describe('PROTOCOL 2, rule 6: what continues counts', () => {
  test('the watermark moves with it', () => {
    const data = frameRecord(started);
    const verdict = acceptRecord('majors', started, { data, shardSequence: '4711' });
    expect(verdict).toMatchObject({ type: 'frame', frame: { frame: 2, firstSequence: 3 } });
    expect(verdict.type === 'frame' && verdict.state).toEqual({
      epoch: 5,
      nonce: nonce('e1'),
      frame: 2,
      chain: chainAfter(started.chain, data),
      lastSequence: 4,
      clock: 2,
      shardSequence: '4711',
    });
  });

  test('ignored records move the shard sequence and nothing else', () => {
    const verdict = acceptRecord('majors', started, { data: frame1, shardSequence: '4711' });
    expect(verdict).toEqual({
      type: 'ignored',
      why: 'repeated',
      state: { ...started, shardSequence: '4711' },
    });
  });

  test('readers that saw the same records agree, wherever zombies and repeats lie between', () => {
    const second = frameRecord(started);
    const afterSecond = readOn(started, second);
    const takeOver = epochRecord(6, '06');
    const third = frameRecord(readOn(afterSecond, takeOver));
    const zombies = [frameRecord(afterSecond), epochRecord(4), epochRecord(5)];
    const clean = [epochRecord(5), frame1, second, takeOver, third];
    const noise = fc.array(fc.constantFrom(...zombies), { maxLength: 6 });
    const repeats = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(noise, repeats, (late, [again1, again2, again3]) => {
        const records = [epochRecord(5), frame1, ...(again1 ? [frame1] : []), second];
        if (again2) records.push(second, frame1);
        records.push(takeOver, ...late, third);
        if (again3) records.push(third, ...late);
        const final = records.reduce(readOn, startOfJournal);
        expect({ ...final, shardSequence: '' }).toEqual({
          ...clean.reduce(readOn, startOfJournal),
          shardSequence: '',
        });
      }),
    );
  });
});
