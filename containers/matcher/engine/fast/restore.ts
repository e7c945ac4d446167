/** The state that these records were saved from: an engine over it goes on the same. */
import { assert, unreachable } from '#domain/assertion.ts';
import { maxPriceTicks } from '#domain/market.ts';
import { engineRefusals } from '#domain/refusal.ts';
import { doneReasons } from '../event-hash.ts';
import { digestWords, nameWords, readDigest } from '../name-words.ts';
import type {
  CreditRecord,
  EndedRecord,
  MarketRecord,
  OrderRecord,
  RememberedRecord,
  SnapshotRecord,
  WorkRecord,
} from '../snapshot-record.ts';
import { findNextDue } from './change-state.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './id-table.ts';
import { openBook } from './list-market.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
import { nameTerms } from './order-terms.ts';
import { isSell, packTraits, waitsForRise } from './order-traits.ts';
import { enlist } from './place-order.ts';
import { enqueue, joinTriggered } from './resting.ts';

const words = new Int32Array(digestWords);

/** Fills an empty state. */
export function restore(state: FastState, records: Iterable<SnapshotRecord>): void {
  let hasClock = false;
  const live: number[] = [];
  for (const record of records) {
    if (record.kind === 'order') live.push(takeOrder(state, record));
    else take(state, record);
    hasClock ||= record.kind === 'clock';
  }
  assert(hasClock, 'a snapshot without a clock');
  // An account's orders are linked by age; the books were written by price.
  const { admitted } = state.orders;
  live.sort((one, other) => (admitted[one] as number) - (admitted[other] as number));
  for (const slot of live) enlist(state, slot, state.book(slot));
  findNextDue(state);
}

function take(state: FastState, record: Exclude<SnapshotRecord, OrderRecord>): void {
  switch (record.kind) {
    case 'market':
      takeMarket(state, record);
      return;
    case 'credit':
      takeLine(state, record);
      return;
    case 'fee_tier': {
      const { tier, makerFeeBps, takerFeeBps } = record;
      state.feeTiers.set(tier, { makerFeeBps, takerFeeBps });
      return;
    }
    case 'account_tier':
      state.accounts.feeTier[state.accounts.handle(record.account)] = record.tier;
      return;
    case 'switch':
      state.switches.add(state.accounts.handle(record.account), record.dueMs);
      return;
    case 'work':
      takeWork(state, record);
      return;
    case 'clock':
      state.nowMs = record.nowMs;
      state.events.resume(record.sequence, record.eventLanes);
      return;
    case 'remembered':
      takeRemembered(state, record);
      return;
    case 'ended':
      takeEnded(state, record);
      return;
    default:
      unreachable(record);
  }
}

function takeMarket(state: FastState, record: MarketRecord): void {
  const book = openBook(state, record);
  book.untilMs = record.untilMs;
  book.lastTicks = record.lastTicks;
  book.referenceTicks = record.referenceTicks;
  book.window.restore(record.window);
}

/** Records come in the order of the queues. */
function takeOrder(state: FastState, record: OrderRecord): number {
  const { orders, credit } = state;
  const slot = takeProgress(state, record);
  const book = state.book(slot);
  const traits = orders.traits[slot] as number;
  orders.makerFeeBps[slot] = record.makerFeeBps;
  orders.takerFeeBps[slot] = record.takerFeeBps;
  orders.admitted[slot] = record.admitted;
  orders.heldUnits[slot] = record.heldUnits;
  orders.shownLots[slot] = record.shownLots;
  const asset = isSell(traits) ? book.baseAsset : book.quoteAsset;
  orders.holdLine[slot] = credit.line(orders.account[slot] as number, asset);
  if (record.place === 'triggered') joinTriggered(state, book, slot);
  else if (record.place === 'incoming') orders.places[slot] = place.incoming;
  else if (record.place === 'untriggered') {
    orders.places[slot] = place.untriggered;
    enqueue(state, waitsForRise(traits) ? book.rising : book.falling, record.triggerTicks, slot);
  } else {
    orders.places[slot] = place.book;
    enqueue(state, isSell(traits) ? book.asks : book.bids, record.limitTicks, slot);
  }
  return slot;
}

