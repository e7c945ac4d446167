/**
 * The matching engine's naive twin: arrays and plain loops, written from docs/market-rules.md alone, slow and
 * obviously right. Tests run it beside the production engine; what the two say differently is a bug of one of them.
 */
import { assert } from '#domain/assertion.ts';
import type {
  CancelOrder,
  Command,
  GrantCredit,
  ListMarket,
  ReturnCredit,
} from '#domain/command.ts';
import { addReturned } from '#domain/returned-units.ts';
import type { Engine, EngineCredit, EngineOrder } from '../engine.ts';
import { foldEvent } from '../event-hash.ts';
import { HashLanes } from '../hash-lanes.ts';
import { memoryMs } from '../limits.ts';
import { hashOf } from './naive-hash.ts';
import { refusalOf, shortfallOf } from './naive-refusal.ts';
import {
  heldUnitsOf,
  levelsOf,
  lineOf,
  marketOf,
  type NaiveLine,
  type NaiveOrder,
  type NaiveState,
  progressOf,
} from './naive-state.ts';
import { emitDone, end, placeOrder } from './naive-trading.ts';

export function createNaiveEngine(options: { groupId?: string } = {}): Engine {
  const state: NaiveState = {
    groupId: options.groupId,
    nowMs: 0,
    sequence: 0,
    markets: [],
    live: [],
    ended: [],
    lines: [],
    seen: [],
    touched: [],
    events: new HashLanes(),
    emit: () => 0,
    emitted: 0,
  };
  return {
    apply(command, emit) {
      state.emitted = 0;
      state.emit = (unnumbered) => {
        state.sequence += 1;
        state.emitted += 1;
        const event = { ...unnumbered, sequence: state.sequence };
        foldEvent(state.events, event);
        emit(event);
        return event.sequence;
      };
      applyCommand(state, command);
    },
    get sequence() {
      return state.sequence;
    },
    get nowMs() {
      return state.nowMs;
    },
    isUnfinished: false,
    nextDueMs() {
      const times = state.live.map((order) => order.expiresAtMs);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
    shortfall(command) {
      if (!marketOf(state, command.marketId)) return { asset: '', units: 0 };
      const lacking = shortfallOf(state, command);
      const isTheReason = refusalOf(state, command) === 'balance_too_low';
      return isTheReason ? lacking : { ...lacking, units: 0 };
    },
    firstResult: (commandId) => state.seen.find((seen) => seen.commandId === commandId)?.result,
    ...views(state),
    save: () => assert(false, 'the naive engine cannot be saved yet'),
    stateHash: () => hashOf(state),
    eventHash: () => state.events.digest(),
    validate: () => validate(state),
  };
}

/** What the engine shows of its books. */
function views(state: NaiveState) {
  return {
    market(marketId: string) {
      const listed = marketOf(state, marketId);
      return listed && { ...listed };
    },
    marketIds: () => state.markets.map(({ market }) => market.id),
    marketStatus: (marketId: string) =>
      marketOf(state, marketId) && { untilMs: 0, lastTicks: 0, referenceTicks: 0 },
    switchOf: () => 0,
    feeTierOf: () => 0,
    feesOf(_account: string, marketId: string) {
      const { makerFeeBps = 0, takerFeeBps = 0 } = marketOf(state, marketId)?.market ?? {};
      return { makerFeeBps, takerFeeBps };
    },
    order(digest: string) {
      const orders = [...state.live, ...state.ended.map(({ order }) => order)];
      const found = orders.find((order) => order.digest === digest);
      return found && viewOf(found);
    },
    ordersOf: (account: string) =>
      state.live.filter((order) => order.account === account).map(viewOf),
    creditOf: (account: string) =>
      state.lines.filter((line) => line.account === account).map((line) => creditView(state, line)),
    credits: () =>
      state.lines
        .map((line) => creditView(state, line))
        .filter((line) => line.freeUnits + line.heldUnits > 0),
    depth: (marketId: string, levels: number) => ({
      bids: levelsOf(state, marketId, 'buy').slice(0, levels),
      asks: levelsOf(state, marketId, 'sell').slice(0, levels),
    }),
    takeLevelChanges() {
      const touched = state.touched;
      state.touched = [];
      return touched.map((level) => {
        const now = levelsOf(state, level.marketId, level.side);
        const found = now.find(([priceTicks]) => priceTicks === level.priceTicks);
        return { ...level, sizeLots: found ? found[1] : 0 };
      });
    },
  };
}

function viewOf(order: NaiveOrder): EngineOrder {
  return { ...progressOf(order), status: order.status };
}

function creditView(state: NaiveState, line: NaiveLine): EngineCredit {
  return { ...line, heldUnits: heldUnitsOf(state, line.account, line.asset) };
}

function applyCommand(state: NaiveState, command: Command): void {
  assert(command.nowMs >= state.nowMs, 'the clock went back');
  state.nowMs = command.nowMs;
  state.seen = state.seen.filter((seen) => state.nowMs - seen.atMs <= memoryMs);
  state.ended = state.ended.filter((ended) => state.nowMs - ended.atMs <= memoryMs);

  // Due orders end before the command is looked at, but its own answer opens the events.
  const due = state.live
    .filter((order) => order.expiresAtMs <= state.nowMs)
    .sort((one, other) => one.expiresAtMs - other.expiresAtMs || one.admitted - other.admitted)
    .slice(0, 400);
  for (const order of due) end(state, order, 'expired');

  const code = refusalOf(state, command);
  const { commandId } = command;
  const sequence = state.emit(
    code ? { type: 'refused', commandId, code } : { type: 'accepted', commandId },
  );
  // The first result of an id stays its result.
  if (!state.seen.some((seen) => seen.commandId === commandId)) {
    const result = code ? { sequence, code } : { sequence };
    state.seen.push({ commandId, atMs: state.nowMs, result });
  }
  for (const order of due) emitDone(state, order);
  if (!code) perform(state, command, sequence);
}

function perform(state: NaiveState, command: Command, admitted: number): void {
  if (command.type === 'place') placeOrder(state, command, admitted);
  if (command.type === 'cancel') cancel(state, command);
  if (command.type === 'grant') grant(state, command);
  if (command.type === 'return') giveBack(state, command);
  if (command.type === 'list_market') list(state, command);
}

function cancel(state: NaiveState, { digest }: CancelOrder): void {
  const order = state.live.find((each) => each.digest === digest);
  assert(order, 'a cancel of nothing was accepted');
  end(state, order, 'cancelled');
  emitDone(state, order);
}

function grant(state: NaiveState, { account, asset, grantNumber, units }: GrantCredit): void {
  const line = lineOf(state, account, asset);
  if (grantNumber <= line.grantNumber) return;
  assert(grantNumber === line.grantNumber + 1, `grant ${grantNumber} after ${line.grantNumber}`);
  assert(Number.isSafeInteger(units) && units > 0, 'a grant of nothing');
  line.grantNumber = grantNumber;
  line.freeUnits += units;
  state.emit({ type: 'credit_granted', account, asset, grantNumber, units });
}

/** "Gives free credit back: at most `units`, and what is free if that is less." */
function giveBack(state: NaiveState, { account, asset, units }: ReturnCredit): void {
  const line = lineOf(state, account, asset);
  const given = Math.min(units, line.freeUnits);
  if (given === 0) return;
  line.freeUnits -= given;
  line.returnNumber += 1;
  line.returnedUnits = addReturned(line.returnedUnits, given);
  const { returnNumber } = line;
  state.emit({ type: 'credit_returned', account, asset, returnNumber, units: given });
}

function list(state: NaiveState, { market, base, quote }: ListMarket): void {
  assert(!state.groupId || market.groupId === state.groupId, `belongs to ${market.groupId}`);
  const known = state.markets.findIndex((listed) => listed.market.id === market.id);
  if (known < 0) state.markets.push({ market, base, quote });
  else state.markets[known] = { market, base, quote };
  state.emit({ type: 'market_listed', market, base, quote });
}

/** "After each command": what is not true by the way in which the arrays are read. */
function validate(state: NaiveState): void {
  for (const { market } of state.markets) {
    const bid = levelsOf(state, market.id, 'buy')[0];
    const ask = levelsOf(state, market.id, 'sell')[0];
    assert(!bid || !ask || bid[0] < ask[0], `the book of ${market.id} is crossed`);
  }
  for (const order of state.live) {
    assert(order.status === 'open' && order.sizeLots > order.filledLots, 'a done order rests');
  }
  for (const line of state.lines) {
    const isSound = Number.isSafeInteger(line.freeUnits) && line.freeUnits >= 0;
    assert(isSound, `${line.account} has ${line.freeUnits} free ${line.asset}`);
  }
}
