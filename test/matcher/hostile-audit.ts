/** Reads a journal as any reader does, and holds everything that left the matchers against it. */
import { expect } from 'vitest';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { acceptRecord, startOfJournal } from '#wire/accept-record.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { tradeId } from '#wire/present.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { memoryMs } from '../../containers/matcher/engine/limits.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { groupId, type HostileWorld, type Left } from './hostile-world.ts';

type Done = { command: Command; events: EngineEvent[]; record: number };

export type Replayed = {
  engine: Engine;
  done: Done[];
  /** What accounts had in the engine after each command, by sequence number: free and held units by account and asset. */
  credits: Map<number, Map<string, string>>;
  /** Indexes of commands that left work undone. */
  unfinished: Set<number>;
};

/** Throws where a reader would stop. */
export function replayJournal(records: readonly JournalRecord[]): Replayed {
  const engine = createEngine({ groupId });
  const done: Done[] = [];
  const unfinished = new Set<number>();
  const credits: Replayed['credits'] = new Map([[0, new Map()]]);
  let state = startOfJournal;
  for (const [record, each] of records.entries()) {
    const verdict = acceptRecord(groupId, state, each);
    if (verdict.type === 'stop') throw new Error(`${verdict.reason}: ${verdict.detail}`);
    state = verdict.state;
    if (verdict.type !== 'frame') continue;
    for (const { command } of verdict.frame.outcomes) {
      const events: EngineEvent[] = [];
      engine.apply(command, (event) => events.push(event));
      if (engine.isUnfinished) unfinished.add(done.length);
      done.push({ command, events, record });
      const lines = engine
        .credits()
        .map((line) => [`${line.account}#${line.asset}`, lineText(line)]);
      credits.set(engine.sequence, new Map(lines as [string, string][]));
    }
  }
  return { engine, done, credits, unfinished };
}

const lineText = (line: { freeUnits: number; heldUnits: number }): string =>
  `${line.freeUnits} free, ${line.heldUnits} held`;

export function checkJournal(world: HostileWorld, replayed: Replayed): void {
  checkOrders(world, replayed);
  checkHalves(replayed);
  for (const left of world.left) {
    if (left.type === 'answer') checkAnswer(left, replayed);
    else if (left.type === 'account') checkAccount(left, replayed);
  }
  checkTrades(world, replayed);
}

/** No order enters twice, none after its owner's cancel was journaled, and none that was told to be cancelled. */
function checkOrders(world: HostileWorld, { done }: Replayed): void {
  const kept = new Set(
    world.left.flatMap((left) =>
      left.type === 'answer' &&
      left.result.status === 'refused' &&
      left.result.code === 'order_cancelled'
        ? [left.result.commandId]
        : [],
    ),
  );
  const entered = new Set<string>();
  const cancelledAtMs = new Map<string, number>();
  for (const { command, events } of done) {
    const opening = events[0];
    if (
      command.type === 'cancel' &&
      opening?.type === 'refused' &&
      opening.code === 'unknown_order'
    )
      cancelledAtMs.set(`${command.digest} ${command.account}`, command.nowMs);
    if (command.type !== 'place' || opening?.type !== 'accepted') continue;
    expect(entered).not.toContain(command.commandId);
    expect(kept).not.toContain(command.commandId);
    entered.add(command.commandId);
    const cancelled = cancelledAtMs.get(`${command.commandId} ${command.account}`);
    if (cancelled !== undefined) expect(command.nowMs - cancelled).toBeGreaterThan(memoryMs);
  }
}

/** Nothing comes between a command and what it left undone. */
function checkHalves({ done, unfinished }: Replayed): void {
  for (const [at, { command }] of done.entries())
    expect(command.type === 'continue').toBe(unfinished.has(at - 1));
}

type Answer = Extract<Left, { type: 'answer' }>;

/** What the engine decided was in the journal before its owner was told, and was told as it is there. */
function checkAnswer({ request, result, records }: Answer, { done }: Replayed): void {
  const commandId = request.type === 'place' ? request.digest : request.commandId;
  expect(result.commandId).toBe(commandId);
  const first = done.find(({ command }) => command.commandId === commandId);
  if (!first) {
    const notJournaled = ['busy', 'not_leader', 'order_cancelled', 'order_too_late'];
    expect(result.status === 'refused' && notJournaled.includes(result.code)).toBe(true);
    return;
  }
  // The desk or a tombstone may have spoken before or after the engine did.
  if (result.status === 'refused' && ['busy', 'not_leader'].includes(result.code)) return;
  expect(first.record).toBeLessThan(records);
  if (tookWaiting(result, first)) return;
  const opening = first.events[0];
  if (result.status === 'accepted') {
    expect(opening).toMatchObject({ type: 'accepted', sequence: result.sequence });
    for (const fill of result.fills)
      expect(eventsOf(first, done)).toContainEqual(
        expect.objectContaining({ type: 'trade', sequence: fill.sequence }),
      );
  } else expect(opening).toMatchObject({ type: 'refused', code: result.code });
}

/** Those of a command and its continues. */
function eventsOf(first: Done, done: readonly Done[]): EngineEvent[] {
  const behind = done.slice(done.indexOf(first) + 1);
  const next = behind.findIndex(({ command }) => command.type !== 'continue');
  return [first, ...behind.slice(0, Math.max(next, 0))].flatMap(({ events }) => events);
}

/** A cancel that found its order waiting: the engine, which had not seen the order, refused it. */
const tookWaiting = (result: CommandResult, { command, events }: Done): boolean =>
  command.type === 'cancel' &&
  result.status === 'accepted' &&
  events[0]?.type === 'refused' &&
  events[0].code === 'unknown_order';

type AccountLeft = Extract<Left, { type: 'account' }>;

/** A view is the journal's state at its sequence number, and was durable. */
function checkAccount({ view, records }: AccountLeft, { done, credits }: Replayed): void {
  const newest = done.findLast(({ events }) => (events.at(-1)?.sequence ?? 0) <= view.sequence);
  if (newest) expect(newest.record).toBeLessThan(records);
  const then = credits.get(view.sequence);
  expect(then).toBeDefined();
  for (const line of view.credit)
    expect(lineText(line)).toBe(then?.get(`${view.account}#${line.asset}`) ?? '0 free, 0 held');
}

/** No trade is published that the journal does not hold, and none before it does. */
function checkTrades(world: HostileWorld, { done }: Replayed): void {
  const recordOf = new Map<string, number>();
  for (const { events, record } of done)
    for (const event of events)
      if (event.type === 'trade') recordOf.set(tradeId(groupId, event.sequence), record);
  for (const left of world.left)
    if (left.type === 'trade')
      expect(recordOf.get(left.tradeId) ?? Number.POSITIVE_INFINITY).toBeLessThan(left.records);
}
