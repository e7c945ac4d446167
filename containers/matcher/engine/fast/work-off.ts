/** Works off what commands and time leave to do: step by step, within the bound on events. */
import { unreachable } from '#domain/assertion.ts';
import { endAuction, uncrossStep } from './auction.ts';
import { changeState, findNextDue } from './change-state.ts';
import { done } from './event-rows.ts';
import type { FastState, LaterWork } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { matchIncoming } from './match.ts';
import { none } from './order-table.ts';
import { isSell } from './order-traits.ts';
import { endOrder } from './resting.ts';
import { forEachOrder } from './save.ts';
import { enterNext } from './stops.ts';

/** An order at hand first, then other work; what is due comes with ticks. */
export function workOff(state: FastState, isTick: boolean): void {
  while (state.events.hasRoom) {
    const next = state.work[0];
    if (state.incoming !== none) matchIncoming(state);
    else if (next) step(state, next);
    else if (isTick && state.dueMs <= state.nowMs) doDue(state);
    else return;
  }
}

function step(state: FastState, work: LaterWork): void {
  switch (work.work) {
    case 'cancel_all':
      cancelOldest(state, work);
      return;
    case 'cascade':
      enterNext(state, state.bookOf(work.marketId) as MarketBook);
      return;
    case 'uncross':
      uncrossStep(state, state.bookOf(work.marketId) as MarketBook, work);
      return;
    case 'close':
      closeStep(state, state.bookOf(work.marketId) as MarketBook);
      return;
    default:
      unreachable(work);
  }
}

/** An account's live orders, of one market or side where named, oldest first. */
function cancelOldest(state: FastState, work: Extract<LaterWork, { work: 'cancel_all' }>): void {
  const { orders, accounts } = state;
  const account = accounts.find(work.account);
  const market = work.marketId === undefined ? none : state.marketHandles.get(work.marketId);
  let slot = account === none ? none : (accounts.oldest[account] as number);
  for (; slot !== none; slot = orders.younger[slot] as number) {
    if (work.marketId !== undefined && orders.market[slot] !== market) continue;
    const isOtherSide = isSell(orders.traits[slot] as number) !== (work.side === 'sell');
    if (work.side !== undefined && isOtherSide) continue;
    endOrder(state, slot, done.cancelled);
    return;
  }
  state.work.shift();
}

/** Bids best first and in queue order, asks likewise, those that wait for their trigger oldest first, then those triggered. */
function closeStep(state: FastState, book: MarketBook): void {
  const { levels } = state;
  const level = book.bids.best === none ? book.asks.best : book.bids.best;
  let slot = level === none ? none : (levels.head[level] as number);
  if (slot === none) slot = oldestUntriggered(state, book);
  if (slot === none) slot = book.firstTriggered;
  if (slot === none) state.work.shift();
  else endOrder(state, slot, done.cancelled);
}

/** Sorted once: to look for the oldest each time takes as long as there are triggers. Nothing comes between that could change them. */
function oldestUntriggered(state: FastState, book: MarketBook): number {
  const { untriggered } = book;
  if (untriggered.length === 0) {
    const { admitted } = state.orders;
    for (const ladder of [book.rising, book.falling]) {
      forEachOrder(state, ladder, (slot) => untriggered.push(slot));
    }
    untriggered.sort((one, other) => (admitted[other] as number) - (admitted[one] as number));
  }
  return untriggered.pop() ?? none;
}

/** Orders by expiry, the older first; then switches by time and account; then markets by time and id. */
function doDue(state: FastState): void {
  const { expiries, switches, nowMs } = state;
  if (expiries.firstMs <= nowMs) {
    endOrder(state, expiries.first, done.expired);
    return;
  }
  if (switches.firstMs <= nowMs) {
    const account = state.accounts.names[switches.first] as string;
    switches.remove(switches.first);
    state.work.push({ work: 'cancel_all', account });
    return;
  }
  const [book] = state.markets
    .filter(({ untilMs }) => untilMs > 0 && untilMs <= nowMs)
    .sort((one, other) => one.untilMs - other.untilMs || (one.id < other.id ? -1 : 1));
  if (!book) findNextDue(state);
  else if (book.market.state === 'auction') endAuction(state, book, 'schedule');
  else changeState(state, book, 'auction', 'schedule');
}
