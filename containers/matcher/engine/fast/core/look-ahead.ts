/**
 * Reads what the next requests will need, all of it at once and in steps, each of which needs what the one before it found: memory then
 * answers together what it would be asked one after the other. Nothing is changed but lists of what was found. A row of nobody may be
 * read like any other: it lies at address 0.
 *
 * What a step finds is put on a list without asking whether it is wanted: the list only grows where it was. A branch on what memory has
 * not answered yet would wait for it, and keep all behind it waiting.
 */
import { likelyLine } from './credit-lines.ts';
import { aheadAt, noId, noLine, noMarket, noOrder, requestBytes, state } from './engine-state.ts';
import { lotsWanted } from './order-amounts.ts';
import { isLive } from './order-place.ts';
import { isSell } from './order-traits.ts';
import {
  bestWithin,
  firstPage,
  levelWithin,
  likelyPage,
  nextLevel,
  noLevel,
} from './price-ladder.ts';
import { requestPlace } from './request-kind.ts';
import { Ladder, Level, Market, Order, PricePage, Request } from './rows.ts';
import { newestPart } from './volatility.ts';

/** More would push out of the nearest cache what was read for the first. */
const mostAhead: i32 = 32;
/** Of the other side, for each order that crosses. */
const levelsCrossed: i32 = 4;
/** Makers that are looked ahead at together. */
const makersAhead: i32 = 8;

/** Lists of rows: those that requests end, the pages of new orders, those that they cross, levels that they join, levels that they take from. */
const endingAt: usize = aheadAt;
const joinedPagesAt: usize = aheadAt + 128;
const crossedPagesAt: usize = aheadAt + 256;
const joinedAt: usize = aheadAt + 384;
const crossedAt: usize = aheadAt + 512;
const makersAt: usize = aheadAt + 1_024;
/** And those that cross. */
const crossingAt: usize = aheadAt + 1_536;

/** So many requests that lie one behind the other from the first on. */
export function lookAhead(first: Request, count: i32): void {
  assert(count <= mostAhead, 'too many requests to look ahead');
  let read = readNamed(first, count);
  const ending = findEnding(first, count);
  const crossing = findPages(first, count);
  const joined = findJoined(first, count);
  const crossed = findCrossed(crossing);
  read += readTrading(crossing);
  read += readOrders(endingAt, ending);
  const makers = findMakers(crossed);
  read += readTails(joined);
  const live = keepLive(ending);
  read += readNeighbours(endingAt, live);
  read += readOrders(makersAt, makers);
  read += readPlaces(live);
  read += readReceiving(makers);
  read += readNeighbours(makersAt, makers);
  // Somebody must want what was read, or the compiler leaves the reading out.
  state.readAhead = read;
}

function requestOf(first: Request, nth: i32): Request {
  return changetype<Request>(changetype<usize>(first) + <usize>nth * requestBytes);
}

function put<Row>(list: usize, nth: i32, row: Row): void {
  store<Row>(list + ((<usize>nth) << 2), row);
}

function at<Row>(list: usize, nth: i32): Row {
  return load<Row>(list + ((<usize>nth) << 2));
}

/** The market of a new order; nobody's of other requests. */
function marketOf(request: Request): Market {
  return select<Market>(request.market, noMarket, request.kind === requestPlace);
}

/** The rows that requests name. */
function readNamed(first: Request, count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = requestOf(first, nth);
    const market = marketOf(request);
    read += request.id.hash + request.target.hash + request.account.openOrders;
    read += market.state + i32(market.bandBps + request.holdLine.freeUnits > 0);
  }
  return read;
}

/** Orders that are named to be cancelled or replaced. */
function findEnding(first: Request, count: i32): i32 {
  let found: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const target = requestOf(first, nth).target;
    put<Order>(endingAt, found, target.order);
    found += i32(target !== noId);
  }
  return found;
}

/** The pages of new orders' prices, each at its request's place; and the best pages of those that they cross. */
function findPages(first: Request, count: i32): i32 {
  let crossed: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = requestOf(first, nth);
    const market = marketOf(request);
    put<PricePage>(joinedPagesAt, nth, changetype<PricePage>(0));
    if (market === noMarket) continue;
    const sells = isSell(request.traits);
    const limitTicks = request.limitTicks;
    const others = sells ? market.bids : market.asks;
    put<PricePage>(joinedPagesAt, nth, likelyPage(ownLadder(request), limitTicks));
    put<PricePage>(crossedPagesAt, crossed, firstPage(others));
    put<Request>(crossingAt, crossed, request);
    const isInside = sells ? others.bestTicks >= limitTicks : others.bestTicks <= limitTicks;
    crossed += i32(isInside) & i32(others.best !== noLevel);
  }
  return crossed;
}

