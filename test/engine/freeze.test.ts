/** A frozen state is what the engine was, whatever it is told before the copy is read. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { createEngine, restoreEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import type { SnapshotRecord } from '../../containers/matcher/engine/snapshot-record.ts';
import { PartWriter, recordsIn } from '../../containers/matcher/snapshot-codec.ts';
import { quietStory, type Story } from './random-story.ts';
import { Twins } from './twins.ts';

const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);

function savedBy(engine: Engine): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  engine.save((record) => records.push(structuredClone(record)));
  return records;
}

/** What was frozen some commands ago, beside what was saved then. */
class Freezer {
  readonly #engine: Engine;
  #commands = 0;
  #waiting: { frozen: Iterator<SnapshotRecord, void>; saved: SnapshotRecord[] } | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** How many states were compared. */
  look(): number {
    this.#commands += 1;
    if (this.#commands % 7 === 0) {
      this.#waiting = { frozen: this.#engine.freeze(), saved: savedBy(this.#engine) };
    }
    if (this.#commands % 7 === 5 && this.#waiting) {
      const { frozen, saved } = this.#waiting;
      const through = new PartWriter();
      for (let next = frozen.next(); !next.done; next = frozen.next()) through.append(next.value);
      expect([...recordsIn(through.take())]).toEqual(saved);
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
