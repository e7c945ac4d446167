/** The engine's state as records, in the order that `SnapshotRecord` asks for. Records of one kind are one object, filled anew for each. */

import { type EngineRefusal, engineRefusals } from '#domain/refusal.ts';
import type { OrderPlace, OrderRecord, SnapshotRecord } from '../snapshot-record.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './id-table.ts';
import type { MarketBook } from './market-book.ts';
import { none } from './order-table.ts';
import { unpackTraits } from './order-traits.ts';
import type { PriceLadder } from './price-ladder.ts';
import { endedProgress } from './render-events.ts';

export type Write = (record: SnapshotRecord) => void;

export function save(state: FastState, write: Write): void {
  for (const record of recordsOf(state)) write(record);
}

/** The same one by one, so that whoever reads a copy of the state may rest in between. */
export function* recordsOf(state: FastState): Generator<SnapshotRecord> {
  for (const book of inOrderOf(state.markets, ({ id }) => id)) yield* marketOf(state, book);
  yield* creditIn(state);
  yield* feesIn(state);
  yield* switchesIn(state);
  yield* workIn(state);
  yield* memoryOf(state);
}

function* marketOf(state: FastState, book: MarketBook): Generator<SnapshotRecord> {
  const { market, base, quote, untilMs, lastTicks, referenceTicks } = book;
  const window = book.window.save();
  yield { kind: 'market', market, base, quote, untilMs, lastTicks, referenceTicks, window };
  const { levels, orders, incoming } = state;
  const recordOf = orderRecords(state);
  for (const ladder of [book.bids, book.asks]) {
    for (let level = ladder.best; level !== none; ) {
      let slot = levels.head[level] as number;
      for (; slot !== none; slot = orders.behind[slot] as number) yield recordOf(slot, 'book');
      level = ladder.next(levels.ticks[level] as number);
    }
  }
  for (const slot of untriggeredIn(state, book)) yield recordOf(slot, 'untriggered');
  for (let slot = book.firstTriggered; slot !== none; slot = orders.behind[slot] as number) {
    yield recordOf(slot, 'triggered');
  }
  if (incoming !== none && state.book(incoming) === book) yield recordOf(incoming, 'incoming');
}

export function forEachOrder(
  { levels, orders }: FastState,
  ladder: PriceLadder,
  give: (slot: number, level: number) => void,
): void {
  for (let level = ladder.best; level !== none; ) {
    for (let slot = levels.head[level] as number; slot !== none; ) {
      give(slot, level);
      slot = orders.behind[slot] as number;
    }
    level = ladder.next(levels.ticks[level] as number);
  }
}

/** Those that wait for their trigger, oldest first. */
export function untriggeredIn(state: FastState, book: MarketBook): number[] {
  const slots: number[] = [];
  for (const ladder of [book.rising, book.falling]) {
    forEachOrder(state, ladder, (slot) => slots.push(slot));
  }
  const { admitted } = state.orders;
  return slots.sort((one, other) => (admitted[one] as number) - (admitted[other] as number));
}

/** Fills one record again and again; the few that have a client id get one of their own. */
function orderRecords(state: FastState) {
  const { orders, accounts, markets } = state;
  const record = {} as OrderRecord;
  return (slot: number, orderPlace: OrderPlace): OrderRecord => {
    record.kind = 'order';
    record.digest = state.digestOf(slot);
    record.account = accounts.names[orders.account[slot] as number] as string;
    record.marketId = (markets[orders.market[slot] as number] as MarketBook).id;
    const traits = unpackTraits(orders.traits[slot] as number);
    record.side = traits.side;
    record.orderType = traits.orderType;
    record.timeInForce = traits.timeInForce;
    record.postOnly = traits.postOnly;
    record.selfTrade = traits.selfTrade;
    record.limitTicks = orders.limitTicks[slot] as number;
    record.triggerTicks = orders.triggerTicks[slot] as number;
    record.sizeLots = orders.sizeLots[slot] as number;
    record.displayLots = orders.displayLots[slot] as number;
    record.spendUnits = orders.spendUnits[slot] as number;
    record.filledLots = orders.filledLots[slot] as number;
    record.filledQuoteUnits = orders.filledQuoteUnits[slot] as number;
    record.feeUnits = orders.feeUnits[slot] as number;
    record.createdAtMs = orders.createdAtMs[slot] as number;
    record.expiresAtMs = orders.expiresAtMs[slot] as number;
    record.place = orderPlace;
    record.makerFeeBps = orders.makerFeeBps[slot] as number;
    record.takerFeeBps = orders.takerFeeBps[slot] as number;
    record.admitted = orders.admitted[slot] as number;
    record.heldUnits = orders.heldUnits[slot] as number;
    record.shownLots = orders.shownLots[slot] as number;
    const clientOrderId = orders.clientOrderIdOf(slot);
    return clientOrderId === undefined ? record : { ...record, clientOrderId };
  };
}

