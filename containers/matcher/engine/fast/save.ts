/** The engine's state as records, in the order that `SnapshotRecord` asks for. Orders' records are one object, filled anew for each. */
import type { DoneReason } from '#domain/order.ts';
import { doneReasons } from '../event-hash.ts';
import type {
  DelegationRecord,
  OrderPlace,
  OrderRecord,
  RememberedRecord,
  SnapshotRecord,
} from '../snapshot-record.ts';
import { type CoreInstance, nobody } from './core-instance.ts';
import {
  accountPastRow,
  accountRow,
  orderRow as at,
  creditLineRow,
  delegationRow,
  engineState,
  feeTiersAt,
  idRow,
  ladderRow,
  levelRow,
  marketRow,
  stateAt,
} from './core-layout.ts';
import { creditOf, isUsedLine, linesOf } from './credit-views.ts';
import { worksOf } from './engine-work.ts';
import type { FastState } from './fast-state.ts';
import { type ListedMarket, marketOf } from './market-terms.ts';
import { orderPlace } from './order-place.ts';
import { clientOf, delegationOf, extraAmountsOf, feesOf, placeOf, traitsOf } from './order-row.ts';
import { unpackTraits } from './order-traits.ts';
import { progressOf } from './render-events.ts';
import { codeOf } from './results.ts';
import { windowOf } from './volatility-window.ts';

export type Write = (record: SnapshotRecord) => void;

/** Rows of one kind that come one behind the other, of which there may be very many. */
export type Rows = {
  kind: 'rows';
  first: number;
  next(row: number): number;
  recordOf(row: number): SnapshotRecord;
  /** Lets the core save rows from one on; answers the first that it did not (save-rows.ts of the core). */
  save(row: number): number;
  /** Whether they have a market and an account. */
  haveParties: boolean;
};

export function save(state: FastState, write: Write): void {
  for (const each of [tradingOf(state), memoryOf(state)])
    for (const next of each) {
      if (next.kind !== 'rows') write(next);
      else
        for (let row = next.first; row !== nobody; row = next.next(row)) write(next.recordOf(row));
    }
}

/** What future trading depends on. */
export function* tradingOf(state: FastState): Generator<SnapshotRecord | Rows, void> {
  for (const listed of inOrderOf(state.markets, ({ id }) => id)) {
    yield marketRecord(state, listed);
    yield* ordersIn(state, listed);
  }
  yield* creditIn(state);
  yield* feesIn(state);
  yield* switchesIn(state);
  yield* delegationsIn(state);
  for (const work of worksOf(state)) yield { kind: 'work', work };
}

function marketRecord({ core }: FastState, listed: ListedMarket): SnapshotRecord {
  const { row, terms } = listed;
  return {
    kind: 'market',
    market: marketOf(core, listed),
    base: terms.base,
    quote: terms.quote,
    untilMs: core.double(row, marketRow.untilMs),
    lastTicks: core.int(row, marketRow.lastTicks),
    referenceTicks: core.double(row, marketRow.referenceTicks),
    window: windowOf(core, row),
  };
}

/** Bids, asks, those that wait for their trigger, those triggered, the one at hand. */
function* ordersIn(state: FastState, { row }: ListedMarket): Generator<Rows> {
  const { core } = state;
  for (const side of [marketRow.bids, marketRow.asks]) {
    const first = firstIn(core, core.int(row, side));
    yield {
      ...orderRows(state, 'book', { first, next: (order) => nextIn(core, order) }),
      save: (order) => core.calls.saveLadder(order),
    };
  }
  yield orderRows(state, 'untriggered', inTurn(untriggeredIn(core, row)));
  const next = (order: number) => core.int(order, at.behind);
  yield orderRows(state, 'triggered', { first: core.int(row, marketRow.firstTriggered), next });
  const incoming = core.int(stateAt, engineState.incoming);
  const isHere = incoming !== nobody && core.int(incoming, at.market) === row;
  yield orderRows(state, 'incoming', inTurn(isHere ? [incoming] : []));
}

type Chain = Pick<Rows, 'first' | 'next'>;

