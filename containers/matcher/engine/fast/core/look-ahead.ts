/**
 * Reads what the next requests will need, all of it at once and in steps, each of which needs what the one before it found: memory then
 * answers together what it would be asked one after the other. Nothing is changed but lists of what was found. A row of nobody may be
 * read like any other: it lies at address 0.
 *
 * No step asks whether a request is of the kind that it looks at: it reads nobody's rows for the others. A branch on what memory has not
 * answered yet would wait for it, and keep all behind it waiting; and one that nobody can guess costs more than those reads.
 */
import { aheadAt, noMarket, noOrder, requestBytes } from './engine-state.ts';
import { liveOrder } from './order-place.ts';
import { isSell } from './order-traits.ts';
import { bestWithin, firstPage, likelyLevel, noLevel } from './price-ladder.ts';
import { requestPlace } from './request-kind.ts';
import { endedPool, readNextRows } from './row-pool.ts';
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
  WindowPart,
} from './rows.ts';
import { touch } from './touch.ts';
import { newestPart } from './volatility.ts';

/** More would push out of the nearest cache what was read for the first. */
const mostAhead: i32 = 32;
/** Of the other side, for each order that crosses. */
const levelsCrossed: i32 = 4;

/** What a request comes to: the order that it names, and the level that its own order joins. */
@unmanaged
class Glimpse {
  named: Order;
  joined: Level;
}

const glimpseBytes: usize = 8;

/** A glimpse of each request; requests whose orders cross; and levels that those take from. */
const glimpsesAt: usize = aheadAt;
const crossingAt: usize = aheadAt + 256;
const crossedAt: usize = aheadAt + 384;

/** So many requests that lie one behind the other from the first on. */
export function lookAhead(first: Request, count: i32): void {
  assert(count <= mostAhead, 'too many requests to look ahead');
  const isSpread = isOfManyMarkets(first, count);
  if (isSpread) readMarkets(first, count);
  readNamed(first, count);
  const crossing = isSpread ? findCrossing(first, count) : 0;
  readTrading(crossing);
  readNeighbours(count);
  readMakers(crossing);
  // Most of them end an order, or will be ended.
  readNextRows(endedPool, count);
}

/** The nth of requests that lie one behind the other. */
export function requestOf(first: Request, nth: i32): Request {
  return changetype<Request>(changetype<usize>(first) + <usize>nth * requestBytes);
}

function put<Row>(list: usize, nth: i32, row: Row): void {
  store<Row>(list + ((<usize>nth) << 2), row);
}

function at<Row>(list: usize, nth: i32): Row {
  return load<Row>(list + ((<usize>nth) << 2));
}

/** The orders that requests name, and where new orders' prices stand. Accounts and their lines were read when requests were resolved. */
function readNamed(first: Request, count: i32): void {
  let to = glimpsesAt;
  const end = requestOf(first, count);
  for (let request = first; request !== end; request = requestOf(request, 1)) {
    const glimpse = changetype<Glimpse>(to);
    to += glimpseBytes;
    glimpse.named = liveOrder(request.target);
    const market = marketOf(request);
    const own = select<Ladder>(market.asks, market.bids, isSell(request.traits));
    glimpse.joined = likelyLevel(own, request.limitTicks);
    touch<Id>(request.id, 0);
  }
}

/**
 * New orders among the first and among the last are of different ones. A market that many requests in a row are of is near, and so are its
 * best levels and their makers: looking at those cost 10 ns an operation there and gave nothing.
 */
function isOfManyMarkets(first: Request, count: i32): bool {
  const last = requestOf(first, max(0, count - 1));
  const one = marketOfEither(first, requestOf(first, min(1, count - 1)));
  const other = marketOfEither(last, requestOf(first, max(0, count - 2)));
  return one !== other && one !== noMarket && other !== noMarket;
}

function marketOfEither(one: Request, other: Request): Market {
  const market = marketOf(one);
  return select<Market>(market, marketOf(other), market !== noMarket);
}

/** The market of a new order; nobody's of other requests. */
function marketOf(request: Request): Market {
  return select<Market>(request.market, noMarket, request.kind === requestPlace);
}

function readMarkets(first: Request, count: i32): void {
  for (let nth = 0; nth < count; nth += 1) {
    const market = marketOf(requestOf(first, nth));
    touch<Market>(market, 0);
    touch<Market>(market, 1);
  }
}

/** Requests whose orders cross: the list grows where one does. */
function findCrossing(first: Request, count: i32): i32 {
  let found: i32 = 0;
  for (let nth = 0; nth < count; nth += 1) {
    const request = requestOf(first, nth);
    const market = marketOf(request);
    const sells = isSell(request.traits);
    const others = select<Ladder>(market.bids, market.asks, sells);
    put<Request>(crossingAt, found, request);
    const isInside = isWithin(others.bestTicks, request.limitTicks, sells);
    found += i32(isInside) & i32(others.best !== noLevel);
  }
  return found;
}

function isWithin(ticks: i32, limitTicks: i32, sells: bool): bool {
  return select<bool>(ticks >= limitTicks, ticks <= limitTicks, sells);
}

/** What orders that cross need of their markets, and the levels that they take from. */
function readTrading(crossing: i32): void {
  for (let nth = 0; nth < crossing; nth += 1) {
    const request = at<Request>(crossingAt, nth);
    const market = request.market;
    const page = firstPage(isSell(request.traits) ? market.bids : market.asks);
    putLevels(nth * levelsCrossed, page);
    touch<Market>(market, 2);
    touch<Market>(market, 3);
    touch<WindowPart>(newestPart(market), 0);
  }
}

/** The best levels of a page, nobody where there are fewer. */
function putLevels(from: i32, page: PricePage): void {
  let rest = page.bits;
  for (let nth = 0; nth < levelsCrossed; nth += 1) {
    put<Level>(crossedAt, from + nth, select<Level>(bestWithin(page, rest), noLevel, rest !== 0));
    rest &= rest - 1;
  }
}

/** Who is last in the queue that a new order joins; and of named orders that live who stands beside them, and where they leave a gap. */
function readNeighbours(count: i32): void {
  const end = glimpsesAt + <usize>count * glimpseBytes;
  for (let at = glimpsesAt; at !== end; at += glimpseBytes) {
    const glimpse = changetype<Glimpse>(at);
    touch<Order>(glimpse.joined.tail, 0);
    const order = glimpse.named;
    touch<Order>(order, 1);
    touch<Order>(order.before, 0);
    touch<Order>(order.behind, 0);
  }
}

/** The oldest of each level that orders which cross will come to. */
function readMakers(crossing: i32): void {
  for (let nth = 0; nth < crossing; nth += 1) {
    const request = at<Request>(crossingAt, nth);
    const sells = isSell(request.traits);
    let leftLots = select<f64>(Infinity, request.sizeLots, request.spendUnits > 0);
    for (let place = 0; place < levelsCrossed; place += 1) {
      const level = at<Level>(crossedAt, nth * levelsCrossed + place);
      const isMet = i32(isWithin(level.ticks, request.limitTicks, sells)) & i32(leftLots > 0);
      readMaker(select<Order>(level.head, noOrder, isMet));
      leftLots -= level.shownLots;
    }
  }
}

/** What a trade needs of its maker. */
function readMaker(order: Order): void {
  touch<Order>(order, 1);
  touch<Account>(order.account, 0);
  touch<Id>(order.id, 0);
  touch<CreditLine>(order.holdLine, 0);
  touch<CreditLine>(order.receiveLine, 0);
}