function* creditIn(state: FastState): Generator<SnapshotRecord> {
  const lines = usedLines(state).map((line) => ({ line, key: lineKey(state, line) }));
  for (const { line } of inOrderOf(lines, ({ key }) => key)) {
    yield { kind: 'credit', ...creditOf(state, line) };
  }
}

const lineKey = ({ credit, accounts, assets }: FastState, line: number) =>
  `${accounts.names[credit.account[line] as number]} ${assets[credit.asset[line] as number]}`;

/** A line that was never granted and is empty is no credit: nothing tells it from none. */
export function usedLines(state: FastState): number[] {
  const used: number[] = [];
  for (let line = 0; line < state.credit.count; line += 1) {
    if (isUsedLine(state, line)) used.push(line);
  }
  return used;
}

export function isUsedLine({ credit }: FastState, line: number): boolean {
  const units = (credit.freeUnits[line] as number) + (credit.heldUnits[line] as number);
  const numbers = (credit.grantNumber[line] as number) + (credit.returnNumber[line] as number);
  return units + numbers > 0;
}

export function creditOf({ credit, accounts, assets }: FastState, line: number) {
  return {
    account: accounts.names[credit.account[line] as number] as string,
    asset: assets[credit.asset[line] as number] as string,
    freeUnits: credit.freeUnits[line] as number,
    heldUnits: credit.heldUnits[line] as number,
    grantNumber: credit.grantNumber[line] as number,
    returnNumber: credit.returnNumber[line] as number,
    returnedUnits: credit.returnedUnits[line] as number,
  };
}

function* feesIn({ feeTiers, accounts }: FastState): Generator<SnapshotRecord> {
  for (const [tier, rates] of [...feeTiers].sort(([one], [other]) => one - other)) {
    yield { kind: 'fee_tier', tier, ...rates };
  }
  const inTiers = accounts.names
    .map((account, handle) => ({ account, tier: accounts.feeTier[handle] as number }))
    .filter(({ tier }) => tier > 0);
  for (const each of inOrderOf(inTiers, ({ account }) => account)) {
    yield { kind: 'account_tier', ...each };
  }
}

function* switchesIn({ switches, accounts }: FastState): Generator<SnapshotRecord> {
  const armed = accounts.names
    .map((account, handle) => ({ account, dueMs: switches.timeOf(handle) }))
    .filter(({ dueMs }) => dueMs > 0);
  for (const each of inOrderOf(armed, ({ account }) => account)) {
    yield { kind: 'switch', ...each };
  }
}

function* workIn(state: FastState): Generator<SnapshotRecord> {
  const { incoming, bounds, work } = state;
  if (incoming !== none) {
    const digest = state.digestOf(incoming);
    yield { kind: 'work', work: { work: 'match', digest, ...bounds } };
  }
  for (const each of work) yield { kind: 'work', work: { ...each } };
}

/** The clock, and what is remembered of the past, oldest first. */
function* memoryOf(state: FastState): Generator<SnapshotRecord> {
  const { events, ids, ended, nowMs } = state;
  yield {
    kind: 'clock',
    sequence: events.sequence,
    nowMs,
    eventLanes: events.chain.state(),
  };
  for (let nth = 0; nth < ids.remembered.count; nth += 1) {
    const row = ids.remembered.at(nth);
    const atMs = ids.atMs(row);
    const result = resultOf(state, row);
    yield { kind: 'remembered', commandId: ids.text(row), atMs, ...result };
  }
  for (let nth = 0; nth < ended.count; nth += 1) {
    const serial = ended.serialOf(nth);
    const progress = endedProgress(state, serial);
    const status = ended.status(serial);
    yield { kind: 'ended', ...progress, status, atMs: ended.endedAtMs(serial) };
  }
}

/** The first result of a remembered id. */
export function resultOf({ ids }: FastState, row: number) {
  const sequence = ids.sequence(row);
  const code = ids.code(row);
  if (code === accepted) return { sequence };
  return { sequence, code: engineRefusals[code] as EngineRefusal };
}

/** By code units: a locale's order differs between machines. */
function inOrderOf<T>(items: T[], key: (item: T) => string): T[] {
  return [...items].sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  });
}
