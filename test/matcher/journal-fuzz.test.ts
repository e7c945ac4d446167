/**
 * The journal's bytes against whatever a disk or a bug may make of them: a reader refuses, or does what they say; it never guesses.
 * A leader does what the commands say, to the hash that the frame states; who lives on events reads those, and refuses on its own.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { ByteReader } from '#wire/byte-reader.ts';
import { ByteWriter } from '#wire/byte-writer.ts';
import { command } from '#wire/command-codec.ts';
import { crc32c } from '#wire/crc32c.ts';
import { decodeRecord, type FrameBytes, openRecord } from '#wire/journal-frame.ts';
import { address, MatcherWorld } from './matcher-world.ts';

const numRuns = Number(process.env['CROSSBOOK_RUNS'] ?? 2_000);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? 3);

const noise = fc.uint8Array({ maxLength: 600 });

/** The same bytes under a checksum that holds: only their meaning can be wrong. */
function sealed(bytes: Uint8Array): Uint8Array {
  const record = bytes.slice();
  const at = record.length - 4;
  new DataView(record.buffer).setUint32(at, crc32c(record.subarray(0, at)), true);
  return record;
}

/** A command of every kind that users and operators send, journaled. */
async function journal() {
  const world = new MatcherWorld();
  world.ledger.policy = 'sticky';
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
  const running = await world.start();
  const bid = world.order('alice', { lots: 5 });
  await world.send(running, bid);
  await world.send(
    running,
    world.order('bob', { side: 'sell', orderType: 'stop_limit', trigger: '90', display: '1' }),
  );
  await world.send(
    running,
    ...[
      world.order('alice', { ticks: 99, replaces: bid.digest }),
      world.order('bob', { side: 'sell', ticks: 98, timeInForce: 'ioc' as const }),
      world.cancelAllAfter('alice', 5_000),
      world.amend('alice', bid.digest, 1),
      world.cancel('alice', bid.digest),
      world.cancelAll('alice'),
      world.setState('auction'),
    ],
  );
  running.kill();
  return world;
}

/** Whoever held the lease is gone. */
function free({ leases }: MatcherWorld): void {
  if (leases.row) leases.row = { ...leases.row, owner: 'nobody', released: true };
}

/** As the newest frame states it that counts: not one of a leader before the newest, nor one whose number came before. */
function lastSequenceOf(records: readonly JournalRecord[]): number {
  let epoch = 0;
  let newest: Pick<FrameBytes, 'frame' | 'lastSequence'> = { frame: 0, lastSequence: 0 };
  for (const { data } of records) {
    const opened = openRecord(data);
    if (opened.kind === 'epoch') epoch = Math.max(epoch, opened.epoch);
    if (opened.kind !== 'frame' || opened.epoch < epoch || opened.frame <= newest.frame) continue;
    newest = opened;
  }
  return newest.lastSequence;
}

test('arbitrary bytes are no record, and no command that would be written otherwise', () => {
  fc.assert(
    fc.property(noise, (bytes) => {
      expect(decodeRecord(bytes)).toMatchObject({ kind: 'bad' });
      if (bytes.length >= 6) decodeRecord(sealed(bytes));
      const reader = new ByteReader(bytes);
      let read: ReturnType<typeof command.read>;
      try {
        read = command.read(reader);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        return;
      }
      const writer = new ByteWriter();
      command.write(writer, read);
      expect(command.read(new ByteReader(writer.take()))).toEqual(read);
    }),
    { numRuns, seed },
  );
});

test('a frame whose bytes were changed under a checksum that holds is refused, or does what it says', async () => {
  const world = await journal();
  const untouched = world.journal.records.slice();
  let refused = 0;
  const spoiled = fc.record({
    record: fc.integer({ min: 1, max: untouched.length - 1 }),
    at: fc.nat(),
    value: fc.nat(255),
  });
  await fc.assert(
    fc.asyncProperty(spoiled, async ({ record, at, value }) => {
      const records = untouched.map((each) => ({ ...each }));
      const [target] = records.splice(record, 1);
      if (!target) return;
      const data = target.data.slice();
      data[at % (data.length - 4)] = value;
      records.splice(record, 0, { ...target, data: sealed(data) });
      world.journal.records.splice(0, Number.POSITIVE_INFINITY, ...records);
      let next: Awaited<ReturnType<MatcherWorld['start']>>;
      try {
        next = await world.start();
      } catch (error) {
        refused += 1;
        expect(error).toBeInstanceOf(Error);
        free(world);
        return;
      }
      next.leader.engine.validate();
      expect(next.leader.engine.sequence).toBe(lastSequenceOf(records));
      expect(next.doubts).toEqual([]);
      next.kill();
      free(world);
    }),
    { numRuns: Math.ceil(numRuns / 5), seed },
  );
  expect(refused).toBeGreaterThan(numRuns / 10);
}, 120_000);
