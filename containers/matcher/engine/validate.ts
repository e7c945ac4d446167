/** The market rules' invariants, checked over the whole state. */
import { assert } from '#domain/assertion.ts';
import { type BookOrder, heldFor, type Level } from './book-order.ts';
import type { CreditLine } from './credit-book.ts';
import type { EngineState } from './engine-state.ts';
import { openOrdersPerAccount } from './limits.ts';
import type { Listing } from './listing.ts';
import type { BookSide } from './order-book.ts';

export function validateState(state: EngineState): void {
  const heldByLine = new Map<CreditLine, number>();
  let resting = 0;
  for (const listing of state.listings.values()) {
    const { bids, asks } = listing.book;
    const crossed = bids.best && asks.best && bids.best.priceTicks >= asks.best.priceTicks;
    assert(!crossed, `${listing.market.id}: the best bid is not below the best ask`);
    for (const side of [bids, asks]) {
      for (const order of ordersOfSide(side)) {
        validateOrder(order, listing, state);
        heldByLine.set(order.holdLine, (heldByLine.get(order.holdLine) ?? 0) + order.heldUnits);
        resting += 1;
      }
    }
  }
  assert(state.expiry.size === resting && state.expiry.isSound(), 'the expiry queue is unsound');
  validateLive(state, resting);
  validateCredit(state, heldByLine);
}

function* ordersOfSide(side: BookSide): Generator<BookOrder> {
  let previous: Level | undefined;
  for (const level of side.fromBest()) {
    const { priceTicks } = level;
    const sorted =
      !previous ||
      (side.side === 'buy' ? priceTicks < previous.priceTicks : priceTicks > previous.priceTicks);
    assert(sorted, `level ${priceTicks} is out of order`);
    assert(level.head, `level ${priceTicks} is empty`);
    assert(side.sizeAt(priceTicks) === level.sizeLots, `level ${priceTicks} is not found by price`);
    yield* ordersOfLevel(level);
    previous = level;
  }
}

function* ordersOfLevel(level: Level): Generator<BookOrder> {
  let sizeLots = 0;
  let previous: BookOrder | undefined;
  for (let order = level.head; order; order = order.next) {
    assert(order.level === level && order.previous === previous, 'a queue is linked wrongly');
    assert(!previous || previous.admitted < order.admitted, 'a queue is not in order of time');
    assert(order.side === level.side && order.limitTicks === level.priceTicks, 'a stray order');
    sizeLots += order.sizeLots - order.filledLots;
    yield order;
    previous = order;
  }
  assert(level.tail === previous, 'a queue ends elsewhere');
  assert(level.sizeLots === sizeLots, `level ${level.priceTicks} is not the sum of its orders`);
}

function validateOrder(order: BookOrder, { market }: Listing, state: EngineState): void {
  const { digest } = order;
  assert(order.status === 'open' && order.marketId === market.id, `${digest} is not open`);
  assert(order.filledLots < order.sizeLots, `${digest} has nothing left`);
  assert(order.heldUnits > 0, `${digest} holds nothing`);
  assert(
    order.heldUnits === heldFor(order, market),
    `${digest} holds another amount than it needs`,
  );
  assert(state.live.find(digest) === order, `${digest} is not found by digest`);
}

function validateLive(state: EngineState, resting: number): void {
  let live = 0;
  for (const order of state.live.all()) {
    live += 1;
    assert(order.level, `${order.digest} is live and does not rest`);
    const { account, clientOrderId } = order;
    assert(state.live.countOf(account) <= openOrdersPerAccount, `${account} has too many orders`);
    const known =
      clientOrderId === undefined || state.live.hasClientOrderId(account, clientOrderId);
    assert(known, `${order.digest} is not found by its clientOrderId`);
  }
  assert(live === resting, 'live orders and resting orders differ');
}

function validateCredit(state: EngineState, heldByLine: Map<CreditLine, number>): void {
  const insideUnits = new Map<string, number>();
  for (const line of state.credit.lines()) {
    const { account, asset, freeUnits, heldUnits } = line;
    const name = `${account} ${asset}`;
    assert(Number.isSafeInteger(freeUnits) && freeUnits >= 0, `${name}: free is ${freeUnits}`);
    assert(
      heldUnits === (heldByLine.get(line) ?? 0),
      `${name}: held credit is not the sum over its live orders`,
    );
    insideUnits.set(asset, (insideUnits.get(asset) ?? 0) + freeUnits + heldUnits);
  }
  for (const asset of state.credit.assets()) {
    assert(
      (insideUnits.get(asset) ?? 0) === state.credit.insideUnits(asset),
      `${asset}: free and held are not what was granted, less returns and fees`,
    );
  }
}
