/** The market rules' invariants over the rows, and that the rows say the same of one thing. */

import { delegationsPerAccount, openOrdersPerAccount } from '../../limits.ts';
import { firstOwn, isEnlisted, nextOwn } from './account-orders.ts';
import { openUnitsOf } from './delegations.ts';
import {
  isUnfinished,
  noAccount,
  noDelegation,
  noLine,
  noMarket,
  noOrder,
  state,
} from './engine-state.ts';
import { validateExpiries } from './expiry-queue.ts';
import { allLots, leftLots, shownLots } from './level-queue.ts';
import { stateAuction, stateClosed, stateHalted, stateOpen } from './market-state.ts';
import { holdOf } from './order-amounts.ts';
import { isIceberg } from './order-extras.ts';
import { isLive, liveOrder, placeBook, placeTriggered, placeUntriggered } from './order-place.ts';
import { isConditional, isLasting, isMarketLike, isSell } from './order-traits.ts';
import { findLevel, nextLevel, noLevel } from './price-ladder.ts';
import { Account, Ladder, Level, Market, Order, OrderExtras } from './rows.ts';
import { isReached } from './set-off.ts';

/** Stops at the first that does not hold. */
export function validate(): void {
  validateNobody();
  for (let line = state.firstLine; line !== noLine; line = line.next) line.past.foundUnits = 0;
  forgetFound();
  let liveOrders = 0;
  for (let market = state.firstMarket; market !== noMarket; market = market.next) {
    let found = validateSide(market, market.bids) + validateSide(market, market.asks);
    found += validateWaiting(market);
    const incoming = state.incoming;
    if (incoming !== noOrder && incoming.market === market) {
      validateOrder(incoming);
      found += 1;
    }
    assert(found === market.liveOrders, 'a market counts its orders wrongly');
    liveOrders += found;
    validateBook(market);
  }
  assert(validateExpiries() === liveOrders, 'orders that do not expire');
  validateCredit();
  validateAccounts();
}

/** Whoever has no extras reads those of nobody. */
function validateNobody(): void {
  for (let at: usize = 0; at < offsetof<OrderExtras>(); at += 8) {
    assert(load<u64>(at) === 0, "something was written into nobody's row");
  }
}

function forgetFound(): void {
  for (let account = state.newestAccount; account !== noAccount; account = account.past.next) {
    let row = account.past.delegations;
    for (; row !== noDelegation; row = row.next) row.foundUnits = 0;
  }
}

function validateAccounts(): void {
  for (let account = state.newestAccount; account !== noAccount; account = account.past.next) {
    validateOwn(account);
    let count = 0;
    for (let row = account.past.delegations; row !== noDelegation; row = row.next) {
      count += 1;
      const openUnits = row.openUnits;
      const matchedUnits = row.matchedUnits;
      assert(openUnits === row.foundUnits, 'a delegation counts another sum as open');
      assert(isCount(openUnits) && isCount(matchedUnits), 'a delegation counts no sound sum');
      assert(openUnits + matchedUnits > 0, 'a delegation that nothing counts for');
      assert(matchedUnits > 0 || row.day === 0, 'a delegation that matched nothing on a day');
      assert(row.id.pending > 0, 'a delegation without its id');
    }
    assert(count <= delegationsPerAccount, 'an account has too many delegations');
  }
}

function validateBook(market: Market): void {
  const isAtWork = isUnfinished();
  const bid = market.bids.best;
  const ask = market.asks.best;
  const isCrossed = bid !== noLevel && ask !== noLevel && bid.ticks >= ask.ticks;
  const mayBeCrossed = market.state === stateAuction || market.state === stateHalted || isAtWork;
  assert(!isCrossed || mayBeCrossed, 'a book is crossed');
  const mayWait = market.state !== stateOpen || isAtWork;
  assert(market.firstTriggered === noOrder || mayWait, 'triggered orders wait');
  const mayHaveOrders = market.state !== stateClosed || isAtWork;
  assert(mayHaveOrders || market.liveOrders === 0, 'orders in a closed market');
}

/** Prices in order, each level the sum of its orders; answers how many orders there are. */
function validateSide(market: Market, ladder: Ladder): i32 {
  let found = 0;
  let last = noLevel;
  const best = ladder.best;
  assert(best === noLevel || best.ticks === ladder.bestTicks, 'a side says another best price');
  for (let level = best; level !== noLevel; level = nextLevel(level)) {
    assert(findLevel(ladder, level.ticks) === level, 'a level is not found');
    const isWorse = last === noLevel || level.ticks < last.ticks === (ladder.turn !== 0);
    assert(isWorse && (last === noLevel || last.ticks !== level.ticks), 'levels out of order');
    last = level;
    found += validateLevel(market, level);
  }
  return found;
}

