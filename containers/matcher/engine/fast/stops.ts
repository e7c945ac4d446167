/** Stops and take-profits: which ones a trade sets off, and how they enter. */
import type { OrderTriggered } from '#domain/event.ts';
import { done } from './event-rows.ts';
import type { FastState } from './fast-state.ts';
import { fillOrKillFault } from './fill-or-kill.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
import { isFillOrKill, isMarketLike, waitsForRise } from './order-traits.ts';
import type { PriceLadder } from './price-ladder.ts';
import { endOrder, joinTriggered, leaveTriggered } from './resting.ts';
import { isInBand, setBounds } from './volatility.ts';

/** Only a trade triggers: before the first there is no last price, and nothing holds. */
export function isReached(traits: number, triggerTicks: number, lastTicks: number): boolean {
  if (lastTicks === 0) return false;
  return waitsForRise(traits) ? lastTicks >= triggerTicks : lastTicks <= triggerTicks;
}

/** Whether the last price has reached the nearest trigger. */
export function isAnySetOff({ levels }: FastState, book: MarketBook): boolean {
  const { lastTicks } = book;
  const rising = book.rising.best;
  const falling = book.falling.best;
  if (rising !== none && lastTicks >= (levels.ticks[rising] as number)) return true;
  return falling !== none && lastTicks <= (levels.ticks[falling] as number);
}

/** Those set off join those that wait: by rise, lowest trigger first, then by fall, highest first; at one trigger the older first. */
export function setOff(state: FastState, book: MarketBook): void {
  const { levels } = state;
  while (
    book.rising.best !== none &&
    book.lastTicks >= (levels.ticks[book.rising.best] as number)
  ) {
    setOffLevel(state, book, book.rising);
  }
  while (
    book.falling.best !== none &&
    book.lastTicks <= (levels.ticks[book.falling.best] as number)
  ) {
    setOffLevel(state, book, book.falling);
  }
}

function setOffLevel(state: FastState, book: MarketBook, ladder: PriceLadder): void {
  const { levels, orders } = state;
  const level = ladder.best;
  let slot = levels.head[level] as number;
  while (slot !== none) {
    const next = orders.behind[slot] as number;
    joinTriggered(state, book, slot);
    slot = next;
  }
  ladder.remove(levels.ticks[level] as number);
  levels.release(level);
}

/** Triggered orders begin to enter, where the market is open and they are not at it already. */
export function beginCascade({ work }: FastState, book: MarketBook): void {
  if (book.firstTriggered === none || book.market.state !== 'open') return;
  const isUnderWay = work.some((each) => each.work === 'cascade' && each.marketId === book.id);
  if (!isUnderWay) work.push({ work: 'cascade', marketId: book.id });
}

/** One step of a cascade: the first that waits enters, ahead of those behind it. */
export function enterNext(state: FastState, book: MarketBook): void {
  const { orders, accounts, nowMs } = state;
  const slot = book.firstTriggered;
  if (slot === none || book.market.state !== 'open') {
    state.work.shift();
    return;
  }
  leaveTriggered(state, book, slot);
  orders.places[slot] = place.incoming;
  const admitted = state.events.rare<OrderTriggered>({
    type: 'order_triggered',
    digest: state.digestOf(slot),
    account: accounts.names[orders.account[slot] as number] as string,
    marketId: book.id,
    atMs: nowMs,
  });
  becomeYoungest(state, slot, admitted);
  setBounds(state.bounds, book, isMarketLike(orders.traits[slot] as number), nowMs);
  const fault = entryFault(state, book, slot);
  if (fault === none) state.incoming = slot;
  else endOrder(state, slot, fault);
}

/** A triggered order's place in time is new, among its account's orders and among those that expire. */
function becomeYoungest(state: FastState, slot: number, admitted: number): void {
  const { orders, accounts, expiries } = state;
  accounts.unlink(slot, orders);
  orders.admitted[slot] = admitted;
  expiries.leave(slot);
  accounts.append(slot, orders);
  expiries.add(slot);
}

/** On entry nothing can be refused any more: what a placement would be refused for ends the order. Answers `none` or the reason. */
function entryFault(state: FastState, book: MarketBook, slot: number): number {
  const { orders } = state;
  const traits = orders.traits[slot] as number;
  const limitTicks = orders.limitTicks[slot] as number;
  if (!isMarketLike(traits) && !isInBand(book, limitTicks)) return done.expired;
  if (!isFillOrKill(traits)) return none;
  const fault = fillOrKillFault(state, book, {
    account: orders.account[slot] as number,
    traits,
    limitTicks,
    sizeLots: orders.sizeLots[slot] as number,
    spendUnits: orders.spendUnits[slot] as number,
    bounds: state.bounds,
    without: none,
  });
  if (fault === 'would_self_trade') return done.self_trade;
  return fault ? done.expired : none;
}