function takeProgress(state: FastState, record: OrderRecord): number {
  const { orders } = state;
  assert(record.limitTicks <= maxPriceTicks, `a limit of ${record.limitTicks} ticks`);
  const slot = orders.take();
  orders.account[slot] = state.accounts.handle(record.account);
  orders.market[slot] = (state.bookOf(record.marketId) as MarketBook).handle;
  orders.traits[slot] = packTraits(record);
  orders.limitTicks[slot] = record.limitTicks;
  orders.triggerTicks[slot] = record.triggerTicks;
  orders.sizeLots[slot] = record.sizeLots;
  orders.displayLots[slot] = record.displayLots;
  orders.spendUnits[slot] = record.spendUnits;
  orders.filledLots[slot] = record.filledLots;
  orders.filledQuoteUnits[slot] = record.filledQuoteUnits;
  orders.feeUnits[slot] = record.feeUnits;
  orders.createdAtMs[slot] = record.createdAtMs;
  orders.expiresAtMs[slot] = record.expiresAtMs;
  if (record.clientOrderId !== undefined) orders.clientOrderIds.set(slot, record.clientOrderId);
  const row = rowFor(state, record.digest);
  orders.id[slot] = row;
  state.ids.setOrder(row, slot);
  const { left, right } = nameWords(record.digest);
  nameTerms(state, slot, state.book(slot), left, right);
  return slot;
}

function rowFor({ ids }: FastState, text: string): number {
  if (!readDigest(text, words)) {
    const known = ids.findText(text);
    return known === none ? ids.addText(text) : known;
  }
  const hash = ids.hashOf(words);
  const known = ids.find(words, hash);
  return known === none ? ids.add(words, hash) : known;
}

function takeLine(state: FastState, record: CreditRecord): void {
  const { credit } = state;
  const asset = state.assetHandle(record.asset);
  const line = credit.line(state.accounts.handle(record.account), asset);
  credit.freeUnits[line] = record.freeUnits;
  credit.heldUnits[line] = record.heldUnits;
  credit.grantNumber[line] = record.grantNumber;
  credit.returnNumber[line] = record.returnNumber;
  credit.returnedUnits[line] = record.returnedUnits;
  credit.move(asset, record.freeUnits + record.heldUnits);
}

function takeWork(state: FastState, { work }: WorkRecord): void {
  if (work.work !== 'match') {
    state.work.push({ ...work });
    return;
  }
  state.incoming = state.liveOrderOf(work.digest);
  state.bounds.bandLowTicks = work.bandLowTicks;
  state.bounds.bandHighTicks = work.bandHighTicks;
  state.bounds.haltLowTicks = work.haltLowTicks;
  state.bounds.haltHighTicks = work.haltHighTicks;
}

function takeRemembered(state: FastState, record: RememberedRecord): void {
  const { ids } = state;
  const row = rowFor(state, record.commandId);
  const code = record.code === undefined ? accepted : engineRefusals.indexOf(record.code);
  ids.remember(row, { sequence: record.sequence, code, atMs: record.atMs });
}

function takeEnded(state: FastState, record: EndedRecord): void {
  const handles = {
    account: state.accounts.handle(record.account),
    market: (state.bookOf(record.marketId) as MarketBook).handle,
    id: rowFor(state, record.digest),
    reason: doneReasons.indexOf(record.status),
  };
  const serial = state.ended.restore(handles, record, record.atMs);
  // An order of that digest may live again: it is found first.
  const live = state.ids.order(handles.id);
  state.ids.setEnded(handles.id, serial);
  state.ids.setOrder(handles.id, live);
}
