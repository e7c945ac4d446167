/**
 * The matching engine that the matcher runs. Three stages: texts become handles (resolve.ts), the core works on columns of
 * numbers (apply-command.ts), and its rows become events (render-events.ts).
 *
 * To read the core in order: place-refusal.ts, place-order.ts, work-off.ts, match.ts with trade.ts and resting.ts; then
 * what is special: self-trade.ts, fill-or-kill.ts, stops.ts, auction.ts, volatility.ts. Below them lie the columns that
 * fast-state.ts holds together: order-table.ts, level-pool.ts and price-ladder.ts, credit-lines.ts, id-table.ts,
 * expiry-queue.ts, event-rows.ts. No command may take longer the more strangers have put in its way.
 */
import type { Engine } from '../engine.ts';
import type { SnapshotRecord } from '../snapshot-record.ts';
import { hashState } from '../state-hash.ts';
import { applyRequest } from './apply-command.ts';
import { type Expected, FastState } from './fast-state.ts';
import { createFreezer } from './freeze.ts';
import { renderEvents } from './render-events.ts';
import { Request } from './request.ts';
import { resolve } from './resolve.ts';
import { restore } from './restore.ts';
import { save } from './save.ts';
import { validate } from './validate.ts';
import { viewsOf } from './views.ts';

export type FastOptions = {
  groupId?: string;
  /** Keys the table of ids: whoever does not know it cannot make ids that slow it down. Results do not depend on it. */
  hashSecret: number;
  /** What to make room for before the first command. */
  expected?: Expected;
};

export function createFastEngine(options: FastOptions): Engine {
  const state = new FastState(options);
  if (options.expected) state.reserve(options.expected);
  return engineOver(state);
}

/** An engine that goes on where the one that saved these records was. */
export function restoreFastEngine(records: Iterable<SnapshotRecord>, options: FastOptions): Engine {
  const state = new FastState(options);
  restore(state, records);
  return engineOver(state);
}

function engineOver(state: FastState): Engine {
  const request = new Request();
  const engine: Engine = {
    apply(command, emit) {
      applyRequest(state, resolve(command, state, request));
      renderEvents(state, command.commandId, emit);
    },
    get sequence() {
      return state.events.sequence;
    },
    get nowMs() {
      return state.nowMs;
    },
    get isUnfinished() {
      return state.isUnfinished;
    },
    ...viewsOf(state),
    save: (write) => save(state, write),
    freeze: createFreezer(state),
    stateHash: () => hashState(engine),
    eventHash: () => state.events.chain.digest(),
    validate: () => validate(state),
  };
  return engine;
}
