import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startOfJournal } from '#wire/accept-record.ts';
import {
  type ArchiveObject,
  archiveKey,
  archivePrefix,
  decodeArchiveObject,
  encodeArchiveObject,
  keyAfter,
  spanOf,
} from '#wire/archive-object.ts';

const position = fc.record({ frame: fc.maxSafeNat(), epoch: fc.maxSafeNat() });
const span = fc.record({
  groupId: fc.stringMatching(/^[a-z0-9-]{1,12}$/),
  first: position,
  last: position,
});
const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((each) => `0x${Buffer.from(each).toString('hex')}`);
const object: fc.Arbitrary<ArchiveObject> = fc
  .record({
    groupId: fc.stringMatching(/^[a-z0-9-]{1,12}$/),
    records: fc.array(
      fc.record({
        data: fc.uint8Array({ maxLength: 300 }),
        shardSequence: fc.bigInt({ min: 1n, max: 10n ** 60n }).map(String),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    watermark: fc.record({
      epoch: fc.maxSafeNat(),
      nonce: hex(16),
      frame: fc.maxSafeNat(),
      chain: hex(32),
      lastSequence: fc.maxSafeNat(),
      clock: fc.maxSafeNat(),
    }),
  })
  .map(({ watermark, ...rest }) => ({
    ...rest,
    watermark: { ...watermark, shardSequence: rest.records.at(-1)?.shardSequence ?? '' },
  }));

describe('keys of the archive', () => {
  test('say what they span, and no other key does', () => {
    fc.assert(
      fc.property(span, (each) => {
        expect(spanOf(archiveKey(each))).toEqual(each);
      }),
    );
    for (const key of ['journal/g1/', 'journal/g1/12-7', 'snapshots/g1/0000000000000007', ''])
      expect(spanOf(key)).toBeUndefined();
  });

  test('sort by where their objects end, and behind a position stand those that end behind it', () => {
    fc.assert(
      fc.property(span, span, (one, other) => {
        const ends = (each: typeof one) => [each.last.frame, each.last.epoch] as const;
        const [[frame, epoch], [otherFrame, otherEpoch]] = [ends(one), ends(other)];
        const isBehind = otherFrame > frame || (otherFrame === frame && otherEpoch > epoch);
        const same = { ...other, groupId: one.groupId };
        expect(archiveKey(same) > keyAfter(one.groupId, one.last)).toBe(isBehind);
      }),
    );
  });
});

describe('objects of the archive', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(object, (each) => {
        const { status, ...read } = decodeArchiveObject(encodeArchiveObject(each)) as {
          status: string;
        } & ArchiveObject;
        expect(status).toBe('good');
        expect({
          ...read,
          records: read.records.map((record) => ({ ...record, data: Buffer.from(record.data) })),
        }).toEqual({
          ...each,
          records: each.records.map((record) => ({ ...record, data: Buffer.from(record.data) })),
        });
      }),
    );
  });

  test('with any changed byte, or any end cut off, do not read', () => {
    fc.assert(
      fc.property(object, fc.nat(), fc.integer({ min: 1, max: 255 }), (each, at, by) => {
        const bytes = encodeArchiveObject(each);
        const changed = bytes.slice();
        const index = at % bytes.length;
        changed[index] = (changed[index] as number) ^ by;
        expect(decodeArchiveObject(changed).status).toBe('bad');
        expect(decodeArchiveObject(bytes.subarray(0, index)).status).toBe('bad');
      }),
    );
  });

  test('have the bytes that docs/journal.md describes', () => {
    const watermark = {
      ...startOfJournal,
      ...{ epoch: 2, nonce: `0x${'ab'.repeat(16)}`, frame: 7, chain: `0x${'cd'.repeat(32)}` },
      ...{ lastSequence: 300, clock: 9, shardSequence: '258' },
    };
    const records = [{ shardSequence: '258', data: Uint8Array.of(1, 2, 3) }];
    const bytes = encodeArchiveObject({ groupId: 'g1', records, watermark });
    expect(Buffer.from(bytes.subarray(0, -4)).toString('hex')).toBe(
      [
        ...['01', '03', '00', '02', '6731', '01'],
        ...['02', '0102', '03', '010203'],
        ...['02', '00', 'ab'.repeat(16), '07', '00', 'cd'.repeat(32), 'ac02', '09'],
      ].join(''),
    );
    expect(archivePrefix('g1')).toBe('journal/g1/');
    const first = { frame: 3, epoch: 1 };
    expect(archiveKey({ groupId: 'g1', first, last: watermark })).toBe(
      'journal/g1/0000000000000007.0000000000000002-0000000000000003.0000000000000001',
    );
  });
});