/** Levels of new orders' prices, where they are. */
function findJoined(first: Request, count: i32): i32 {
  let found: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const page = at<PricePage>(joinedPagesAt, nth);
    if (changetype<usize>(page) === 0) continue;
    const request = requestOf(first, nth);
    const level = levelWithin(page, ownLadder(request), request.limitTicks);
    put<Level>(joinedAt, found, level);
    found += i32(level !== noLevel);
  }
  return found;
}

/** The first levels of pages that are crossed. */
function findCrossed(pages: i32): i32 {
  let found: i32 = 0;
  for (let nth = 0; nth < pages; nth += 1) {
    const page = at<PricePage>(crossedPagesAt, nth);
    let bits = page.bits;
    for (let level = 0; level < levelsCrossed; level += 1) {
      put<Level>(crossedAt, found, bestWithin(page, bits));
      found += i32(bits !== 0);
      bits &= bits - 1;
    }
  }
  return found;
}

/** What orders that cross need of their markets, and the lines that they will open. */
function readTrading(count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = at<Request>(crossingAt, nth);
    const market = request.market;
    read += i32(market.haltBps + market.windowLots + newestPart(market).lots > 0);
    const asset = isSell(request.traits) ? market.quote : market.base;
    if (request.receiveLine === noLine)
      read += i32(likelyLine(request.account, asset).freeUnits > 0);
  }
  return read;
}

/** The same lines of makers that have not traded yet. */
function readReceiving(makers: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < makers; nth += 1) {
    const maker = at<Order>(makersAt, nth);
    if (maker.receiveLine !== noLine) continue;
    const asset = isSell(maker.traits) ? maker.market.quote : maker.market.base;
    read += i32(likelyLine(maker.account, asset).freeUnits > 0);
  }
  return read;
}

/** All that is known of orders. */
function readOrders(list: usize, count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const order = at<Order>(list, nth);
    read += order.makerFeeBps + order.traits + i32(order.endedAtMs > 0);
  }
  return read;
}

/** The oldest of each level that is crossed. */
function findMakers(levels: i32): i32 {
  for (let nth = 0; nth < levels; nth += 1)
    put<Order>(makersAt, nth, at<Level>(crossedAt, nth).head);
  return levels;
}

/** Who is last in the queue that a new order joins. */
function readTails(levels: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < levels; nth += 1) read += at<Level>(joinedAt, nth).tail.makerFeeBps;
  return read;
}

/** Of the named orders those that live: what ended has no neighbours. */
function keepLive(count: i32): i32 {
  let kept: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const order = at<Order>(endingAt, nth);
    put<Order>(endingAt, kept, order);
    kept += i32(isLive(order));
  }
  return kept;
}

/** Who stands beside live orders, what they hold, and where they leave a gap. */
function readNeighbours(list: usize, count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const order = at<Order>(list, nth);
    read += order.before.makerFeeBps + order.behind.makerFeeBps + order.level.orders;
    read += order.account.openOrders + order.market.liveOrders;
    read += i32(order.holdLine.freeUnits + order.receiveLine.freeUnits > 0) + order.id.hash;
  }
  return read;
}

/** Where orders that are named leave a gap. */
function readPlaces(orders: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < orders; nth += 1) {
    const order = at<Order>(endingAt, nth);
    read += i32(order.level.page.bits) + order.market.bids.bestTicks;
  }
  return read;
}

/** Reads the makers that an order at hand will meet next, and answers how many: one at least. */
export function readMakers(market: Market, taker: Order): i32 {
  let level = isSell(taker.traits) ? market.bids.best : market.asks.best;
  let count: i32 = 0;
  if (level === noLevel) return 1;
  let leftLots = lotsWanted(market, taker, level.ticks);
  while (level !== noLevel && leftLots > 0) {
    for (let maker = level.head; maker !== noOrder && leftLots > 0; maker = maker.behind) {
      put<Order>(makersAt, count, maker);
      count += 1;
      if (count === makersAhead) leftLots = 0;
      leftLots -= maker.shownLots;
    }
    if (leftLots > 0) level = nextLevel(level);
  }
  state.readAhead = readOrders(makersAt, count) + readNeighbours(makersAt, count);
  return max(1, count);
}

function ownLadder(request: Request): Ladder {
  const market = request.market;
  return isSell(request.traits) ? market.asks : market.bids;
}
