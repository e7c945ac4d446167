/** Commands that are announced before their turn: an engine that looks ahead says what one says that does not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { createEngine, restoreEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { crowdedStory, quietStory, type Story } from './random-story.ts';
import { Twins } from './twins.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 100);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);
const timeout = 120_000 + runs * 200;

type Told = { command: Command; events: EngineEvent[] };

/** A story's commands with the events that both engines agreed on. */
function toldIn(story: Story): Told[] {
  const told: Told[] = [];
  const maker = { create: () => createEngine(), restore: restoreEngine };
  const listen = (command: Command, events: EngineEvent[]) => told.push({ command, events });
  new Twins(maker, createNaiveEngine(), listen).live(story);
  return told;
}

/** `groups`: how many are announced at a time, again and again; `strangers`: whether some are announced that never come. */
function tellAgain(told: Told[], { groups, strangers }: { groups: number[]; strangers: boolean }) {
  const engine = createEngine();
  let announced = 0;
  for (const [at, { command, events }] of told.entries()) {
    if (at === announced) {
      const count = groups[at % groups.length] as number;
      const group = told.slice(at, at + count).map((each) => each.command);
      const others = told.slice(Math.max(0, at - 3), at + 2).map((each) => ({ ...each.command }));
      engine.prepare(strangers ? [...others, ...group, ...others] : group);
      announced += count;
      engine.validate();
    }
    // A copy was not announced; what an order lacks is the same.
    if (command.type === 'place')
      expect(engine.shortfall(command)).toEqual(engine.shortfall({ ...command }));
    const emitted: EngineEvent[] = [];
    engine.apply(command, (event) => emitted.push(event));
    expect(emitted).toEqual(events);
  }
}

const grouping = fc.record({
  groups: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  strangers: fc.boolean(),
});

test(`an announced command does what it would have done unannounced, in ${runs} stories from seed ${seed}`, {
  timeout,
}, () => {
  fc.assert(
    fc.property(quietStory, grouping, (story, group) => tellAgain(toldIn(story), group)),
    { seed, numRuns: runs },
  );
});

test('more commands may be announced than an engine looks ahead at', { timeout }, () => {
  const story = fc.sample(crowdedStory, { seed, numRuns: 1 })[0] as Story;
  tellAgain(toldIn(story), { groups: [10_000], strangers: true });
});
