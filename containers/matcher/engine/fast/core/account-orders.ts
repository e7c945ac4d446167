/**
 * An account's live orders: a slot each, the first eight in the account's own row. A free slot holds the number of the next free one, and
 * is odd, as no address is. So who comes or goes touches no other order. What it costs: slots are not in the order of age, and who asks for
 * the oldest puts them in order first.
 */
import { noOrder } from './engine-state.ts';
import { releaseRegion, takeRegion } from './regions.ts';
import { Account, Order } from './rows.ts';

/** Where an account's own slots lie behind its row's start, in its second cache line, and how many they are as a power of two. */
const ownSlotsAt: usize = 64;
const ownLog: i32 = 3;
const slotLog: i32 = 2;

export function openSlots(account: Account): void {
  account.orders = changetype<usize>(account) + ownSlotsAt;
  account.ordersLog = <u8>ownLog;
}

/** Adds an order to its account's. */
export function enlist(order: Order, account: Account): void {
  let slot = <i32>account.freeSlot - 1;
  if (slot >= 0) {
    account.freeSlot = <u16>(load<i32>(placeOf(account, slot)) >> 1);
    account.isMixed = 1;
  } else {
    slot = account.ordersEnd;
    if (slot === 1 << account.ordersLog) grow(account);
    account.ordersEnd = <u16>(slot + 1);
  }
  put(account, slot, order);
  account.openOrders += 1;
}

export function delist(order: Order): void {
  const account = order.account;
  const slot: i32 = order.slot;
  const openOrders: i32 = account.openOrders - 1;
  account.openOrders = <u16>openOrders;
  store<i32>(placeOf(account, slot), ((<i32>account.freeSlot) << 1) | 1);
  account.freeSlot = <u16>(slot + 1);
  // One question, to which the answer is nearly always no: whose last order it was nobody guesses.
  if (i32(openOrders === 0) & i32(account.ordersLog !== ownLog)) clear(account);
}

/** Whether its account finds it. */
export function isEnlisted(order: Order): bool {
  const account = order.account;
  const slot: i32 = order.slot;
  return slot < <i32>account.ordersEnd && load<Order>(placeOf(account, slot)) === order;
}

/** An account's oldest order; `nextOwn` goes on with the younger ones. */
export function oldestOwn(account: Account): Order {
  // Holes that cancels of the oldest leave in front are not to be passed over again and again.
  if (account.isMixed || account.openOrders << 1 < account.ordersEnd) putInOrder(account);
  return firstOwn(account);
}

/** All orders of an account, in no order. */
export function firstOwn(account: Account): Order {
  return ownFrom(account, 0);
}

export function nextOwn(order: Order): Order {
  return ownFrom(order.account, <i32>order.slot + 1);
}

function ownFrom(account: Account, from: i32): Order {
  const end: i32 = account.ordersEnd;
  for (let slot = from; slot < end; slot += 1) {
    const address = load<usize>(placeOf(account, slot));
    if (!(address & 1)) return changetype<Order>(address);
  }
  return noOrder;
}

function placeOf(account: Account, slot: i32): usize {
  return account.orders + ((<usize>slot) << slotLog);
}

function put(account: Account, slot: i32, order: Order): void {
  store<Order>(placeOf(account, slot), order);
  order.slot = <u16>slot;
}

/** An account without orders has its own slots only. */
function clear(account: Account): void {
  account.ordersEnd = 0;
  account.freeSlot = 0;
  account.isMixed = 0;
  releaseRegion(account.orders, account.ordersLog + slotLog);
  openSlots(account);
}

function grow(account: Account): void {
  const log: i32 = account.ordersLog;
  const slots = takeRegion(log + 1 + slotLog);
  memory.copy(slots, account.orders, 1 << (log + slotLog));
  if (log !== ownLog) releaseRegion(account.orders, log + slotLog);
  account.orders = slots;
  account.ordersLog = <u8>(log + 1);
}

/** By age, without holes. */
function putInOrder(account: Account): void {
  const end: i32 = account.ordersEnd;
  let count = 0;
  for (let slot = 0; slot < end; slot += 1) {
    const address = load<usize>(placeOf(account, slot));
    if (address & 1) continue;
    put(account, count, changetype<Order>(address));
    count += 1;
  }
  account.ordersEnd = <u16>count;
  account.freeSlot = 0;
  account.isMixed = 0;
  // Shell's sort: few are out of order, and those not far.
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let at = gap; at < count; at += 1) sinkBack(account, at, gap);
  }
}

/** Moves an order before all younger ones among every `gap`th slot. */
function sinkBack(account: Account, from: i32, gap: i32): void {
  const order = load<Order>(placeOf(account, from));
  let at = from;
  for (; at >= gap; at -= gap) {
    const before = load<Order>(placeOf(account, at - gap));
    if (before.admitted < order.admitted) break;
    put(account, at, before);
  }
  put(account, at, order);
}
