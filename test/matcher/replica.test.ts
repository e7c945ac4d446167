/** A replica does a journal again and says so where it cannot: by the hash over all events, or event by event. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { Command, SignedOrder } from '#domain/command.ts';
import type { EngineEvent, Outcome } from '#domain/event.ts';
import { startOfJournal } from '#wire/accept-record.ts';
import { crc32c } from '#wire/crc32c.ts';
import {
  chainAfter,
  encodeEpoch,
  encodeFrame,
  type Frame,
  genesisHash,
  openRecord,
} from '#wire/journal-frame.ts';
import {
  createEngine,
  currentRulesVersion,
  restoreEngine,
} from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { LateMemory } from '../../containers/matcher/late-memory.ts';
import { fromTheBeginning, Replica } from '../../containers/matcher/replica.ts';
import { quietStory, type Story } from '../engine/random-story.ts';
import { plainMarket } from '../engine/trading-floor.ts';
import { Twins } from '../engine/twins.ts';

const { groupId } = plainMarket;
const epoch = encodeEpoch({ groupId, epoch: 1, nonce: `0x${'11'.repeat(16)}` });
const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);

/** Placements of stories are not signed, as the engine does not look at it; the journal's are. */
const signature = `0x${'00'.repeat(65)}`;
const signed: SignedOrder = {
  ...{ account: `0x${'aa'.repeat(20)}`, signer: `0x${'aa'.repeat(20)}`, baseAsset: 'b' },
  ...{ quoteAsset: 'q', side: 0 as const, cap: 0 as const },
  ...{ baseAmount: 1n, quoteAmount: 1n, maxFeeBps: 1 },
  ...{ createdAtMs: 1, expiresAtMs: 2, epoch: 0n, salt: 9n, terms: 'ETH-USDC limit gtc' },
};

/** What is told in a story, and what it does, command by command. */
function outcomesOf(story: Story): Outcome<Command>[] {
  const outcomes: Outcome<Command>[] = [];
  const maker = { create: () => createEngine(), restore: restoreEngine };
  const listen = (told: Command, events: EngineEvent[]) => {
    const command = told.type === 'place' ? { ...told, signed, signature } : told;
    outcomes.push({ command, events });
  };
  new Twins(maker, createNaiveEngine(), listen).live(story);
  return outcomes;
}

/** Frames of so many commands, with the hash that the naive engine comes to. */
function framesOf(outcomes: readonly Outcome<Command>[], commandsPerFrame: number): Frame[] {
  const naive = createNaiveEngine();
  const frames: Frame[] = [];
  for (let at = 0; at < outcomes.length; at += commandsPerFrame) {
    const held = outcomes.slice(at, at + commandsPerFrame);
    const firstSequence = naive.sequence + 1;
    for (const { command } of held) naive.apply(command, () => {});
    frames.push({
      ...{ kind: 'frame', groupId, epoch: 1, frame: frames.length + 1, outcomes: held },
      ...{ firstSequence, lastSequence: naive.sequence, clock: frames.length + 1 },
      ...{ atMs: held[0]?.command.nowMs ?? 0, rulesVersion: currentRulesVersion },
      ...{ previousHash: genesisHash, eventHash: naive.eventHash() },
    });
  }
  return frames;
}

function recordsOf(frames: readonly Frame[]): JournalRecord[] {
  let chain = chainAfter(genesisHash, epoch);
  const records = [epoch];
  for (const frame of frames) {
    const data = encodeFrame({ ...frame, previousHash: chain });
    chain = chainAfter(chain, data);
    records.push(data);
  }
  return records.map((data, at) => ({ data, shardSequence: `${at + 1}`.padStart(20, '0') }));
}

function replayed(records: readonly JournalRecord[], closely: boolean): Replica {
  const from = fromTheBeginning(groupId, 1);
  const replica = new Replica({ groupId, cleared: startOfJournal, from });
  for (const record of records) replica.take(record, closely);
  return replica;
}

describe('a journal that is done again', () => {
  test('comes to the same state and the same late memory by hashes, event by event, and in the naive engine', () => {
    fc.assert(
      fc.property(quietStory, fc.integer({ min: 1, max: 40 }), (story, commandsPerFrame) => {
        const outcomes = outcomesOf(story);
        const records = recordsOf(framesOf(outcomes, commandsPerFrame));
        const naive = createNaiveEngine();
        const late = new LateMemory();
        for (const { command } of outcomes) {
          const events: EngineEvent[] = [];
          naive.apply(command, (event) => events.push(event));
          late.note(command, events);
        }
        for (const closely of [false, true]) {
          const { engine, late: noted } = replayed(records, closely);
          engine.validate();
          expect(engine.stateHash()).toBe(naive.stateHash());
          expect(engine.eventHash()).toBe(naive.eventHash());
          expect(noted.records()).toEqual(late.records());
        }
      }),
      { seed, numRuns: 30 },
    );
  });
});

