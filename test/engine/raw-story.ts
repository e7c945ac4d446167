/** Stories in which an engine is told new orders as they came. */
import fc from 'fast-check';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawPlacement } from '#domain/raw-order.ts';
import type { LeadingEngine } from '../../containers/matcher/engine/engine.ts';
import { createEngine, restoreEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import type { Story } from './random-story.ts';
import { rawPlacement } from './raw-placement.ts';
import { Twins } from './twins.ts';

export type Told = { command: Command; events: EngineEvent[]; placement: RawPlacement | undefined };

/** A story's commands with the events that the engine, told by commands, and its naive twin agreed on. */
export function toldIn(story: Story): Told[] {
  const told: Told[] = [];
  const maker = { create: () => createEngine(), restore: restoreEngine };
  new Twins(maker, createNaiveEngine(), (command, events) => {
    const placement = command.type === 'place' ? rawPlacement(command, told.length % 5) : undefined;
    told.push({ command, events, placement });
  }).live(story);
  return told;
}

export type Announcing = { groups: number[]; strangers: boolean; fitsAnew: boolean };

/** Tells an engine the orders of a story as they came, and all else as commands; `hear` after each. */
export function tellRaw(
  told: Told[],
  { groups, strangers, fitsAnew }: Announcing,
  hear: (engine: LeadingEngine, each: Told) => void,
): void {
  const engine = createEngine();
  let announcedTo = 0;
  for (const [at, each] of told.entries()) {
    const { command, placement } = each;
    if (at === announcedTo) {
      announcedTo += groups[at % groups.length] as number;
      engine.announce(announcedAt(told, at, announcedTo, strangers));
      engine.validate();
    }
    if (placement && fitsAnew) placement.amounts = { ...placement.amounts };
    if (placement) engine.place(placement);
    else engine.apply(command, () => {});
    hear(engine, each);
  }
}

function announcedAt(told: Told[], from: number, to: number, strangers: boolean): RawPlacement[] {
  const group = told.slice(from, to).flatMap(({ placement }) => placement ?? []);
  const others = told.slice(Math.max(0, from - 3), from + 2);
  const copies = others.flatMap(({ placement }) => (placement ? { ...placement } : []));
  return strangers ? [...copies, ...group] : group;
}

export const announcing = fc.record({
  groups: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  strangers: fc.boolean(),
  fitsAnew: fc.boolean(),
});
