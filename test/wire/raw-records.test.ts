/** What is written straight from an order's bytes and the engine's rows is what is written of the command and its events. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { FrameBuilder, type FrameHeader, genesisHash } from '#wire/journal-frame.ts';
import { anyCommand, anyEvent, anyPlaceOrder } from './journal-arbitraries.ts';
import { rawEventOf, rawPlacementOf } from './raw-placements.ts';

const header: FrameHeader = {
  ...{ groupId: 'majors', epoch: 1, frame: 1, firstSequence: 1, lastSequence: 0, clock: 1 },
  ...{ atMs: 1_790_000_000_000, rulesVersion: 2, previousHash: genesisHash },
  eventHash: '0'.repeat(16),
};

/** Its sides and owner stand in a command twice. */
const coherent = (place: PlaceOrder): PlaceOrder => {
  const { account, createdAtMs, expiresAtMs, maxFeeBps } = place;
  const side = place.side === 'buy' ? 0 : 1;
  const cap = place.cap === 'base' ? 0 : 1;
  const proof = { side, cap, account, createdAtMs, expiresAtMs, maxFeeBps } as const;
  return { ...place, signed: { ...place.signed, ...proof } };
};

const outcome = fc.record({
  command: fc.oneof(
    anyPlaceOrder.map(coherent),
    anyCommand.filter(({ type }) => type !== 'place'),
  ),
  did: fc.array(anyEvent, { maxLength: 5 }),
});

test('a placement and its events are the same bytes whether written raw or as objects, among others', () => {
  const raw = new FrameBuilder({ hashSecret: 0x9e3779b9 });
  const plain = new FrameBuilder();
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 12 }), (outcomes) => {
      for (const builder of [raw, plain]) builder.open(header.atMs);
      for (const { command, did } of outcomes) {
        const own = did.map((event) => ofCommand(event, command));
        plain.append(command, own);
        if (command.type === 'place') raw.appendPlacement(rawPlacementOf(command), rawEvents(own));
        else raw.append(command, own);
      }
      expect(raw.count).toBe(outcomes.length);
      expect(raw.close(header)).toEqual(plain.close(header));
    }),
    { numRuns: 300 },
  );
});

const ofCommand = (event: EngineEvent, { commandId }: Command): EngineEvent =>
  'commandId' in event ? { ...event, commandId } : event;

const rawEvents = (events: readonly EngineEvent[]) => ({
  count: events.length,
  each: (visit: (event: ReturnType<typeof rawEventOf>) => void) =>
    events.map(rawEventOf).forEach(visit),
});

test('a placement that did more or less than is said of it is not written', () => {
  const [command] = fc.sample(anyPlaceOrder.map(coherent), 1) as [PlaceOrder];
  const accepted = { type: 'accepted', sequence: 1, commandId: command.commandId } as const;
  const builder = new FrameBuilder();
  for (const count of [0, 2]) {
    builder.open(header.atMs);
    const did = { ...rawEvents([accepted]), count };
    expect(() => builder.appendPlacement(rawPlacementOf(command), did)).toThrow('events');
  }
});
