/**
 * Live orders by expiry, the older first: a heap of four children a node. An order that ends before its time stays in until it
 * comes to the top or three quarters of all are over; then those are dropped at once, so that leaving costs nothing.
 * Each entry has a slot, whose bit says that its order is over: who drops entries reads those bits, which are always near, and no orders.
 */
import { noOrder, state } from './engine-state.ts';
import { grownRegion, takeRegion } from './regions.ts';
import { Order } from './rows.ts';

@unmanaged
class Entry {
  dueMs: f64;
  order: Order;
  slot: i32;
}

const entryLog = 4;
const slotLog = 2;
/** Slots of a word of bits. */
const wordSlotsLog = 6;
const wordLog = 3;
const startLog = 6;
/** Fewer are not worth dropping. */
const leastToDrop = 1_024;

export function openExpiries(): void {
  state.expiriesLog = startLog;
  state.expiries = takeRegion(startLog + entryLog);
  state.expirySlots = takeRegion(startLog + slotLog);
  state.expiryBits = takeRegion(startLog + wordLog - wordSlotsLog);
  openSlots(0);
  state.expiriesDueMs = Infinity;
}

/** Slots that no entry ever had, from one on. */
function openSlots(from: i32): void {
  const end = 1 << state.expiriesLog;
  for (let slot = from; slot < end; slot += 1) setSlot(slot, slot);
  for (let slot = from; slot < end; slot += 1 << wordSlotsLog) store<u64>(bitsOf(slot), 0);
}

/** Twice the room. */
function grow(): void {
  const log = state.expiriesLog;
  state.expiries = grownRegion(state.expiries, log + entryLog);
  state.expirySlots = grownRegion(state.expirySlots, log + slotLog);
  state.expiryBits = grownRegion(state.expiryBits, log + wordLog - wordSlotsLog);
  state.expiriesLog = log + 1;
  openSlots(1 << log);
}

/** The order that expires next; nobody where none is live. */
export function firstExpiring(): Order {
  return state.expiryCount === 0 ? noOrder : entryAt(0).order;
}

export function expect(order: Order): void {
  const at = state.expiryCount;
  if (at === 1 << state.expiriesLog) grow();
  state.expiryCount = at + 1;
  const slot = slotAt(at);
  order.expirySlot = slot;
  put(at, order.expiresAtMs, order, slot);
  rise(at);
}

/** An order is over, or was admitted anew: its entry does not count any more. */
export function expectNoMore(order: Order): void {
  const slot = order.expirySlot;
  setOver(slot);
  const over = state.expiriesOver + 1;
  state.expiriesOver = over;
  if (entryAt(0).slot === slot) clearTop();
  else if (over > leastToDrop && over > state.expiryCount - (state.expiryCount >> 2)) dropOver();
}

/** Makes room for so many, in memory that was written. */
export function reserveExpiries(count: i32): void {
  while (1 << state.expiriesLog < count) grow();
  memory.fill(state.expiries, 0, 1 << (state.expiriesLog + entryLog));
}

/** None comes before whoever is above it, and the next is said rightly; answers how many live. */
export function validateExpiries(): i32 {
  let live = 0;
  for (let at = 0; at < state.expiryCount; at += 1) {
    const entry = entryAt(at);
    if (isOver(entry)) continue;
    const isBehind = at === 0 || !isBefore(entry, entryAt((at - 1) >> 2));
    assert(isBehind, 'expiries out of order');
    assert(entry.dueMs === entry.order.expiresAtMs, 'an order is expected at another time');
    assert(entry.slot === entry.order.expirySlot, 'an order is expected twice');
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

/** The slots in turn: those of entries count for nothing, from the `expiryCount`th on they are free. */
function slotAt(nth: i32): i32 {
  return load<i32>(state.expirySlots + ((<usize>nth) << slotLog));
}

function setSlot(nth: i32, slot: i32): void {
  store<i32>(state.expirySlots + ((<usize>nth) << slotLog), slot);
}

/** Where the word is that has a slot's bit. */
function bitsOf(slot: i32): usize {
  return state.expiryBits + ((<usize>(slot >>> wordSlotsLog)) << wordLog);
}

/** Its order was expected, and is not any more. */
function isOver(entry: Entry): bool {
  return isSlotOver(entry.slot);
}

function isSlotOver(slot: i32): bool {
  return ((load<u64>(bitsOf(slot)) >> (slot & 63)) & 1) !== 0;
}

function setOver(slot: i32): void {
  const bits = bitsOf(slot);
  store<u64>(bits, load<u64>(bits) | ((<u64>1) << (slot & 63)));
}

/** Frees the slot of an entry that was dropped; so many entries are there without it. */
function releaseSlot(slot: i32, count: i32): void {
  const bits = bitsOf(slot);
  store<u64>(bits, load<u64>(bits) & ~((<u64>1) << (slot & 63)));
  setSlot(count, slot);
}

function clearTop(): void {
  while (state.expiryCount > 0 && isOver(entryAt(0))) {
    const count = state.expiryCount - 1;
    releaseSlot(entryAt(0).slot, count);
    state.expiriesOver -= 1;
    state.expiryCount = count;
    move(count, 0);
    sink(0);
  }
  if (state.expiryCount === 0) state.expiriesDueMs = Infinity;
}

function dropOver(): void {
  const count = state.expiryCount;
  let kept = 0;
  let free = count;
  for (let at = 0; at < count; at += 1) {
    const slot = entryAt(at).slot;
    if (isSlotOver(slot)) {
      free -= 1;
      releaseSlot(slot, free);
    } else {
      move(at, kept);
      kept += 1;
    }
  }
  state.expiryCount = kept;
  state.expiriesOver = 0;
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

/** Of two that expire at once the older is first. An order since gone counts as the oldest, so that none below it is passed over. */
function isBefore(one: Entry, other: Entry): bool {
  const dueMs = one.dueMs;
  const otherDueMs = other.dueMs;
  return dueMs < otherDueMs || (dueMs === otherDueMs && ageOf(one) < ageOf(other));
}

function ageOf(entry: Entry): f64 {
  return isOver(entry) ? 0 : entry.order.admitted;
}

function move(from: i32, to: i32): void {
  const entry = entryAt(from);
  put(to, entry.dueMs, entry.order, entry.slot);
}

function swap(one: i32, other: i32): void {
  const entry = entryAt(one);
  const dueMs = entry.dueMs;
  const order = entry.order;
  const slot = entry.slot;
  move(other, one);
  put(other, dueMs, order, slot);
}

function put(at: i32, dueMs: f64, order: Order, slot: i32): void {
  const entry = entryAt(at);
  entry.dueMs = dueMs;
  entry.order = order;
  entry.slot = slot;
  if (at === 0) state.expiriesDueMs = dueMs;
}
