/**
 * Reads what the next requests will need, all of it at once and in steps, each of which needs what the one before it found: memory then
 * answers together what it would be asked one after the other. Nothing is changed but the note of what was found. A row of nobody may be
 * read like any other: it lies at address 0.
 */
import { aheadAt, noId, noMarket, noOrder, requestBytes, state } from './engine-state.ts';
import { lotsWanted } from './order-amounts.ts';
import { isLive } from './order-place.ts';
import { isSell } from './order-traits.ts';
import { likelyLevel, nextLevel, noLevel } from './price-ladder.ts';
import { requestPlace } from './request-kind.ts';
import { Ladder, Level, Market, Order, Request } from './rows.ts';

/** What a request will meet. */
@unmanaged
class Ahead {
  /** The order that it ends, or trades with first. */
  order: Order;
  /** Of the price of a new order, where there is one. */
  level: Level;
}

const aheadBytes: usize = 16;
/** More would push out of the nearest cache what was read for the first. */
const mostAhead: i32 = 32;

/** So many requests that lie one behind the other from the first on. */
export function lookAhead(first: Request, count: i32): void {
  assert(count <= mostAhead, 'too many requests to look ahead');
  let read = readNamed(first, count);
  findOrders(first, count);
  read += readOrders(count);
  read += readNeighbours(count);
  // Somebody must want what was read, or the compiler leaves the reading out.
  state.readAhead = read;
}

function requestOf(first: Request, nth: i32): Request {
  return changetype<Request>(changetype<usize>(first) + <usize>nth * requestBytes);
}

function aheadOf(nth: i32): Ahead {
  return changetype<Ahead>(aheadAt + <usize>nth * aheadBytes);
}

/** The rows that requests name. */
function readNamed(first: Request, count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = requestOf(first, nth);
    read += request.id.hash + request.target.hash + request.account.openOrders;
    if (request.kind !== requestPlace) continue;
    const market = request.market;
    read += market.state + i32(market.bandBps + request.holdLine.freeUnits > 0);
  }
  return read;
}

/** The orders that they will meet, as far as that shows, and the levels of new ones. */
function findOrders(first: Request, count: i32): void {
  for (let nth = 0; nth < count; nth += 1) {
    const request = requestOf(first, nth);
    const ahead = aheadOf(nth);
    const target = request.target;
    ahead.order = target === noId ? firstMet(request) : target.order;
    const isPlacing = request.kind === requestPlace && request.market !== noMarket;
    ahead.level = isPlacing ? likelyLevel(ownLadder(request), request.limitTicks) : noLevel;
  }
}

/** The first maker of an order that crosses. */
function firstMet(request: Request): Order {
  const market = request.market;
  if (request.kind !== requestPlace || market === noMarket) return noOrder;
  const sells = isSell(request.traits);
  const others = sells ? market.bids : market.asks;
  const limitTicks = request.limitTicks;
  const crosses = sells ? others.bestTicks >= limitTicks : others.bestTicks <= limitTicks;
  return others.best !== noLevel && crosses ? others.best.head : noOrder;
}

/** All that is known of those orders and levels. */
function readOrders(count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const ahead = aheadOf(nth);
    const order = ahead.order;
    read += order.makerFeeBps + order.traits + i32(order.endedAtMs > 0);
    read += ahead.level.orders;
  }
  return read;
}

/** Who stands beside them, or is last in a new one's queue, and what they hold. */
function readNeighbours(count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const ahead = aheadOf(nth);
    const order = ahead.order;
    read += ahead.level.tail.makerFeeBps;
    if (!isLive(order)) continue;
    read += order.before.makerFeeBps + order.behind.makerFeeBps + order.level.orders;
    read += order.account.openOrders;
    read += i32(order.holdLine.freeUnits + order.receiveLine.freeUnits > 0) + order.id.hash;
  }
  return read;
}

/** Makers that are looked ahead at together. */
const makersAhead: i32 = 8;

/** Reads the makers that an order at hand will meet next, and answers how many: one at least. */
export function readMakers(market: Market, taker: Order): i32 {
  let level = isSell(taker.traits) ? market.bids.best : market.asks.best;
  let count: i32 = 0;
  if (level === noLevel) return 1;
  let leftLots = lotsWanted(market, taker, level.ticks);
  while (level !== noLevel && leftLots > 0) {
    for (let maker = level.head; maker !== noOrder && leftLots > 0; maker = maker.behind) {
      const ahead = aheadOf(count);
      ahead.order = maker;
      ahead.level = noLevel;
      count += 1;
      if (count === makersAhead) leftLots = 0;
      leftLots -= maker.shownLots;
    }
    if (leftLots > 0) level = nextLevel(level);
  }
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const maker = aheadOf(nth).order;
    read += maker.traits + i32(maker.endedAtMs > 0);
  }
  state.readAhead = read + readNeighbours(count);
  return max(1, count);
}

function ownLadder(request: Request): Ladder {
  const market = request.market;
  return isSell(request.traits) ? market.asks : market.bids;
}
