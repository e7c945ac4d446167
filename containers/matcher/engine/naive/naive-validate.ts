/** The market rules' invariants over the naive engine's arrays: whatever is not true by the way in which they are read. */
import { assert } from '#domain/assertion.ts';
import { delegationsPerAccount, openOrdersPerAccount } from '../limits.ts';
import { firstOf, isUsedUp, leftLots } from './naive-book.ts';
import { heldUnitsOf, holdFor, insideUnitsOf } from './naive-credit.ts';
import { openUnitsBy } from './naive-delegations.ts';
import { listedMarket, liveOrder, type NaiveOrder, type NaiveState } from './naive-state.ts';
import { isConditional, isSetOff, triggeredIn } from './naive-stops.ts';
import { couldRest } from './naive-trading.ts';

export function validate(state: NaiveState): void {
  for (const { market } of state.markets) {
    const bid = firstOf(state, market.id, 'buy');
    const ask = firstOf(state, market.id, 'sell');
    const mayBeCrossed = market.state === 'auction' || market.state === 'halted';
    const isCrossed = bid && ask && bid.limitTicks >= ask.limitTicks;
    const isAtWork = state.work.length > 0;
    assert(!isCrossed || mayBeCrossed || isAtWork, `the book of ${market.id} is crossed`);
    const waits = triggeredIn(state, market.id).length > 0;
    assert(!waits || market.state !== 'open' || isAtWork, `${market.id}: triggered orders wait`);
    assert(isAtWork || market.state !== 'closed' || !hasOrders(state, market.id), 'closed orders');
  }
  for (const order of state.live) validateOrder(state, order);
  const digests = new Set(state.live.map((order) => order.digest));
  assert(digests.size === state.live.length, 'an order is there twice');
  for (const account of new Set(state.live.map((order) => order.account))) {
    const count = state.live.filter((order) => order.account === account).length;
    // One more may be at hand: it never rests.
    assert(count <= openOrdersPerAccount + 1, `${account} has too many orders`);
  }
  validateWork(state);
  validateCredit(state);
  validateDelegations(state);
}

function validateDelegations(state: NaiveState): void {
  for (const { account } of state.delegations) {
    const rows = state.delegations.filter((row) => row.account === account);
    assert(rows.length <= delegationsPerAccount, `${account} has too many delegations`);
    assert(new Set(rows.map(({ digest }) => digest)).size === rows.length, 'a delegation twice');
  }
  for (const row of state.delegations) {
    const openUnits = openUnitsBy(state, row);
    const isCounted = Number.isSafeInteger(row.matchedUnits) && Number.isSafeInteger(openUnits);
    assert(isCounted, `delegation ${row.digest} counts more than can be counted`);
    assert(openUnits + row.matchedUnits > 0, `nothing counts for delegation ${row.digest}`);
    assert(row.matchedUnits > 0 || row.day === 0, `delegation ${row.digest} matched nothing`);
  }
}

function hasOrders(state: NaiveState, marketId: string): boolean {
  return state.live.some((order) => order.marketId === marketId);
}

function validateOrder(state: NaiveState, order: NaiveOrder): void {
  const { digest, place, shownLots } = order;
  const listed = listedMarket(state, order.marketId);
  assert(!isUsedUp(order), `${digest} has nothing left`);
  assert(order.spendUnits > 0 !== order.sizeLots > 0, `${digest} is bound by money and by size`);
  assert(holdFor(order, listed.market) > 0, `${digest} holds nothing`);
  if (place === 'book') {
    const most = order.displayLots || leftLots(order);
    assert(couldRest(order), `${digest} rests`);
    assert(
      shownLots > 0 && shownLots <= Math.min(most, leftLots(order)),
      `${digest} shows wrongly`,
    );
    // Both are asked for of the same level: what is left of a plain order is what it shows.
    const isPlain = order.displayLots === 0;
    assert(!isPlain || shownLots === leftLots(order), `${digest} hides lots`);
  } else assert(shownLots === 0, `${digest} shows lots outside the book`);
  if (place === 'untriggered') {
    assert(isConditional(order.orderType), `${digest} waits for no trigger`);
    assert(!isSetOff(order, listed.lastTicks), `${digest} has missed its trigger`);
  }
}

function validateWork(state: NaiveState): void {
  const incoming = state.live.filter((order) => order.place === 'incoming');
  const [first] = state.work;
  const atHand = first?.work === 'match' ? liveOrder(state, first.digest) : undefined;
  assert(incoming.length === (atHand ? 1 : 0), 'an incoming order is not at work');
  assert(incoming[0] === atHand, 'another order is at hand');
  const matches = state.work.filter(({ work }) => work === 'match');
  assert(matches.length === incoming.length, 'two orders come in at once');
}

function validateCredit(state: NaiveState): void {
  for (const { account, asset, freeUnits } of state.lines) {
    const isSound = Number.isSafeInteger(freeUnits) && freeUnits >= 0;
    assert(isSound, `${account} has ${freeUnits} free ${asset}`);
    assert(Number.isSafeInteger(heldUnitsOf(state, account, asset)), `${account} holds too much`);
  }
  for (const asset of new Set(state.lines.map((line) => line.asset))) {
    const isCounted = insideUnitsOf(state, asset) <= BigInt(Number.MAX_SAFE_INTEGER);
    assert(isCounted, `there is more ${asset} than can be counted`);
  }
}
