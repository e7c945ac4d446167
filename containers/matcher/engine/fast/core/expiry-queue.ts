/**
 * Live orders by expiry, the older first: a heap of four children a node. An order that ends before its time stays in until it
 * comes to the top or three quarters of all are over; then those are dropped at once, so that leaving costs nothing.
 */
import { noOrder, state } from './engine-state.ts';
import { grownRegion, takeRegion } from './regions.ts';
import { Order } from './rows.ts';

/** `turn`: an entry of an order that is gone since, or was admitted anew, is told by it. */
@unmanaged
class Entry {
  dueMs: f64;
  order: Order;
  turn: i32;
}

const entryLog = 4;
const startLog = 6;
/** Fewer are not worth dropping. */
const leastToDrop = 1_024;
/** Entries that are looked at before any is moved. */
const together = 64;

export function openExpiries(): void {
  state.expiriesLog = startLog;
  state.expiries = takeRegion(startLog + entryLog);
  state.expiryTurn = 1;
  state.expiriesDueMs = Infinity;
}

/** The order that expires next; nobody where none is live. */
export function firstExpiring(): Order {
  return state.expiryCount === 0 ? noOrder : entryAt(0).order;
}

export function expect(order: Order): void {
  if (state.expiryCount === 1 << state.expiriesLog) {
    state.expiries = grownRegion(state.expiries, state.expiriesLog + entryLog);
    state.expiriesLog += 1;
  }
  // Odd, so that it is never nobody's, and back where it was when all entries of before are long dropped.
  const turn = state.expiryTurn + 2;
  state.expiryTurn = turn;
  order.expiryTurn = turn;
  const dueMs = order.expiresAtMs;
  let at = state.expiryCount;
  state.expiryCount = at + 1;
  while (at > 0) {
    const parent = (at - 1) >> 2;
    if (!isBefore(dueMs, order.admitted, entryAt(parent))) break;
    move(parent, at);
    at = parent;
  }
  put(at, dueMs, order, turn);
}

/** An order is over, or was admitted anew: its entry does not count any more. */
export function expectNoMore(order: Order): void {
  order.expiryTurn = 0;
  const over = state.expiriesOver + 1;
  state.expiriesOver = over;
  if (entryAt(0).order === order) clearTop();
  else if (over > leastToDrop && over > state.expiryCount - (state.expiryCount >> 2)) dropOver();
}

/** Makes room for so many, in memory that was written. */
export function reserveExpiries(count: i32): void {
  while (1 << state.expiriesLog < count) {
    state.expiries = grownRegion(state.expiries, state.expiriesLog + entryLog);
    state.expiriesLog += 1;
  }
  memory.fill(state.expiries, 0, 1 << (state.expiriesLog + entryLog));
}

/** None comes before whoever is above it, and the next is said rightly; answers how many live. */
export function validateExpiries(): i32 {
  let live = 0;
  for (let at = 0; at < state.expiryCount; at += 1) {
    const entry = entryAt(at);
    if (isOver(entry)) continue;
    const isBehind = at === 0 || !isBefore(entry.dueMs, ageOf(entry), entryAt((at - 1) >> 2));
    assert(isBehind, 'expiries out of order');
    assert(entry.dueMs === entry.order.expiresAtMs, 'an order is expected at another time');
    live += 1;
  }
  assert(live + state.expiriesOver === state.expiryCount, 'expiries are counted wrongly');
  const dueMs = live === 0 ? Infinity : firstExpiring().expiresAtMs;
  assert(state.expiriesDueMs === dueMs, 'another expiry is the next');
  return live;
}

function entryAt(at: i32): Entry {
  return changetype<Entry>(state.expiries + ((<usize>at) << entryLog));
}

function isOver(entry: Entry): bool {
  return entry.order.expiryTurn !== entry.turn;
}

function clearTop(): void {
  while (state.expiryCount > 0 && isOver(entryAt(0))) {
    state.expiriesOver -= 1;
    state.expiryCount -= 1;
    sink(state.expiryCount, 0);
  }
  if (state.expiryCount === 0) state.expiriesDueMs = Infinity;
}

function dropOver(): void {
  let kept = 0;
  for (let from = 0; from < state.expiryCount; from += together) {
    const end = min(from + together, state.expiryCount);
    let live = liveAmong(from, end);
    for (; live !== 0; live &= live - 1) {
      move(from + <i32>ctz<u64>(live), kept);
      kept += 1;
    }
  }
  state.expiryCount = kept;
  state.expiriesOver = 0;
  for (let at = (kept - 2) >> 2; at >= 0; at -= 1) sink(at, at);
}

/** A bit for each entry whose order lives. Nothing is moved meanwhile, so that the processor reads many orders at once. */
function liveAmong(from: i32, end: i32): u64 {
  let live: u64 = 0;
  for (let at = from; at < end; at += 1) {
    live |= (<u64>(isOver(entryAt(at)) ? 0 : 1)) << (at - from);
  }
  return live;
}

/** Moves the entry of one place downwards from another to where it belongs. */
function sink(moved: i32, from: i32): void {
  const entry = entryAt(moved);
  const dueMs = entry.dueMs;
  const order = entry.order;
  const turn = entry.turn;
  const age = ageOf(entry);
  let at = from;
  for (;;) {
    const first = (at << 2) + 1;
    const end = min(first + 4, state.expiryCount);
    if (first >= end) break;
    let least = first;
    for (let other = first + 1; other < end; other += 1) {
      const one = entryAt(other);
      if (isBefore(one.dueMs, ageOf(one), entryAt(least))) least = other;
    }
    if (isBefore(dueMs, age, entryAt(least))) break;
    move(least, at);
    at = least;
  }
  put(at, dueMs, order, turn);
}

/** Of two that expire at once the older is first. An order since gone counts as the oldest, so that none below it is passed over. */
function isBefore(dueMs: f64, age: f64, entry: Entry): bool {
  return dueMs < entry.dueMs || (dueMs === entry.dueMs && age < ageOf(entry));
}

function ageOf(entry: Entry): f64 {
  return isOver(entry) ? 0 : entry.order.admitted;
}

function move(from: i32, to: i32): void {
  const entry = entryAt(from);
  put(to, entry.dueMs, entry.order, entry.turn);
}

function put(at: i32, dueMs: f64, order: Order, turn: i32): void {
  const entry = entryAt(at);
  entry.dueMs = dueMs;
  entry.order = order;
  entry.turn = turn;
  if (at === 0) state.expiriesDueMs = dueMs;
}
