/** A frozen state is what the engine was, whatever it is told before the copy is read; as a snapshot's parts it is an engine again. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import {
  createEngine,
  readEngine,
  restoreEngine,
} from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import type { SnapshotRecord } from '../../containers/matcher/engine/snapshot-record.ts';
import type { StateReading } from '../../containers/matcher/engine/state-reading.ts';
import { PartReader, recordsIn } from '../../containers/matcher/snapshot-reader.ts';
import { PartWriter } from '../../containers/matcher/snapshot-writer.ts';
import { quietStory, type Story } from './random-story.ts';
import { address, digest, TradingFloor } from './trading-floor.ts';
import { Twins } from './twins.ts';

const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);

function savedBy(engine: Engine): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  engine.save((record) => records.push(structuredClone(record)));
  return records;
}

/** Few records a part, so that names are told anew in many, and uneven slices. */
const recordsInPart = 23;
const slice = 5;

function writtenParts(state: StateReading): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let isDone = false; !isDone; ) {
    const part = new PartWriter();
    let records = 0;
    while (!isDone && records < recordsInPart) {
      const read = state.read(slice, part);
      records += read;
      isDone = read === 0;
    }
    parts.push(part.take());
  }
  return parts;
}

function engineFrom(parts: Uint8Array[]): { engine: Engine; stateHash: string } {
  const reader = readEngine({ records: recordsInPart * parts.length });
  for (const part of parts) {
    reader.take(new PartReader(part, ({ kind }) => expect.unreachable(kind)));
  }
  return reader.done();
}

/** What was frozen some commands ago, beside what was saved then. */
class Freezer {
  readonly #engine: Engine;
  #commands = 0;
  #waiting: { frozen: StateReading; saved: SnapshotRecord[]; hashes: string[] } | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** How many states were compared. */
  look(): number {
    this.#commands += 1;
    const engine = this.#engine;
    if (this.#commands % 7 === 0) {
      const hashes = [engine.stateHash(), engine.eventHash()];
      this.#waiting = { frozen: engine.freeze(), saved: savedBy(engine), hashes };
    }
    if (this.#commands % 7 === 5 && this.#waiting) {
      const { frozen, saved, hashes } = this.#waiting;
      const parts = writtenParts(frozen);
      expect(parts.flatMap((part) => [...recordsIn(part)])).toEqual(saved);
      expect(frozen.stateHash()).toBe(hashes[0]);
      const read = engineFrom(parts);
      expect(savedBy(read.engine)).toEqual(saved);
      expect([read.stateHash, read.engine.eventHash()]).toEqual(hashes);
      expect(read.engine.stateHash()).toBe(read.stateHash);
      read.engine.validate();
      return 1;
    }
    return 0;
  }
}

test(`frozen and written, reads as it was saved at that moment (seed ${seed})`, () => {
  let compared = 0;
  const watched = (engine: Engine): Engine => {
    const freezer = new Freezer(engine);
    const apply: Engine['apply'] = (command, emit) => {
      engine.apply(command, emit);
      compared += freezer.look();
    };
    return Object.create(engine, { apply: { value: apply } }) as Engine;
  };
  const maker = {
    create: () => watched(createEngine()),
    restore: (records: SnapshotRecord[]) => watched(restoreEngine(records)),
  };
  const live = (story: Story) => new Twins(maker, watched(createNaiveEngine())).live(story);
  const property = fc.property(quietStory, live);
  fc.assert(property, { seed, numRuns: 25 });
  expect(compared).toBeGreaterThan(50);
});

test(`an engine that is written and read amid a story goes on as its twin does (seed ${seed})`, () => {
  /** The twin's records on their way through a first engine's parts. */
  const restore = (records: SnapshotRecord[]) =>
    engineFrom(writtenParts(restoreEngine(records).freeze())).engine;
  const live = (story: Story) =>
    new Twins({ create: () => createEngine(), restore }, createNaiveEngine()).live(story);
  fc.assert(fc.property(quietStory, live), { seed, numRuns: 25 });
});

test(`orders that were read end oldest first, however far apart they were admitted (seed ${seed})`, () => {
  const floor = new TradingFloor(createEngine());
  floor.grant(address('alice'), 'USDC', 1_000_000);
  const digests = Array.from({ length: 40 }, (_, nth) => digest(nth + 1));
  for (const limitTicks of digests.keys()) floor.place({ limitTicks: limitTicks + 1 });
  const saved = savedBy(floor.engine);
  const endInTurn = (sequences: number[]) => {
    const admitted = new Map(digests.map((each, nth) => [each, sequences[nth] as number]));
    const moved = saved.map((record) => {
      if (record.kind === 'clock') return { ...record, sequence: lastSequence };
      if (record.kind !== 'order') return record;
      return { ...record, admitted: admitted.get(record.digest) as number };
    });
    const { engine } = engineFrom(writtenParts(restoreEngine(moved).freeze()));
    const ended: string[] = [];
    const { nowMs } = floor;
    const all = { type: 'cancel_all', commandId: 'all', nowMs, account: address('alice') } as const;
    engine.apply(all, (event) => void (event.type === 'order_done' && ended.push(event.digest)));
    const ageOf = (each: string) => admitted.get(each) as number;
    expect(ended).toEqual(digests.toSorted((one, other) => ageOf(one) - ageOf(other)));
  };
  const lastSequence = 2 ** 52;
  const sequence = fc.oneof(
    fc.integer({ min: 1, max: 5_000 }),
    fc.integer({ min: 1, max: lastSequence }),
  );
  const each = fc.uniqueArray(sequence, { minLength: digests.length, maxLength: digests.length });
  fc.assert(fc.property(each, endInTurn), { seed, numRuns: 25 });
});

test('a frozen state that nobody reads to its end leaves the next one as it is', () => {
  const engine = createEngine();
  engine.freeze().end();
  const one = engine.freeze();
  const other = engine.freeze();
  one.end();
  one.end();
  expect(writtenParts(other).length).toBeGreaterThan(0);
  expect(one.read(1)).toBe(0);
  expect(other.stateHash()).toBe(engine.stateHash());
});

test('a state of very many accounts freezes, and again with those that came since', () => {
  const engine = createEngine();
  let nowMs = 1;
  const fund = (from: number, to: number) => {
    for (let nth = from; nth < to; nth += 1) {
      const account = `0x${nth.toString(16).padStart(40, '0')}`;
      const of = { account, asset: 'USDC', grantNumber: 1, units: 1, clock: 0 };
      engine.apply({ type: 'grant', commandId: `grant ${nth}`, nowMs: nowMs++, ...of }, () => {});
      engine.makeRoomToFreeze();
    }
  };
  fund(0, 150_000);
  engine.freeze().end();
  fund(150_000, 150_010);
  const frozen = engine.freeze();
  const stateHash = engine.stateHash();
  fund(150_010, 150_020);
  while (frozen.read(10_000) > 0);
  expect(frozen.stateHash()).toBe(stateHash);
});
