/**
 * Live orders of a snapshot until all have come: they come by price, and an account's are linked by age. They are sorted by the event
 * that admitted them, digit by digit from the lowest on, to and fro between two regions: those numbers lie close together.
 */
import { enlist } from './account-orders.ts';
import { mostAhead } from './part-cursor.ts';
import { grownRegion, releaseRegion, takeRegion } from './regions.ts';
import { Account, Order } from './rows.ts';
import { touch } from './touch.ts';

@unmanaged
class Restored {
  admitted: f64;
  order: Order;
  account: Account;
}

const restoredLog = 4;
const startLog = 10;

let restored: usize = 0;
let restoredRoomLog: i32 = 0;
let restoredCount: i32 = 0;

export function noteRestored(order: Order): void {
  if (restored === 0) {
    restoredRoomLog = startLog;
    restored = takeRegion(startLog + restoredLog);
  } else if (restoredCount === 1 << restoredRoomLog) {
    restored = grownRegion(restored, restoredRoomLog + restoredLog);
    restoredRoomLog += 1;
  }
  put(restoredAt(restored, restoredCount), order.admitted, order, order.account);
  restoredCount += 1;
}

/** All orders are there: each becomes its account's as though it had come in its turn. */
export function enlistRestored(): void {
  if (restored === 0) return;
  sortByAge();
  for (let from = 0; from < restoredCount; from += mostAhead) {
    const end = min(from + mostAhead, restoredCount);
    readOrders(from, end);
    for (let nth = from; nth < end; nth += 1) {
      const next = restoredAt(restored, nth);
      enlist(next.order, next.account);
    }
  }
  releaseRegion(restored, restoredRoomLog + restoredLog);
  restored = 0;
  restoredCount = 0;
}

/** The rows that are linked next, read together. */
function readOrders(from: i32, end: i32): void {
  for (let nth = from; nth < end; nth += 1) touch<Order>(restoredAt(restored, nth).order, 1);
}

const digitBits = 11;
const digits = 1 << digitBits;
const countLog = 2;

function sortByAge(): void {
  let lowest = Infinity;
  let highest: f64 = 0;
  for (let nth = 0; nth < restoredCount; nth += 1) {
    const admitted = restoredAt(restored, nth).admitted;
    lowest = min(lowest, admitted);
    highest = max(highest, admitted);
  }
  const roomLog = restoredRoomLog + restoredLog;
  const places = takeRegion(digitBits + countLog);
  let to = takeRegion(roomLog);
  const span = <u64>(highest - lowest);
  for (let shift: u64 = 0; span >> shift !== 0; shift += digitBits) {
    findPlaces(places, lowest, shift);
    for (let nth = 0; nth < restoredCount; nth += 1) {
      const next = restoredAt(restored, nth);
      const place = placeOf(places, next, lowest, shift);
      const first = load<i32>(place);
      store<i32>(place, first + 1);
      put(restoredAt(to, first), next.admitted, next.order, next.account);
    }
    const sorted = to;
    to = restored;
    restored = sorted;
  }
  releaseRegion(to, roomLog);
  releaseRegion(places, digitBits + countLog);
}

/** Where the first order of each digit belongs. */
function findPlaces(places: usize, lowest: f64, shift: u64): void {
  memory.fill(places, 0, digits << countLog);
  for (let nth = 0; nth < restoredCount; nth += 1) {
    const count = placeOf(places, restoredAt(restored, nth), lowest, shift);
    store<i32>(count, load<i32>(count) + 1);
  }
  let before = 0;
  for (let digit = 0; digit < digits; digit += 1) {
    const place = places + ((<usize>digit) << countLog);
    const count = load<i32>(place);
    store<i32>(place, before);
    before += count;
  }
}

/** What is kept for an order's digit. */
function placeOf(places: usize, next: Restored, lowest: f64, shift: u64): usize {
  const digit = (<u64>(next.admitted - lowest) >> shift) & (digits - 1);
  return places + ((<usize>digit) << countLog);
}

function restoredAt(region: usize, nth: i32): Restored {
  return changetype<Restored>(region + ((<usize>nth) << restoredLog));
}

function put(at: Restored, admitted: f64, order: Order, account: Account): void {
  at.admitted = admitted;
  at.order = order;
  at.account = account;
}
