/** The market rules' invariants over the columns, and that the columns say the same of one thing. */
import { assert } from '#domain/assertion.ts';
import { openOrdersPerAccount } from '../limits.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { holdOf } from './order-amounts.ts';
import { none, place } from './order-table.ts';
import { isConditional, isLasting, isMarketLike, isSell } from './order-traits.ts';
import type { PriceLadder } from './price-ladder.ts';
import { forEachOrder } from './save.ts';
import { isReached } from './stops.ts';

export function validate(state: FastState): void {
  const heldUnits = new Float64Array(state.credit.count);
  let found = 0;
  for (const book of state.markets) {
    const before = found;
    found += validateSide(state, book, 'buy') + validateSide(state, book, 'sell');
    found += validateWaiting(state, book);
    const isAtHand = state.incoming !== none && state.book(state.incoming) === book;
    found += isAtHand ? 1 : 0;
    assert(found - before === book.liveOrders, `${book.id} counts ${book.liveOrders} orders`);
    validateBook(state, book);
  }
  let live = 0;
  for (let slot = 0; slot < state.orders.end; slot += 1) {
    if (!state.orders.isLive(slot)) continue;
    live += 1;
    validateOrder(state, slot);
    const line = state.orders.holdLine[slot] as number;
    heldUnits[line] = (heldUnits[line] as number) + (state.orders.heldUnits[slot] as number);
  }
  assert(live === found, `${live} orders live, ${found} are somewhere`);
  validateAccounts(state);
  validateCredit(state, heldUnits);
}

function validateBook({ levels, work, incoming }: FastState, book: MarketBook): void {
  const { state } = book.market;
  const isAtWork = work.length > 0 || incoming !== none;
  const [bid, ask] = [book.bids.best, book.asks.best];
  const isCrossed =
    bid !== none && ask !== none && (levels.ticks[bid] as number) >= (levels.ticks[ask] as number);
  const mayBeCrossed = state === 'auction' || state === 'halted' || isAtWork;
  assert(!isCrossed || mayBeCrossed, `the book of ${book.id} is crossed`);
  const mayWait = state !== 'open' || isAtWork;
  assert(book.firstTriggered === none || mayWait, `${book.id}: triggered orders wait`);
  assert(state !== 'closed' || isAtWork || book.liveOrders === 0, `${book.id}: closed orders`);
}

/** Prices in order, each level the sum of what its orders show; answers how many orders there are. */
function validateSide(state: FastState, book: MarketBook, side: 'buy' | 'sell'): number {
  const { orders, levels } = state;
  const ladder = side === 'buy' ? book.bids : book.asks;
  let found = 0;
  const shownLots = new Map<number, number>();
  const allLots = new Map<number, number>();
  forEachOrder(state, ladder, (slot, level) => {
    found += 1;
    const ticks = levels.ticks[level] as number;
    assert(orders.places[slot] === place.book, `slot ${slot} is not in the book`);
    assert(orders.limitTicks[slot] === ticks, `slot ${slot} is at another price`);
    assert(
      isSell(orders.traits[slot] as number) === (side === 'sell'),
      'an order of the other side',
    );
    assert(orders.level[slot] === level, `slot ${slot} is in another level`);
    shownLots.set(level, (shownLots.get(level) ?? 0) + (orders.shownLots[slot] as number));
    allLots.set(level, (allLots.get(level) ?? 0) + orders.leftLots(slot));
  });
  validateLevels(state, ladder, side === 'buy' ? -1 : 1);
  for (const [level, lots] of shownLots) {
    assert(levels.shownLots[level] === lots, `${book.id}: a level counts wrongly`);
    assert(levels.lots(level) === allLots.get(level), `${book.id}: a level hides wrongly`);
  }
  return found;
}

function validateLevels({ levels }: FastState, ladder: PriceLadder, worse: 1 | -1): void {
  let last: number = none;
  for (let level = ladder.best; level !== none; ) {
    const ticks = levels.ticks[level] as number;
    assert(levels.head[level] !== none, `an empty level at ${ticks}`);
    assert(ladder.find(ticks) === level, `the level at ${ticks} is not found`);
    assert(last === none || (ticks - last) * worse > 0, 'levels out of order');
    last = ticks;
    level = ladder.next(ticks);
  }
}