function validateLevel(market: Market, level: Level): i32 {
  let found = 0;
  let shown: f64 = 0;
  let lots: f64 = 0;
  assert(level.head !== noOrder, 'an empty level');
  for (let order = level.head; order !== noOrder; order = order.behind) {
    assert(order.place === placeBook, 'an order that is not in the book');
    assert(order.limitTicks === level.ticks && order.level === level, 'an order of another level');
    assert(order.market === market, 'an order of another market');
    const ladder = isSell(order.traits) ? market.asks : market.bids;
    assert(ladder === level.page.ladder, 'an order of the other side');
    validateOrder(order);
    shown += shownLots(order);
    lots += leftLots(order);
    found += 1;
  }
  assert(level.shownLots === shown, 'a level counts wrongly');
  assert(allLots(level) === lots, 'a level hides wrongly');
  assert(level.orders === found, 'a level counts its orders wrongly');
  return found;
}

/** Those that wait for their trigger or to enter; answers how many. */
function validateWaiting(market: Market): i32 {
  let found = validateTriggers(market, market.rising) + validateTriggers(market, market.falling);
  for (let order = market.firstTriggered; order !== noOrder; order = order.behind) {
    assert(order.place === placeTriggered, 'an order that was not triggered');
    validateOrder(order);
    found += 1;
  }
  return found;
}

function validateTriggers(market: Market, ladder: Ladder): i32 {
  let found = 0;
  for (let level = ladder.best; level !== noLevel; level = nextLevel(level)) {
    for (let order = level.head; order !== noOrder; order = order.behind) {
      const isWaiting = order.place === placeUntriggered && isConditional(order.traits);
      assert(isWaiting, 'an order that waits for nothing');
      const reached = isReached(order.traits, order.extras.triggerTicks, market.lastTicks);
      assert(!reached, 'an order missed its trigger');
      validateOrder(order);
      found += 1;
    }
  }
  return found;
}

function validateOrder(order: Order): void {
  const lots = leftLots(order);
  const extras = order.extras;
  const leftUnits = extras.spendUnits - order.filledQuoteUnits;
  assert(extras.spendUnits > 0 ? leftUnits > 0 : lots > 0, 'an order with nothing left');
  assert(isLive(order) && liveOrder(order.id) === order, 'an order that is not found by its id');
  assert(isEnlisted(order), 'an order that its account does not find');
  const heldUnits = holdOf(order.market, order);
  assert(order.heldUnits === heldUnits && heldUnits > 0, 'an order holds wrongly');
  order.holdLine.past.foundUnits += heldUnits;
  const delegation = extras.delegation;
  if (delegation !== noDelegation) delegation.foundUnits += openUnitsOf(order);
  if (order.place !== placeBook) {
    assert(extras.shownLots === 0, 'an order shows lots outside the book');
    return;
  }
  assert(isLasting(order.traits) && !isMarketLike(order.traits), 'an order must not rest');
  const most = isIceberg(order) ? min(extras.displayLots, lots) : lots;
  assert(shownLots(order) > 0 && shownLots(order) <= most, 'an order shows wrongly');
}

/** Its orders are as many as say that they are its own. */
function validateOwn(account: Account): void {
  let count = 0;
  let last: f64 = 0;
  for (let order = firstOwn(account); order !== noOrder; order = nextOwn(order)) {
    count += 1;
    assert(isLive(order) && order.account === account, 'an account has an order of another');
    assert(account.isMixed || order.admitted > last, 'orders of an account out of order');
    last = order.admitted;
  }
  assert(count === account.openOrders, 'an account counts its orders wrongly');
  // One more may be at hand: it never rests.
  assert(count <= openOrdersPerAccount + 1, 'an account has too many orders');
}

function validateCredit(): void {
  // What is inside is counted down and up again: there are few assets, and very many lines.
  for (let line = state.firstLine; line !== noLine; line = line.next) {
    const freeUnits = line.freeUnits;
    assert(isCount(freeUnits), 'an account has no sound credit');
    assert(line.heldUnits === line.past.foundUnits, 'an account holds another sum');
    line.asset.insideUnits -= freeUnits + line.heldUnits;
  }
  for (let line = state.firstLine; line !== noLine; line = line.next) {
    assert(line.asset.insideUnits === 0, 'another sum of an asset is said to be inside');
  }
  for (let line = state.firstLine; line !== noLine; line = line.next) {
    line.asset.insideUnits += line.freeUnits + line.heldUnits;
  }
  for (let line = state.firstLine; line !== noLine; line = line.next) {
    assert(line.asset.insideUnits <= f64.MAX_SAFE_INTEGER, 'more of an asset than can be counted');
  }
}

function isCount(units: f64): bool {
  return units >= 0 && units <= f64.MAX_SAFE_INTEGER && floor(units) === units;
}
