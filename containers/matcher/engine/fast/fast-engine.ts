/**
 * The matching engine that the matcher runs. Three stages: texts become rows (resolve.ts), the core works on rows of numbers
 * (core/core.ts, WebAssembly), and its events become objects (render-events.ts).
 */
import { rawOrderAt } from '#domain/raw-order.ts';
import type { LeadingEngine } from '../engine.ts';
import { HashLanes } from '../hash-lanes.ts';
import type { SnapshotRecord } from '../snapshot-record.ts';
import type { EngineReader } from '../state-reading.ts';
import { AnnouncedPlacements } from './announced-placements.ts';
import { applyRequest, applyResolved } from './apply-command.ts';
import { requestAt } from './core-layout.ts';
import { type Expected, FastState } from './fast-state.ts';
import { createFreezer } from './freeze.ts';
import { NewestCommand } from './newest-command.ts';
import { readParts } from './read-parts.ts';
import { readState } from './read-state.ts';
import { renderEvents } from './render-events.ts';
import { RepeatedCommands } from './repeat-commands.ts';
import { resolve } from './resolve.ts';
import { restore } from './restore.ts';
import { resultOf } from './results.ts';
import { save } from './save.ts';
import { lackOf } from './shortfall.ts';
import { TouchedRows } from './touched-rows.ts';
import { viewsOf } from './views.ts';

/** In one go; any number would do. */
const recordsHashed = 100_000;

export type FastOptions = {
  groupId?: string;
  /** Keys the table of ids: whoever does not know it cannot make ids that slow it down. Results do not depend on it. */
  hashSecret: number;
  /** What to make room for before the first command. */
  expected?: Expected;
};

export function createFastEngine(options: FastOptions): LeadingEngine {
  const state = new FastState(options);
  const { expected } = options;
  if (expected) state.core.calls.reserve(expected.orders, expected.ids);
  return engineOver(state);
}

/** An engine that goes on where the one that saved these records was. */
export function restoreFastEngine(
  records: Iterable<SnapshotRecord>,
  options: FastOptions,
): LeadingEngine {
  const state = new FastState(options);
  restore(state, records);
  return engineOver(state);
}

/** The same from a snapshot's parts; `records`: how many they hold at most. */
export function readFastEngine({
  records,
  ...options
}: FastOptions & { records: number }): EngineReader {
  const state = new FastState(options);
  state.core.calls.reserveIndex(records);
  const { take, done } = readParts(state);
  return { take, done: () => ({ ...done(), engine: engineOver(state) }) };
}

function engineOver(state: FastState): LeadingEngine {
  const announced = new AnnouncedPlacements(state);
  const repeated = new RepeatedCommands(state);
  const newest = new NewestCommand(state);
  const touched = new TouchedRows(state);
  const freezer = createFreezer(state);
  return {
    apply(command, emit) {
      resolve(command, state, requestAt);
      newest.begin(requestAt);
      applyResolved(command, state);
      touched.note(newest.placed);
      renderEvents(state, command.commandId, emit);
    },
    announce: (placements) => announced.announce(placements),
    place(placement) {
      const row = announced.take(placement);
      newest.begin(row);
      applyRequest(state, row);
      touched.note(newest.placed);
    },
    did: newest,
    takeTouched: () => touched.take(),
    repeat: (commands, tell) => repeated.repeat(commands, tell),
    forgetLevelChanges() {
      state.core.calls.takeChanges();
      touched.forget();
    },
    get sequence() {
      return state.sequence;
    },
    get nowMs() {
      return state.nowMs;
    },
    get isUnfinished() {
      return state.core.calls.isUnfinished() === 1;
    },
    ...viewsOf(state),
    lackOf: (placement) => lackOf(state, placement, announced),
    firstResultOf: ({ bytes, at }) =>
      resultOf(state.core, state.idAt(bytes, at + rawOrderAt.digest)),
    save: (write) => save(state, write),
    freeze: () => freezer.freeze(),
    makeRoomToFreeze: () => freezer.makeRoom(),
    stateHash: () => stateHashOf(state),
    eventHash: () => new HashLanes(state.eventLanes).digest(),
    validate: () => state.core.calls.validate(),
  };
}

function stateHashOf(state: FastState): string {
  const reading = readState(state);
  while (reading.read(recordsHashed) > 0);
  return reading.stateHash();
}
