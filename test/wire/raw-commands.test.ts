/** The quick reader of a frame's commands says what the codec of commands says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CancelOrder, Command, PlaceOrder } from '#domain/command.ts';
import type { RawCommand } from '#domain/raw-command.ts';
import { toHex } from '#wire/hex-digits.ts';
import { encodeFrame, type FrameBytes, genesisHash, openRecord } from '#wire/journal-frame.ts';
import { cancelOf, RawCommands } from '#wire/raw-commands.ts';
import { anyCommand } from './journal-arbitraries.ts';

const frameOf = (commands: readonly Command[]): FrameBytes => {
  const record = openRecord(
    encodeFrame({
      ...{ groupId: 'majors', epoch: 1, frame: 1, firstSequence: 1, lastSequence: 0, clock: 1 },
      ...{ atMs: 1_790_000_000_000, rulesVersion: 2, previousHash: genesisHash },
      eventHash: '0'.repeat(16),
      outcomes: commands.map((command) => ({ command, events: [] })),
    }),
  );
  if (record.kind !== 'frame') throw new Error(`a ${record.kind} record`);
  return record;
};

type Read = Exclude<Command, PlaceOrder> | Omit<PlaceOrder, 'signed' | 'signature'>;

/** What is left of a command where only settlement reads the rest. */
function withoutProof(command: Command): Read {
  if (command.type !== 'place' || command.delegation) return command;
  const { signed, signature, ...rest } = command;
  return rest;
}

/** A raw command, written out. */
function written(raw: RawCommand): CancelOrder | Omit<PlaceOrder, 'signed' | 'signature'> {
  if (raw.type === 'raw_cancel') return cancelOf(raw);
  const { bytes, idAt, accountAt, replacesAt, clientOrderId, amounts, ...rest } = raw;
  const digest = (at: number) => toHex(bytes.subarray(at, at + 32));
  const { misfit, ...fitted } = amounts;
  return {
    ...rest,
    type: 'place',
    commandId: digest(idAt),
    account: toHex(bytes.subarray(accountAt, accountAt + 20)),
    amounts: { ...fitted, ...(misfit === undefined ? {} : { misfit }) },
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(replacesAt === undefined ? {} : { replaces: digest(replacesAt) }),
  };
}

function readAll(frame: FrameBytes): Read[] {
  const commands = new RawCommands(frame);
  const all: Read[] = [];
  while (commands.left > 0) {
    all.push(...commands.run().map(written));
    const other = commands.other();
    if (other) all.push(other);
  }
  return all;
}

test('commands read raw are those that were written, without what only settlement reads', () => {
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 40 }), (commands) => {
      expect(readAll(frameOf(commands))).toEqual(commands.map(withoutProof));
    }),
    { numRuns: 1_000 },
  );
});

test('a frame that holds more or fewer commands than it says does not read', () => {
  const tick = { type: 'tick' as const, commandId: 't', nowMs: 1_790_000_000_000 };
  const frame = frameOf([tick, tick]);
  for (const count of [0, 1, 3]) expect(() => readAll({ ...frame, count })).toThrow(RangeError);
  expect(readAll(frame)).toEqual([tick, tick]);
});

test('bytes that are no commands are refused, and nothing beyond them is read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(5), (commands, count) => {
      try {
        readAll({ ...frameOf([]), commands, count });
      } catch (error) {
        // Texts that are no UTF-8 are a TypeError of the platform.
        expect(error instanceof RangeError || error instanceof TypeError).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});
