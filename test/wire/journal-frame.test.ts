import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { Outcome } from '#domain/event.ts';
import { crc32c } from '#wire/crc32c.ts';
import {
  chainAfter,
  type Decoded,
  decodeRecord,
  encodeEpoch,
  encodeFrame,
  type Frame,
  FrameBuilder,
  genesisHash,
  nonceFrom,
} from '#wire/journal-frame.ts';
import { anyCommand, anyEvent } from './journal-arbitraries.ts';

type Given = Omit<Frame, 'kind'>;

const atMs = 1_790_000_000_000;
const empty: Given = {
  groupId: 'majors',
  epoch: 3,
  frame: 9,
  firstSequence: 101,
  lastSequence: 100,
  clock: 12,
  atMs,
  rulesVersion: 2,
  previousHash: `0x${'5a'.repeat(32)}`,
  eventHash: '6b'.repeat(8),
  outcomes: [],
};

/** A frame of these outcomes, its events numbered from 101. */
function frameOf(outcomes: Outcome<Command>[]): Given {
  let sequence = empty.firstSequence;
  const numbered = outcomes.map(({ command, events }) => ({
    command,
    events: events.map((event) => ({
      ...event,
      sequence: sequence++,
      ...('commandId' in event ? { commandId: command.commandId } : {}),
    })),
  }));
  return { ...empty, lastSequence: sequence - 1, outcomes: numbered };
}

const anyFrame = fc
  .array(fc.record({ command: anyCommand, events: fc.array(anyEvent, { maxLength: 6 }) }), {
    maxLength: 6,
  })
  .map(frameOf);

describe('a frame', () => {
  test('comes back as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeRecord(encodeFrame(frame))).toEqual({ kind: 'frame', ...frame });
      }),
      { numRuns: 500 },
    );
  });

  test('is the same bytes whether built at once or command by command, by a builder of whatever secret that built others before', () => {
    const builder = new FrameBuilder({ hashSecret: 0x9e3779b9 });
    fc.assert(
      fc.property(anyFrame, (frame) => {
        builder.open(frame.atMs);
        for (const { command, events } of frame.outcomes) builder.append(command, events);
        expect(builder.count).toBe(frame.outcomes.length);
        expect(builder.close(frame)).toEqual(encodeFrame(frame));
      }),
      { numRuns: 50 },
    );
  });

  test('tells the state of its end or of a frame before, and is otherwise the frame that it is without', () => {
    for (const frame of [empty.frame, 1]) {
      const stateCheck = { frame, stateHash: '0123456789abcdef' };
      const told = encodeFrame({ ...empty, stateCheck });
      expect(decodeRecord(told)).toEqual({ kind: 'frame', ...empty, stateCheck });
      expect(told).toHaveLength(encodeFrame(empty).length + 8);
    }
    const before = { ...empty, stateCheck: { frame: 0, stateHash: '0123456789abcdef' } };
    expect(decodeRecord(encodeFrame(before))).toMatchObject({ kind: 'bad', reason: 'body' });
  });

  test('may be empty', () => {
    expect(decodeRecord(encodeFrame(empty))).toEqual({ kind: 'frame', ...empty });
  });

  test('that states more or fewer events than it holds is bad', () => {
    const frame = { ...frameOf([]), lastSequence: 101 };
    expect(decodeRecord(encodeFrame(frame))).toMatchObject({ kind: 'bad', reason: 'body' });
  });

  test('of the first rules does not read as one of these, and says whose rules it is of', () => {
    // A tick and its event, with the command's tag replaced by the first rules' `place`, which nothing reads any more.
    const tick = { type: 'tick' as const, commandId: 't', nowMs: atMs };
    const frame = frameOf([{ command: tick, events: [] }]);
    const bytes = encodeFrame({ ...frame, rulesVersion: 1 });
    const tagAt = bytes.length - 4 - 6;
    expect(bytes[tagAt]).toBe(6);
    for (const dropped of [1, 2, 5]) {
      bytes[tagAt] = dropped;
      expect(decodeRecord(resealed(bytes))).toEqual({
        kind: 'bad',
        reason: 'body',
        rulesVersion: 1,
      });
    }
  });
});

/** The bytes with the checksum that they ought to have. */
function resealed(bytes: Uint8Array): Uint8Array {
  const at = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(at, crc32c(bytes.subarray(0, at)), true);
  return bytes;
}

describe('a record', () => {
  test('with any byte changed has a bad CRC', () => {
    const whole = encodeFrame(empty);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] as number) ^ flip;
        expect(decodeRecord(bytes)).toEqual({ kind: 'bad', reason: 'crc' });
      }),
    );
  });

  test('of arbitrary bytes is bad, never an exception', () => {
    const sealed = (body: Uint8Array) => {
      const bytes = new Uint8Array(body.length + 4);
      bytes.set(body);
      new DataView(bytes.buffer).setUint32(body.length, crc32c(body), true);
      return bytes;
    };
    const body = fc.uint8Array({ maxLength: 200 });
    const kind = fc.constantFrom(0, 1, 2, 3);
    fc.assert(
      fc.property(body, kind, fc.boolean(), (rest, kind, isSealed) => {
        const bytes = Uint8Array.of(2, kind, ...rest);
        const decoded: Decoded = decodeRecord(isSealed ? sealed(bytes) : rest);
        expect(['bad', 'epoch', 'frame']).toContain(decoded.kind);
      }),
      { numRuns: 1_000 },
    );
  });

  test('cut short is bad', () => {
    const whole = encodeFrame(empty);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeRecord(whole.subarray(0, length)).kind).toBe('bad');
    }
  });
});

test('an epoch record is laid out as docs/journal.md says, byte by byte', () => {
  const nonce = nonceFrom(Uint8Array.from({ length: 20 }, (_, index) => index));
  const record = encodeEpoch({ groupId: 'g', epoch: 300, nonce });
  const fields = [
    2, 2, 0, 1, 0x67, 0xac, 0x02, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  ];
  const seal = crc32c(Uint8Array.from(fields));
  expect([...record]).toEqual([
    ...fields,
    seal & 255,
    (seal >>> 8) & 255,
    (seal >>> 16) & 255,
    seal >>> 24,
  ]);
  expect(decodeRecord(record)).toEqual({ kind: 'epoch', groupId: 'g', epoch: 300, nonce });
});

test('CRC-32C agrees with RFC 3720', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
});

test('the chain is SHA-256 of what was before and the record', () => {
  // Both values by another implementation of SHA-256.
  expect(chainAfter(genesisHash, new Uint8Array())).toBe(
    '0x66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
  );
  expect(chainAfter(genesisHash, new TextEncoder().encode('abc'))).toBe(
    '0x365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370',
  );
});

describe('frame vectors: what is on disk stays readable', () => {
  type Vector = { name: string; record: string; decoded: Frame };
  const text = readFileSync(new URL('vectors/frames.json', import.meta.url), 'utf8');
  const vectors = JSON.parse(text, (_, value) => {
    const isBigint = typeof value === 'string' && /^\d+n$/.test(value);
    return isBigint ? BigInt(value.slice(0, -1)) : value;
  }) as Vector[];

  test.each(vectors)('$name', ({ record, decoded }) => {
    expect(decodeRecord(Buffer.from(record, 'hex'))).toEqual(decoded);
    expect(Buffer.from(encodeFrame(decoded)).toString('hex')).toBe(record);
  });
});
