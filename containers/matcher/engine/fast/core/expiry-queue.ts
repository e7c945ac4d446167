/**
 * Live orders by expiry, the older first: a heap of four children a node. An entry is of an order's row, and says when the row's order
 * expires at the earliest. It stays when that order is over, and stands for whoever has the row next, unless that one expires before: most
 * orders come and go without a word here. Only the first entry is always right: one that comes there too early is put where it belongs.
 */
import { noOrder, state } from './engine-state.ts';
import { isLive } from './order-place.ts';
import { grownRegion, releaseRegion, takeRegion } from './regions.ts';
import { Order } from './rows.ts';

@unmanaged
class Entry {
  /** When the row's order expires, and its place in time; one that has the row now may come later, never earlier. */
  dueMs: f64;
  admitted: f64;
  order: Order;
}

const entryBytes: usize = 24;
const startLog = 11;
/** Fewer are put right one by one. */
const leastToRenew = 1_024;

export function openExpiries(): void {
  state.expiriesLog = startLog;
  state.expiries = takeRegion(startLog);
  state.expiriesDueMs = Infinity;
}

/** The order that expires next; nobody where none is live. */
export function firstExpiring(): Order {
  return state.expiryCount === 0 ? noOrder : entryAt(0).order;
}

/** An order was admitted. */
export function expect(order: Order): void {
  const expectedMs = wholeExpectedMsOf(order);
  // Neither nothing nor the end of time, asked at once.
  const isKnown = <u64>(expectedMs - 1) < <u64>endOfTimeMs - 1;
  if (!isKnown || <f64>expectedMs > order.expiresAtMs) enter(order);
}

/** An order is over, or was admitted anew. */
export function expectLater(order: Order): void {
  if (entryAt(0).order === order) findFirst();
}

/** Makes room for so many, before there are any. It is written to where a row is used for the first time, not by each order. */
export function reserveExpiries(count: i32): void {
  let log = state.expiriesLog;
  while (roomOf(log) < count) log += 1;
  if (log === state.expiriesLog) return;
  releaseRegion(state.expiries, state.expiriesLog);
  state.expiries = takeRegion(log);
  state.expiriesLog = log;
}

/** None comes before whoever is above it, every live order has an entry that is not too late, and the next is said rightly. */
export function validateExpiries(): i32 {
  let live = 0;
  for (let at = 0; at < state.expiryCount; at += 1) {
    const entry = entryAt(at);
    const order = entry.order;
    assert(at === 0 || !isBefore(entry, entryAt((at - 1) >> 2)), 'expiries out of order');
    if (!isOfRow(entry) || !isLive(order)) continue;
    const isInTime = entry.dueMs <= order.expiresAtMs && entry.admitted <= order.admitted;
    assert(isInTime || expectedMsOf(order) === endOfTimeMs, 'an order is expected too late');
    if (!isInTime) continue;
    // Whoever has two entries is counted once.
    setExpectedMs(order, -expectedMsOf(order));
    live += 1;
  }
  for (let at = 0; at < state.expiryCount; at += 1) {
    const order = entryAt(at).order;
    setExpectedMs(order, abs(expectedMsOf(order)));
  }
  assert(state.expiryCount === 0 || isRight(entryAt(0)), 'the first expiry is not right');
  const dueMs = state.expiryCount === 0 ? Infinity : firstExpiring().expiresAtMs;
  assert(state.expiriesDueMs === dueMs, 'another expiry is the next');
  return live;
}

function entryAt(at: i32): Entry {
  return changetype<Entry>(state.expiries + <usize>at * entryBytes);
}

/** So many entries fit a region of as many bytes as a power of two. */
function roomOf(log: i32): i32 {
  return <i32>(((<usize>1) << log) / entryBytes);
}

function grow(): void {
  state.expiries = grownRegion(state.expiries, state.expiriesLog);
  state.expiriesLog += 1;
}

/** As far as fits beside a slot. Of what expires later than that a row does not know the time: each order enters on its own. */
const endOfTimeMs: f64 = 140_737_488_355_327;
const slotBits: i64 = 16;

/** What its row's entry says; 0 where it has none. */
function expectedMsOf(order: Order): f64 {
  return <f64>wholeExpectedMsOf(order);
}

function wholeExpectedMsOf(order: Order): i64 {
  return load<i64>(changetype<usize>(order), offsetof<Order>('slot')) >> slotBits;
}

