/** The quick writer of records writes what their codec writes, and mentions are found however digests are hashed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '#wire/byte-writer.ts';
import { command, event } from '#wire/command-codec.ts';
import { writeCommand, writeEvent } from '#wire/frequent-records.ts';
import { HexMentions } from '#wire/hex-mentions.ts';
import { anyCommand, anyEvent } from './journal-arbitraries.ts';

const baseMs = 1_790_000_000_000;

test('commands and events are the same bytes whether written field by field or by their codec', () => {
  const anyBody = fc.array(fc.tuple(anyCommand, fc.array(anyEvent, { maxLength: 5 })));
  fc.assert(
    fc.property(anyBody, (body) => {
      const quick = bodyBy(writeCommand, writeEvent);
      const plain = bodyBy(command.write, event.write);
      expect(quick(body)).toEqual(plain(body));
    }),
    { numRuns: 500 },
  );

  type Body = typeof anyBody extends fc.Arbitrary<infer T> ? T : never;
  function bodyBy(writeTaken: typeof writeCommand, writeDid: typeof writeEvent) {
    return (body: Body) => {
      const commands = new ByteWriter();
      const events = new ByteWriter({ beside: commands });
      commands.baseMs = baseMs;
      events.baseMs = baseMs;
      for (const [taken, did] of body) {
        writeTaken(commands, taken);
        for (const each of did) writeDid(events, each);
      }
      return [commands.take(), events.take()];
    };
  }
});

test('what was written is found again at its place, however many there are and whatever they begin with', () => {
  const word = fc.oneof(fc.constantFrom(0, 1, -1), fc.integer());
  const anyHex = fc.oneof(fc.tuple(...Array(5).fill(word)), fc.tuple(...Array(8).fill(word)));
  const secret = fc.integer();
  fc.assert(
    fc.property(secret, fc.array(anyHex, { maxLength: 2_000, size: 'max' }), (hashSecret, all) => {
      const mentions = new HexMentions(hashSecret);
      // Records were written before, the last one of them with half of these.
      for (const earlier of [[[1, 2, 3, 4, 5]], all.slice(0, all.length / 2)]) {
        for (const hex of earlier) mentions.mention(Int32Array.from(hex), 0, hex.length);
        mentions.clear();
      }
      const places = new Map<string, number>();
      for (const hex of all) {
        const words = Int32Array.from([7, ...hex]);
        const place = places.get(String(hex)) ?? -1;
        expect(mentions.find(words, 1, hex.length)).toBe(place);
        expect(mentions.mention(words, 1, hex.length)).toBe(place);
        if (place < 0) places.set(String(hex), places.size);
      }
      for (const hex of all)
        expect(mentions.find(Int32Array.from(hex), 0, hex.length)).toBe(places.get(String(hex)));
    }),
    { numRuns: 20 },
  );
});

test('what many records before had is not found, nor anything of theirs taken for it', () => {
  const mentions = new HexMentions(7);
  for (let record = 0; record < 100; record += 1) {
    const digests = Array.from({ length: 1_000 }, (_, nth) =>
      // Half of them are those of the record before.
      Int32Array.from({ length: 8 }, (_, word) => (record * 500 + nth) * (word + 1)),
    );
    const taken = digests.map((words) => mentions.mention(words, 0, 8));
    expect(taken).toEqual(digests.map(() => -1));
    const found = digests.map((words) => mentions.find(words, 0, 8));
    expect(found).toEqual([...digests.keys()]);
    mentions.clear();
  }
});

test('amounts of any size are written by their shortest bytes, the highest first', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), fc.nat(255), (value, bits) => {
      const amount = value >> BigInt(bits);
      const writer = new ByteWriter();
      writer.bigUint(amount);
      const hex = amount === 0n ? '' : amount.toString(16);
      const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
      expect([...writer.take()]).toEqual([bytes.length, ...bytes]);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  `0x${'0G'.repeat(20)}`,
  `0x${'AB'.repeat(20)}`,
  `0x${'ĀĀ'.repeat(20)}`,
  `0x${'a1'.repeat(19)}`,
])('no address is written of %s', (text) => {
  expect(() => new ByteWriter().hex(text, 20)).toThrow();
  expect(() => new ByteWriter().bareHex(text, 20)).toThrow();
});
