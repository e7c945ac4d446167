/** Placements as a matcher's door reads them, of commands as tests have them, and stories in which they are told so. */
import fc from 'fast-check';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';
import type { LeadingEngine } from '../../containers/matcher/engine/engine.ts';
import { createEngine, restoreEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import type { Story } from './random-story.ts';
import { Twins } from './twins.ts';

/** What the engine reads of the bytes: the rest is for the journal. */
const bytesOfOrder = 185;

/** `before`: how many bytes of other orders lie before it. */
export function rawPlacement(command: PlaceOrder, before = 7): RawPlacement {
  const { nowMs, amounts, side, cap, maxFeeBps, createdAtMs, expiresAtMs } = command;
  const { marketId, orderType, timeInForce, postOnly, selfTrade, replaces } = command;
  const bytes = new Uint8Array(before + bytesOfOrder);
  bytes.set(Buffer.from(command.commandId.slice(2), 'hex'), before + rawOrderAt.digest);
  bytes.set(Buffer.from(command.account.slice(2), 'hex'), before + rawOrderAt.account);
  const terms = { marketId, orderType, timeInForce, postOnly, selfTrade };
  const order = {
    ...{ bytes, at: before, side, cap, maxFeeBps, createdAtMs, expiresAtMs },
    ...{ baseAsset: '', quoteAsset: '', termsText: '' },
    terms: replaces === undefined ? terms : { ...terms, replaces },
    clientOrderId: command.clientOrderId,
    delegation: command.delegation,
    delegations: undefined,
  };
  return { order, nowMs, amounts };
}

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
  groups: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
  strangers: fc.boolean(),
  fitsAnew: fc.boolean(),
});