/** Live orders, which the core saves one by one. */
function orderRows(state: FastState, place: OrderPlace, { first, next }: Chain): Rows {
  const { core } = state;
  const recordOf = orderRecord(state);
  return {
    ...{ kind: 'rows', first, next, haveParties: true },
    recordOf: (order) => recordOf(order, place),
    save(from) {
      let order = from;
      while (order !== nobody && core.calls.saveOrder(order) === 1) order = next(order);
      return order;
    },
  };
}

/** Asked for one behind the other. */
function inTurn(rows: number[]): Chain {
  let at = 0;
  const next = () => {
    at += 1;
    return rows[at] ?? nobody;
  };
  return { first: rows[0] ?? nobody, next };
}

/** The first order of a ladder's best level. */
function firstIn(core: CoreInstance, ladder: number): number {
  const level = core.int(ladder, ladderRow.best);
  return level === nobody ? nobody : core.int(level, levelRow.head);
}

/** The order behind another in its level, or the first of the next. */
function nextIn(core: CoreInstance, order: number): number {
  const behind = core.int(order, at.behind);
  if (behind !== nobody) return behind;
  const level = core.calls.nextLevel(core.int(order, at.level));
  return level === nobody ? nobody : core.int(level, levelRow.head);
}

/** Oldest first. */
function untriggeredIn(core: CoreInstance, row: number): number[] {
  const orders: number[] = [];
  for (const side of [marketRow.rising, marketRow.falling]) {
    let order = firstIn(core, core.int(row, side));
    for (; order !== nobody; order = nextIn(core, order)) orders.push(order);
  }
  const age = (order: number) => core.double(order, at.admitted);
  return orders.sort((one, other) => age(one) - age(other));
}

/** Fills one record again and again; the few that have a client id or a delegation get one of their own. */
function orderRecord(state: FastState) {
  const { core } = state;
  const record = {} as OrderRecord;
  return (order: number, place: OrderPlace): OrderRecord => {
    const { ints, doubles } = core;
    const word = order >>> 2;
    const double = order >>> 3;
    const traits = unpackTraits(traitsOf(core, order));
    const extras = extraAmountsOf(core, order);
    const fees = feesOf(core, order);
    record.kind = 'order';
    record.digest = state.idText(ints[word + at.id / 4] as number);
    record.account = state.accountName(ints[word + at.account / 4] as number);
    record.marketId = state.marketAt(ints[word + at.market / 4] as number).id;
    record.side = traits.side;
    record.orderType = traits.orderType;
    record.timeInForce = traits.timeInForce;
    record.postOnly = traits.postOnly;
    record.selfTrade = traits.selfTrade;
    record.limitTicks = ints[word + at.limitTicks / 4] as number;
    record.triggerTicks = extras.triggerTicks;
    record.sizeLots = doubles[double + at.sizeLots / 8] as number;
    record.displayLots = extras.displayLots;
    record.spendUnits = extras.spendUnits;
    record.filledLots = doubles[double + at.filledLots / 8] as number;
    record.filledQuoteUnits = doubles[double + at.filledQuoteUnits / 8] as number;
    record.feeUnits = doubles[double + at.feeUnits / 8] as number;
    record.createdAtMs = doubles[double + at.createdAtMs / 8] as number;
    record.expiresAtMs = doubles[double + at.expiresAtMs / 8] as number;
    record.place = place;
    record.makerFeeBps = fees.makerFeeBps;
    record.takerFeeBps = fees.takerFeeBps;
    record.admitted = doubles[double + at.admitted / 8] as number;
    record.heldUnits = doubles[double + at.heldUnits / 8] as number;
    record.shownLots = core.calls.shownInBook(order);
    const client = clientOf(core, order);
    const delegation = delegationOf(core, order);
    if (client === nobody && delegation === nobody) return record;
    const clientOrderId = client === nobody ? undefined : state.clientText(client);
    return {
      ...record,
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      ...(delegation === nobody
        ? {}
        : { delegation: state.idText(core.int(delegation, delegationRow.id)) }),
    };
  };
}

function* creditIn(state: FastState): Generator<SnapshotRecord> {
  const { core } = state;
  const used = linesOf(state).filter((line) => isUsedLine(state, line));
  const lines = used.map((line) => {
    const account = state.accountName(core.int(line, creditLineRow.account));
    return { line, key: `${account} ${state.assetName(core.int(line, creditLineRow.asset))}` };
  });
  for (const { line } of inOrderOf(lines, ({ key }) => key)) {
    yield { kind: 'credit', ...creditOf(state, line) };
  }
}