/** Every field of an event by its path, of an object within it too. */
function fieldsOf(value: object, path: string[] = []): string[][] {
  return Object.entries(value).flatMap(([name, field]) => {
    const at = [...path, name];
    return typeof field === 'object' && field !== null ? fieldsOf(field, at) : [at];
  });
}

/** The event with one field changed to what the codec would write as well; undefined where there is no such value. */
function changed<T extends object>(event: T, path: readonly string[]): T | undefined {
  const copy = structuredClone(event);
  let holder = copy as Record<string, unknown>;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
  const name = path.at(-1) ?? '';
  const value = holder[name];
  if (typeof value === 'number') holder[name] = value + 1;
  else if (typeof value === 'boolean') holder[name] = !value;
  else if (typeof value === 'string' && /^0x[0-9a-f]{40,}$/.test(value))
    holder[name] = `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`;
  else return undefined;
  return copy;
}

describe('a frame that does not say what its commands do', () => {
  const outcomes = fc.sample(quietStory, { seed: 7, numRuns: 12 }).map(outcomesOf);

  test('is found event by event, whichever field of whichever event differs', () => {
    const seen = new Set<string>();
    for (const all of outcomes) {
      const frames = framesOf(all, 1);
      for (const [at, { command, events }] of all.entries())
        for (const [nth, event] of events.entries())
          for (const path of fieldsOf(event)) {
            const field = `${event.type}.${path.join('.')}`;
            // They are not in an event's bytes.
            if (seen.has(field) || path[0] === 'sequence' || path[0] === 'commandId') continue;
            const other = changed(event, path);
            if (!other) continue;
            seen.add(field);
            const told = [{ command, events: events.with(nth, other) }];
            const spoiled = frames.slice(0, at + 1);
            spoiled[at] = { ...(frames[at] as Frame), outcomes: told };
            expect(() => replayed(recordsOf(spoiled), true), field).toThrow(
              'does not do again what it did',
            );
          }
    }
    expect(seen.size).toBeGreaterThan(40);
  });

  test('is found by its hash, whichever command did something else', () => {
    let found = 0;
    for (const all of outcomes) {
      const frames = framesOf(all, 3);
      const records = recordsOf(frames);
      for (const [at, { command, events }] of all.entries()) {
        if (command.type !== 'place' || events[0]?.type !== 'accepted') continue;
        // As an engine would that takes another price for the one that was written.
        const { amounts } = command;
        const other = { ...command, amounts: { ...amounts, sizeLots: amounts.sizeLots + 1 } };
        const naive = createNaiveEngine();
        const last = Math.min(all.length, (Math.floor(at / 3) + 1) * 3);
        if (!doesAll(naive, all.slice(0, last).with(at, { command: other, events }))) continue;
        const frame = frames[Math.floor(at / 3)] as Frame;
        if (naive.eventHash() === frame.eventHash) continue;
        found += 1;
        const spoiled = frames.with(frame.frame - 1, { ...frame, eventHash: naive.eventHash() });
        expect(() => replayed(recordsOf(spoiled), false)).toThrow(
          /frame \d+ (does not do again what it did|ends at another sequence)/,
        );
      }
      replayed(records, false);
    }
    expect(found).toBeGreaterThan(10);
  });

  test('is refused where its commands are no commands, under a checksum that holds', () => {
    const [all] = outcomes;
    const records = recordsOf(framesOf(all ?? [], 1));
    const data = (records.at(1) as JournalRecord).data.slice();
    const frame = openRecord(data);
    if (frame.kind !== 'frame') throw new Error('no frame');
    // The first command's tag: one of the first rules, which nothing reads any more.
    data[frame.commands.byteOffset - data.byteOffset] = 1;
    const at = data.length - 4;
    new DataView(data.buffer).setUint32(at, crc32c(data.subarray(0, at)), true);
    const spoiled = records.with(1, { ...(records[1] as JournalRecord), data });
    for (const closely of [false, true])
      expect(() => replayed(spoiled, closely)).toThrow('frame 1 does not read');
  });
});

/** Whether an engine takes all of these commands; what was driven otherwise does not fit. */
function doesAll(
  engine: ReturnType<typeof createNaiveEngine>,
  outcomes: readonly Outcome<Command>[],
): boolean {
  try {
    for (const { command } of outcomes) engine.apply(command, () => {});
    return true;
  } catch {
    return false;
  }
}
