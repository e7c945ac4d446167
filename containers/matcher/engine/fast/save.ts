/** The engine's state as records, in the order that `SnapshotRecord` asks for. Records of one kind are one object, filled anew for each. */

import type { DoneReason } from '#domain/order.ts';
import { type EngineRefusal, engineRefusals } from '#domain/refusal.ts';
import type { OrderPlace, OrderRecord, SnapshotRecord } from '../snapshot-record.ts';
import { doneReasons } from './event-rows.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './id-table.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
import { unpackTraits } from './order-traits.ts';
import type { PriceLadder } from './price-ladder.ts';
import { progressOf } from './render-events.ts';

export type Write = (record: SnapshotRecord) => void;

export function save(state: FastState, write: Write): void {
  for (const book of inOrderOf(state.markets, ({ id }) => id)) saveMarket(state, book, write);
  saveCredit(state, write);
  saveFees(state, write);
  saveSwitches(state, write);
  saveWork(state, write);
  saveMemory(state, write);
}

function saveMarket(state: FastState, book: MarketBook, write: Write): void {
  const { market, base, quote, untilMs, lastTicks, referenceTicks } = book;
  const window = book.window.save();
  write({ kind: 'market', market, base, quote, untilMs, lastTicks, referenceTicks, window });
  const { orders } = state;
  const writeOrder = orderWriter(state, write);
  for (const ladder of [book.bids, book.asks]) {
    forEachOrder(state, ladder, (slot) => writeOrder(slot, 'book'));
  }
  for (const slot of untriggeredIn(state, book)) writeOrder(slot, 'untriggered');
  for (let slot = book.firstTriggered; slot !== none; slot = orders.behind[slot] as number) {
    writeOrder(slot, 'triggered');
  }
  const { incoming } = state;
  if (incoming !== none && state.book(incoming) === book) writeOrder(incoming, 'incoming');
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
function orderWriter({ orders, accounts, markets }: FastState, write: Write) {
  const record = {} as OrderRecord;
  return (slot: number, orderPlace: OrderPlace): void => {
    record.kind = 'order';
    record.digest = orders.digest[slot] as string;
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
    const clientOrderId = orders.clientOrderId[slot];
    write(clientOrderId === undefined ? record : { ...record, clientOrderId });
  };
}

function saveCredit(state: FastState, write: Write): void {
  const lines = usedLines(state).map((line) => ({ line, key: lineKey(state, line) }));
  for (const { line } of inOrderOf(lines, ({ key }) => key)) {
    write({ kind: 'credit', ...creditOf(state, line) });
  }
}

const lineKey = ({ credit, accounts, assets }: FastState, line: number) =>
  `${accounts.names[credit.account[line] as number]} ${assets[credit.asset[line] as number]}`;

/** A line that was never granted and is empty is no credit: nothing tells it from none. */
export function usedLines({ credit }: FastState): number[] {
  const used: number[] = [];
  for (let line = 0; line < credit.count; line += 1) {
    const sum =
      (credit.freeUnits[line] as number) +
      (credit.heldUnits[line] as number) +
      (credit.grantNumber[line] as number) +
      (credit.returnNumber[line] as number);
    if (sum > 0) used.push(line);
  }
  return used;
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

function saveFees({ feeTiers, accounts }: FastState, write: Write): void {
  for (const [tier, rates] of [...feeTiers].sort(([one], [other]) => one - other)) {
    write({ kind: 'fee_tier', tier, ...rates });
  }
  const inTiers = accounts.names
    .map((account, handle) => ({ account, tier: accounts.feeTier[handle] as number }))
    .filter(({ tier }) => tier > 0);
  for (const each of inOrderOf(inTiers, ({ account }) => account)) {
    write({ kind: 'account_tier', ...each });
  }
}

function saveSwitches({ switches, accounts }: FastState, write: Write): void {
  const armed = accounts.names
    .map((account, handle) => ({ account, dueMs: switches.timeOf(handle) }))
    .filter(({ dueMs }) => dueMs > 0);
  for (const each of inOrderOf(armed, ({ account }) => account)) {
    write({ kind: 'switch', ...each });
  }
}

function saveWork({ incoming, orders, bounds, work }: FastState, write: Write): void {
  if (incoming !== none) {
    const digest = orders.digest[incoming] as string;
    write({ kind: 'work', work: { work: 'match', digest, ...bounds } });
  }
  for (const each of work) write({ kind: 'work', work: { ...each } });
}

/** The clock, and what is remembered of the past, oldest first. */
function saveMemory(state: FastState, write: Write): void {
  const { events, ids, orders, ended, nowMs } = state;
  write({
    kind: 'clock',
    sequence: events.sequence,
    nowMs,
    eventLanes: events.chain.state(),
  });
  for (let nth = 0; nth < ids.remembered.count; nth += 1) {
    const row = ids.remembered.at(nth);
    const atMs = ids.atMs[row] as number;
    const result = resultOf(state, row);
    write({ kind: 'remembered', commandId: ids.text(row), atMs, ...result });
  }
  for (let nth = 0; nth < ended.count; nth += 1) {
    const slot = ended.at(nth);
    const status = doneReasons[(orders.places[slot] as number) - place.ended] as DoneReason;
    const atMs = orders.endedAtMs[slot] as number;
    write({ kind: 'ended', ...progressOf(state, slot), status, atMs });
  }
}

/** The first result of a remembered id. */
export function resultOf({ ids }: FastState, row: number) {
  const sequence = ids.sequence[row] as number;
  const code = ids.code[row] as number;
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