/** Each tier's rates are two words behind each other; one that was never defined has no taker rate. */
const tierBytes = 8;
const tiers = 256;

function* feesIn(state: FastState): Generator<SnapshotRecord> {
  const { core } = state;
  for (let tier = 1; tier < tiers; tier += 1) {
    const makerFeeBps = core.int(feeTiersAt + tier * tierBytes, 0);
    const takerFeeBps = core.int(feeTiersAt + tier * tierBytes, 4);
    if (takerFeeBps >= 0) yield { kind: 'fee_tier', tier, makerFeeBps, takerFeeBps };
  }
  const inTiers = state.accountNames
    .map((account) => ({ account, tier: core.int(state.account(account), accountRow.feeTier) }))
    .filter(({ tier }) => tier > 0);
  for (const each of inOrderOf(inTiers, ({ account }) => account)) {
    yield { kind: 'account_tier', ...each };
  }
}

function* switchesIn(state: FastState): Generator<SnapshotRecord> {
  const { core } = state;
  const armed = state.accountNames
    .map((account) => ({
      account,
      dueMs: core.double(pastOf(core, state.account(account)), accountPastRow.switchDueMs),
    }))
    .filter(({ dueMs }) => dueMs > 0);
  for (const each of inOrderOf(armed, ({ account }) => account)) yield { kind: 'switch', ...each };
}

const pastOf = (core: CoreInstance, account: number) => core.int(account, accountRow.past);

function* delegationsIn(state: FastState): Generator<SnapshotRecord> {
  const { core } = state;
  const records: DelegationRecord[] = [];
  let account = core.int(stateAt, engineState.newestAccount);
  for (; account !== nobody; account = core.int(pastOf(core, account), accountPastRow.next)) {
    let row = core.int(pastOf(core, account), accountPastRow.delegations);
    for (; row !== nobody; row = core.int(row, delegationRow.next)) {
      records.push({
        kind: 'delegation',
        account: state.accountName(account),
        digest: state.idText(core.int(row, delegationRow.id)),
        openUnits: core.double(row, delegationRow.openUnits),
        matchedUnits: core.double(row, delegationRow.matchedUnits),
        day: core.int(row, delegationRow.day),
      });
    }
  }
  yield* inOrderOf(records, (record) => `${record.account} ${record.digest}`);
}

/** The clock, and what is remembered of the past, oldest first. */
export function* memoryOf(state: FastState): Generator<SnapshotRecord | Rows, void> {
  const { core, sequence, nowMs, eventLanes } = state;
  yield { kind: 'clock', sequence, nowMs, eventLanes };
  yield {
    ...{ kind: 'rows', first: core.int(stateAt, engineState.oldestRemembered) },
    next: (id) => core.int(id, idRow.next),
    recordOf: rememberedRecord(state),
    save: (id) => core.calls.saveRemembered(id),
    haveParties: false,
  };
  yield {
    ...{ kind: 'rows', first: core.int(stateAt, engineState.oldestEnded) },
    next: (ended) => core.int(ended, at.nextEnded),
    recordOf: (ended) => endedRecord(state, ended),
    save: (ended) => core.calls.saveEnded(ended),
    haveParties: true,
  };
}

function endedRecord(state: FastState, ended: number): SnapshotRecord {
  const { core } = state;
  const status = doneReasons[placeOf(core, ended) - orderPlace.ended] as DoneReason;
  const atMs = core.double(ended, at.endedAtMs);
  return { kind: 'ended', ...progressOf(state, ended), status, atMs };
}

/** Fills one record again and again; those that were refused get one of their own. */
function rememberedRecord(state: FastState) {
  const { core } = state;
  const record: RememberedRecord = { kind: 'remembered', commandId: '', sequence: 0, atMs: 0 };
  return (id: number): RememberedRecord => {
    const code = codeOf(core, id);
    record.commandId = state.idText(id);
    record.sequence = core.double(id, idRow.sequence);
    record.atMs = core.double(id, idRow.atMs);
    return code === undefined ? record : { ...record, code };
  };
}

/** By code units: a locale's order differs between machines. */
function inOrderOf<T>(items: T[], key: (item: T) => string): T[] {
  return [...items].sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  });
}
