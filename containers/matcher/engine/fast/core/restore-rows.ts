/** Rows for records of a snapshot: TypeScript fills them in, then tells to which they belong. */

import { enlist } from './account-orders.ts';
import { lineOf } from './credit-lines.ts';
import { noLine } from './engine-state.ts';
import { internId, remember } from './id-table.ts';
import { append } from './level-queue.ts';
import { isLive, placeBook, placeTriggered, placeUntriggered } from './order-place.ts';
import { nameTerms } from './order-terms.ts';
import { isSell, waitsForRise } from './order-traits.ts';
import { register } from './place-order.ts';
import { levelFor } from './price-ladder.ts';
import { grownRegion, releaseRegion, takeRegion } from './regions.ts';
import { joinTriggered, keepEnded, liveBytes } from './resting.ts';
import { endedPool, orderPool, takeRow } from './row-pool.ts';
import { Account, Id, Market, Order, Work } from './rows.ts';
import { addWork } from './work.ts';

/** Orders that were restored, as pairs of `admitted` and the addresses of order and account: an account's are linked from the oldest on. */
let pairs: usize = 0;
let pairsLog: i32 = 0;
let pairCount: i32 = 0;
const pairLog = 4;
const startLog = 10;

/** The row of the digest at `digestAt`; made where there is none. */
export function idFor(): Id {
  const id = internId();
  id.pending -= 1;
  return id;
}

/** A row to be filled in. */
export function newOrder(): Order {
  return changetype<Order>(takeRow(orderPool));
}

/** Puts an order where it was; orders come in the order of their queues. `left` and `right` are the words of its id. */
export function restoreOrder(order: Order, left: i32, right: i32): void {
  const market = order.market;
  const traits = order.traits;
  order.id.order = order;
  order.holdLine = lineOf(order.account, isSell(traits) ? market.base : market.quote);
  order.receiveLine = noLine;
  nameTerms(order, left, right);
  register(order);
  if (order.place === placeTriggered) joinTriggered(market, order);
  else if (order.place === placeUntriggered) {
    const ladder = waitsForRise(traits) ? market.rising : market.falling;
    append(levelFor(ladder, order.triggerTicks), order);
  } else if (order.place === placeBook) {
    append(levelFor(isSell(traits) ? market.asks : market.bids, order.limitTicks), order);
  }
  if (pairs === 0) {
    pairsLog = startLog;
    pairs = takeRegion(startLog + pairLog);
  } else if (pairCount === 1 << pairsLog) {
    pairs = grownRegion(pairs, pairsLog + pairLog);
    pairsLog += 1;
  }
  put(pairs, pairCount, order.admitted, order, order.account);
  pairCount += 1;
}

/** All orders are there: each is its account's as though it had come in its turn. */
export function enlistRestored(): void {
  if (pairs === 0) return;
  sortPairs();
  for (let at = 0; at < pairCount; at += 1) enlist(orderAt(pairs, at), accountAt(pairs, at));
  releaseRegion(pairs, pairsLog + pairLog);
  pairs = 0;
  pairCount = 0;
}

/** A row for what is kept of an order that ended, to be filled in. */
export function newEnded(): Order {
  return changetype<Order>(takeRow(endedPool) - liveBytes);
}

/** Orders that ended come oldest first. One of the same digest that lives again is found first. */
export function restoreEnded(ended: Order): void {
  const id = ended.id;
  if (!isLive(id.order)) id.order = ended;
  if (changetype<usize>(ended.client) !== 0) ended.client.orders += 1;
  keepEnded(ended);
}

export function restoreResult(id: Id, code: i32, sequence: f64, atMs: f64): void {
  remember(id, code, sequence, atMs);
}

/** To be filled in. */
export function restoreWork(kind: i32, market: Market): Work {
  return addWork(kind, market);
}

/** Merges runs of twice the length each time, to and fro between two regions. */
function sortPairs(): void {
  let from = pairs;
  let to = takeRegion(pairsLog + pairLog);
  for (let run = 1; run < pairCount; run <<= 1) {
    for (let low = 0; low < pairCount; low += run << 1) merge(from, to, low, run);
    const other = from;
    from = to;
    to = other;
  }
  releaseRegion(to, pairsLog + pairLog);
  pairs = from;
}

function merge(from: usize, to: usize, low: i32, run: i32): void {
  const middle = min(low + run, pairCount);
  const end = min(low + (run << 1), pairCount);
  let one = low;
  let other = middle;
  for (let at = low; at < end; at += 1) {
    const takesOne =
      one < middle && (other === end || admittedAt(from, one) < admittedAt(from, other));
    const next = takesOne ? one : other;
    if (takesOne) one += 1;
    else other += 1;
    put(to, at, admittedAt(from, next), orderAt(from, next), accountAt(from, next));
  }
}

function admittedAt(region: usize, at: i32): f64 {
  return load<f64>(region + ((<usize>at) << pairLog));
}

function orderAt(region: usize, at: i32): Order {
  return load<Order>(region + ((<usize>at) << pairLog), 8);
}

function accountAt(region: usize, at: i32): Account {
  return load<Account>(region + ((<usize>at) << pairLog), 12);
}

function put(region: usize, at: i32, admitted: f64, order: Order, account: Account): void {
  store<f64>(region + ((<usize>at) << pairLog), admitted);
  store<Order>(region + ((<usize>at) << pairLog), order, 8);
  store<Account>(region + ((<usize>at) << pairLog), account, 12);
}