/** Those that wait for their trigger or to enter; answers how many. */
function validateWaiting(state: FastState, book: MarketBook): number {
  const { orders } = state;
  let found = 0;
  for (const ladder of [book.rising, book.falling]) {
    forEachOrder(state, ladder, (slot) => {
      found += 1;
      const traits = orders.traits[slot] as number;
      assert(orders.places[slot] === place.untriggered, `slot ${slot} waits for nothing`);
      const triggerTicks = orders.triggerTicks[slot] as number;
      assert(isConditional(traits), `slot ${slot} has no trigger`);
      assert(!isReached(traits, triggerTicks, book.lastTicks), `slot ${slot} missed its trigger`);
    });
  }
  let slot = book.firstTriggered;
  for (; slot !== none; slot = orders.behind[slot] as number) {
    found += 1;
    assert(orders.places[slot] === place.triggered, `slot ${slot} was not triggered`);
  }
  return found;
}

function validateOrder(state: FastState, slot: number): void {
  const { orders, ids } = state;
  const name = state.digestOf(slot);
  const traits = orders.traits[slot] as number;
  const isByMoney = (orders.spendUnits[slot] as number) > 0;
  const leftLots = orders.leftLots(slot);
  const shownLots = orders.shownLots[slot] as number;
  const displayLots = orders.displayLots[slot] as number;
  const leftUnits = (orders.spendUnits[slot] as number) - (orders.filledQuoteUnits[slot] as number);
  assert(isByMoney ? leftUnits > 0 : leftLots > 0, `${name} has nothing left`);
  assert(ids.order(orders.id[slot] as number) === slot, `${name} is not found by its id`);
  assert(ids.text(orders.id[slot] as number) === name, `${name} is found by another id`);
  const heldUnits = holdOf(state, state.book(slot), slot);
  assert(orders.heldUnits[slot] === heldUnits && heldUnits > 0, `${name} holds wrongly`);
  if (orders.places[slot] !== place.book) {
    assert(shownLots === 0, `${name} shows lots outside the book`);
    return;
  }
  assert(isLasting(traits) && !isMarketLike(traits), `${name} rests`);
  const most = displayLots > 0 ? Math.min(displayLots, leftLots) : leftLots;
  assert(shownLots > 0 && shownLots <= most, `${name} shows wrongly`);
  assert(displayLots > 0 || shownLots === leftLots, `${name} hides lots`);
}

function validateAccounts({ accounts, orders }: FastState): void {
  accounts.names.forEach((name, account) => {
    let count = 0;
    let last = 0;
    let slot = accounts.oldest[account] as number;
    for (; slot !== none; slot = orders.younger[slot] as number) {
      count += 1;
      const admitted = orders.admitted[slot] as number;
      assert(orders.isLive(slot) && admitted > last, `${name}: orders out of order`);
      last = admitted;
    }
    assert(count === accounts.openOrders[account], `${name} counts orders wrongly`);
    // One more may be at hand: it never rests.
    assert(count <= openOrdersPerAccount + 1, `${name} has too many orders`);
  });
}

function validateCredit({ credit, accounts, assets }: FastState, heldUnits: Float64Array): void {
  const insideUnits = new Float64Array(assets.length);
  for (let line = 0; line < credit.count; line += 1) {
    const freeUnits = credit.freeUnits[line] as number;
    const name = accounts.names[credit.account[line] as number];
    assert(Number.isSafeInteger(freeUnits) && freeUnits >= 0, `${name} has ${freeUnits} free`);
    assert(credit.heldUnits[line] === heldUnits[line], `${name} holds another sum`);
    const asset = credit.asset[line] as number;
    insideUnits[asset] = (insideUnits[asset] as number) + freeUnits + (heldUnits[line] as number);
  }
  assets.forEach((name, asset) => {
    const counted = credit.insideUnits[asset] ?? 0;
    assert(insideUnits[asset] === counted, `${counted} of ${name} are said to be inside`);
    assert(Number.isSafeInteger(counted), `there is more ${name} than can be counted`);
  });
}
