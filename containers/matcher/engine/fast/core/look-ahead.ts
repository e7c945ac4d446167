/**
 * Reads what the next requests will need, all of it at once and in steps, each of which needs what the one before it found: memory then
 * answers together what it would be asked one after the other. Nothing is changed but lists of what was found. A row of nobody may be
 * read like any other: it lies at address 0.
 *
 * What a step finds is put on a list without asking whether it is wanted: the list only grows where it was. A branch on what memory has
 * not answered yet would wait for it, and keep all behind it waiting.
 */
import { likelyLine } from './credit-lines.ts';
import { aheadAt, noLine, noMarket, noOrder, requestBytes, state } from './engine-state.ts';
import { lotsWanted } from './order-amounts.ts';
import { liveOrder } from './order-place.ts';
import { isSell } from './order-traits.ts';
import { bestWithin, firstPage, levelWithin, likelyPage, noLevel } from './price-ladder.ts';
import { requestPlace } from './request-kind.ts';
import {
  Account,
  CreditLine,
  Id,
  Ladder,
  Level,
  Market,
  Order,
  PricePage,
  Request,
} from './rows.ts';
import { newestPart } from './volatility.ts';

/** More would push out of the nearest cache what was read for the first. */
const mostAhead: i32 = 32;
/** Of the other side, for each order that crosses. */
const levelsCrossed: i32 = 4;

/** Of an order's makers these were read before it came: the best price's oldest, and who is behind it. Few orders meet more. */
export const makersRead: i32 = 2;
/** Further makers that are looked ahead at together. */
const makersAhead: i32 = 8;

/** Lists of rows: orders that requests end, pages of new orders' prices, best pages of the sides that they cross, levels that they join, and that they take from. */
const endingAt: usize = aheadAt;
const joinedPagesAt: usize = aheadAt + 128;
const crossedPagesAt: usize = aheadAt + 256;
const joinedAt: usize = aheadAt + 384;
const crossedAt: usize = aheadAt + 512;
const makersAt: usize = aheadAt + 1_024;
/** Requests whose orders cross. */
const crossingAt: usize = aheadAt + 1_536;

/** So many requests that lie one behind the other from the first on. */
export function lookAhead(first: Request, count: i32): void {
  assert(count <= mostAhead, 'too many requests to look ahead');
  let read = readNamed(first, count);
  const ending = findEnding(first, count);
  const crossing = findPages(first, count);
  const joined = findJoined(first, count);
  findCrossed(crossing);
  read += readTrading(crossing);
  read += readOrders(endingAt, ending);
  const makers = findMakers(crossing);
  read += readTails(joined);
  read += readNeighbours(endingAt, ending);
  read += readOrders(makersAt, makers);
  read += readPlaces(ending);
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

/** A word of a row's nth cache line: who reads it has the line. */
function wordOf(row: usize, line: usize): i32 {
  return load<i32>(row + (line << 6));
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
    read += readId(request.id) + readId(request.target) + readAccount(request.account);
    read += wordOf(changetype<usize>(market), 0) + wordOf(changetype<usize>(market), 1);
    read += readLine(request.holdLine);
  }
  return read;
}

function readId(id: Id): i32 {
  return id.hash;
}

function readAccount(account: Account): i32 {
  return account.openOrders;
}

function readLine(line: CreditLine): i32 {
  return wordOf(changetype<usize>(line), 0);
}

/** Orders that are named to be cancelled or replaced. */
function findEnding(first: Request, count: i32): i32 {
  let found: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const order = liveOrder(requestOf(first, nth).target);
    put<Order>(endingAt, found, order);
    found += i32(order !== noOrder);
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

/** The first levels of pages that are crossed: so many places of each, nobody where there are fewer. */
function findCrossed(pages: i32): void {
  for (let nth = 0; nth < pages; nth += 1) {
    const page = at<PricePage>(crossedPagesAt, nth);
    putLevels(nth * levelsCrossed, page, page.bits);
  }
}

/** The best levels among some of a page's. */
function putLevels(from: i32, page: PricePage, bits: u64): void {
  let rest = bits;
  for (let nth = 0; nth < levelsCrossed; nth += 1) {
    put<Level>(crossedAt, from + nth, select<Level>(bestWithin(page, rest), noLevel, rest !== 0));
    rest &= rest - 1;
  }
}

/** What orders that cross need of their markets, and the lines that they will open. */
function readTrading(count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = at<Request>(crossingAt, nth);
    const market = request.market;
    read += wordOf(changetype<usize>(market), 2) + wordOf(changetype<usize>(market), 3);
    read += wordOf(changetype<usize>(newestPart(market)), 0);
    const asset = isSell(request.traits) ? market.quote : market.base;
    if (request.receiveLine === noLine) read += readLine(likelyLine(request.account, asset));
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
    read += readLine(likelyLine(maker.account, asset));
  }
  return read;
}

/** All that is known of orders. */
function readOrders(list: usize, count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const order = at<Order>(list, nth);
    for (let line: usize = 0; line < 3; line += 1) read += wordOf(changetype<usize>(order), line);
  }
  return read;
}

/** The oldest of each level that orders which cross will come to. */
function findMakers(count: i32): i32 {
  let found: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = at<Request>(crossingAt, nth);
    const sells = isSell(request.traits);
    const limitTicks = request.limitTicks;
    let leftLots = select<f64>(Infinity, request.sizeLots, request.spendUnits > 0);
    for (let place = 0; place < levelsCrossed; place += 1) {
      const level = at<Level>(crossedAt, nth * levelsCrossed + place);
      const ticks = level.ticks;
      const isWithin = select<bool>(ticks >= limitTicks, ticks <= limitTicks, sells);
      put<Order>(makersAt, found, level.head);
      found += i32(level !== noLevel) & i32(isWithin) & i32(leftLots > 0);
      leftLots -= level.shownLots;
    }
  }
  return found;
}

/** Who is last in the queue that a new order joins. */
function readTails(levels: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < levels; nth += 1) read += at<Level>(joinedAt, nth).tail.makerFeeBps;
  return read;
}

/** Who stands beside live orders, what they hold, and where they leave a gap. */
function readNeighbours(list: usize, count: i32): i32 {
  let read: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const order = at<Order>(list, nth);
    read += order.before.makerFeeBps + order.behind.makerFeeBps + order.level.orders;
    read += readAccount(order.account) + order.market.liveOrders;
    read += readLine(order.holdLine) + readLine(order.receiveLine) + readId(order.id);
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
  const best = isSell(taker.traits) ? market.bids.best : market.asks.best;
  if (best === noLevel) return 1;
  putLevels(0, best.page, best.page.bits);
  let count: i32 = 0;
  let leftLots = lotsWanted(market, taker, best.ticks);
  for (let place = 0; place < levelsCrossed && leftLots > 0; place += 1) {
    const level = at<Level>(crossedAt, place);
    if (level === noLevel) break;
    let maker = level.head;
    for (; maker !== noOrder && leftLots > 0; maker = maker.behind) {
      put<Order>(makersAt, count, maker);
      count += 1;
      if (count === makersAhead) leftLots = 0;
      leftLots -= maker.shownLots;
    }
  }
  state.readAhead = readOrders(makersAt, count) + readNeighbours(makersAt, count);
  return max(1, count);
}

function ownLadder(request: Request): Ladder {
  const market = request.market;
  return isSell(request.traits) ? market.asks : market.bids;
}