function setExpectedMs(order: Order, ms: f64): void {
  const at = changetype<usize>(order) + offsetof<Order>('slot');
  const slot = load<i64>(at) & ((1 << slotBits) - 1);
  store<i64>(at, ((<i64>min(ms, endOfTimeMs)) << slotBits) | slot);
}

/** It is the one that the row knows of: an earlier one took the place of those that are later. */
function isOfRow(entry: Entry): bool {
  return expectedMsOf(entry.order) === min(entry.dueMs, endOfTimeMs);
}

/** The row has the order that it had when the entry was made. */
function isRight(entry: Entry): bool {
  return isOfRow(entry) && isLive(entry.order) && entry.order.admitted === entry.admitted;
}

function enter(order: Order): void {
  if (state.expiryCount === roomOf(state.expiriesLog)) makeRoom();
  const at = state.expiryCount;
  state.expiryCount = at + 1;
  put(at, order.expiresAtMs, order.admitted, order);
  setExpectedMs(order, order.expiresAtMs);
  rise(at);
  if (entryAt(0).order === order) state.expiriesDueMs = order.expiresAtMs;
}

/** Puts the first entry right, or one behind it that becomes the first. */
function findFirst(): void {
  let wrong = 0;
  while (state.expiryCount > 0 && !isRight(entryAt(0))) {
    const entry = entryAt(0);
    if (isOfRow(entry) && isLive(entry.order)) renew(entry);
    else dropFirst(entry);
    sink(0);
    wrong += 1;
    // Many of one moment: all are put right, in less time than one by one.
    if (wrong > leastToRenew && wrong > state.expiryCount >> 3) renewAll();
  }
  state.expiriesDueMs = state.expiryCount === 0 ? Infinity : entryAt(0).dueMs;
}

/** Lets an entry say what its row's order does. */
function renew(entry: Entry): void {
  const order = entry.order;
  entry.dueMs = order.expiresAtMs;
  entry.admitted = order.admitted;
  setExpectedMs(order, order.expiresAtMs);
}

function dropFirst(entry: Entry): void {
  if (isOfRow(entry)) setExpectedMs(entry.order, 0);
  const last = state.expiryCount - 1;
  state.expiryCount = last;
  move(last, 0);
}

/** Without the entries of rows that nobody has, and of those that a row knows nothing of. */
function makeRoom(): void {
  renewAll();
  if (state.expiryCount > roomOf(state.expiriesLog) >> 1) grow();
}

function renewAll(): void {
  const count = state.expiryCount;
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const entry = entryAt(at);
    const order = entry.order;
    if (!isOfRow(entry)) continue;
    // A row that has two of the same time keeps one.
    setExpectedMs(order, 0);
    if (!isLive(order)) continue;
    put(kept, order.expiresAtMs, order.admitted, order);
    kept += 1;
  }
  state.expiryCount = kept;
  for (let at = 0; at < kept; at += 1) setExpectedMs(entryAt(at).order, entryAt(at).dueMs);
  for (let at = (kept - 2) >> 2; at >= 0; at -= 1) sink(at);
}

/** Moves an entry upwards to where it belongs. */
function rise(from: i32): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 2;
    if (!isBefore(entryAt(at), entryAt(parent))) return;
    swap(at, parent);
    at = parent;
  }
}

/** Moves an entry downwards to where it belongs. */
function sink(from: i32): void {
  let at = from;
  for (;;) {
    const first = (at << 2) + 1;
    const end = min(first + 4, state.expiryCount);
    let least = at;
    for (let below = first; below < end; below += 1) {
      if (isBefore(entryAt(below), entryAt(least))) least = below;
    }
    if (least === at) return;
    swap(at, least);
    at = least;
  }
}

/** Of two that expire at once the older is first. */
function isBefore(one: Entry, other: Entry): bool {
  const dueMs = one.dueMs;
  const otherDueMs = other.dueMs;
  return dueMs < otherDueMs || (dueMs === otherDueMs && one.admitted < other.admitted);
}

function move(from: i32, to: i32): void {
  const entry = entryAt(from);
  put(to, entry.dueMs, entry.admitted, entry.order);
}

function swap(one: i32, other: i32): void {
  const entry = entryAt(one);
  const dueMs = entry.dueMs;
  const admitted = entry.admitted;
  const order = entry.order;
  move(other, one);
  put(other, dueMs, admitted, order);
}

function put(at: i32, dueMs: f64, admitted: f64, order: Order): void {
  const entry = entryAt(at);
  entry.dueMs = dueMs;
  entry.admitted = admitted;
  entry.order = order;
}
