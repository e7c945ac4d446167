/**
 * Live orders by expiry, the older first: a heap of four children a node. An order that ends before its time stays in until it
 * comes to the top or half of all are over; then those are dropped at once, so that leaving costs nothing.
 */
import { noOrder, state } from './engine-state.ts';
import { grownRegion, takeRegion } from './regions.ts';
import { Order } from './rows.ts';

/** `admitted`: of two that expire at once the older is first, and an entry of an order since gone is told by it. */
@unmanaged
class Entry {
  dueMs: f64;
  admitted: f64;
  order: Order;
}

const entryLog = 5;
const startLog = 6;
/** Fewer are not worth dropping. */
const leastToDrop = 1_024;
/** Entries that are looked at before any is moved. */
const together = 64;

export function openExpiries(): void {
  state.expiriesLog = startLog;
  state.expiries = takeRegion(startLog + entryLog);
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
  const dueMs = order.expiresAtMs;
  const admitted = order.admitted;
  let at = state.expiryCount;
  state.expiryCount = at + 1;
  while (at > 0) {
    const parent = (at - 1) >> 2;
    if (!isBefore(dueMs, admitted, entryAt(parent))) break;
    move(parent, at);
    at = parent;
  }
  put(at, dueMs, admitted, order);
}

/** An order is over, or was admitted anew: its entry does not count any more. */
export function expectNoMore(order: Order): void {
  state.expiriesOver += 1;
  if (entryAt(0).order === order) clearTop();
  else if (state.expiriesOver > leastToDrop && state.expiriesOver << 1 > state.expiryCount) {
    dropOver();
  }
}

/** Makes room for so many, in memory that was written. */
export function reserveExpiries(count: i32): void {
  while (1 << state.expiriesLog < count) {
    state.expiries = grownRegion(state.expiries, state.expiriesLog + entryLog);
    state.expiriesLog += 1;
  }
  memory.fill(state.expiries, 0, 1 << (state.expiriesLog + entryLog));
}

function entryAt(at: i32): Entry {
  return changetype<Entry>(state.expiries + ((<usize>at) << entryLog));
}

function isOver(entry: Entry): bool {
  return entry.order.admitted !== entry.admitted;
}

function clearTop(): void {
  while (state.expiryCount > 0 && isOver(entryAt(0))) {
    state.expiriesOver -= 1;
    state.expiryCount -= 1;
    sink(state.expiryCount, 0);
  }
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
  const admitted = entry.admitted;
  const order = entry.order;
  let at = from;
  for (;;) {
    const first = (at << 2) + 1;
    const end = min(first + 4, state.expiryCount);
    if (first >= end) break;
    let least = first;
    for (let other = first + 1; other < end; other += 1) {
      const one = entryAt(other);
      if (isBefore(one.dueMs, one.admitted, entryAt(least))) least = other;
    }
    if (isBefore(dueMs, admitted, entryAt(least))) break;
    move(least, at);
    at = least;
  }
  put(at, dueMs, admitted, order);
}

function isBefore(dueMs: f64, admitted: f64, entry: Entry): bool {
  return dueMs < entry.dueMs || (dueMs === entry.dueMs && admitted < entry.admitted);
}

function move(from: i32, to: i32): void {
  const entry = entryAt(from);
  put(to, entry.dueMs, entry.admitted, entry.order);
}

function put(at: i32, dueMs: f64, admitted: f64, order: Order): void {
  const entry = entryAt(at);
  entry.dueMs = dueMs;
  entry.admitted = admitted;
  entry.order = order;
}
