/** Puts a market into a state, and lets happen what the state brings with it. */
import type { MarketStateChanged, StateChangeReason } from '#domain/event.ts';
import type { MarketState } from '#domain/market.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { beginCascade } from './stops.ts';

export function changeState(
  state: FastState,
  book: MarketBook,
  to: MarketState,
  reason: StateChangeReason,
): void {
  book.market = { ...book.market, state: to };
  setUntil(state, book, reason);
  const { nowMs } = state;
  const { id: marketId, untilMs } = book;
  state.events.rare<MarketStateChanged>({
    type: 'market_state_changed',
    marketId,
    state: to,
    reason,
    atMs: nowMs,
    untilMs,
  });
  if (to === 'closed') state.work.push({ work: 'close', marketId });
  beginCascade(state, book);
}

/** An auction lasts `auctionMs`, a halt by volatility `haltMs`; 0, or a halt by an operator, lasts until an operator ends it. */
export function setUntil(state: FastState, book: MarketBook, reason: StateChangeReason): void {
  const { state: now, auctionMs, haltMs } = book.market;
  const lastsMs =
    now === 'auction' ? auctionMs : now === 'halted' && reason === 'volatility' ? haltMs : 0;
  book.untilMs = lastsMs > 0 ? state.nowMs + lastsMs : 0;
  findNextDue(state);
}

/** Looked for anew whenever a market's time changes: that is rare, and asking for it is not. */
export function findNextDue(state: FastState): void {
  state.marketsDueMs = Number.POSITIVE_INFINITY;
  for (const { untilMs } of state.markets) {
    if (untilMs > 0 && untilMs < state.marketsDueMs) state.marketsDueMs = untilMs;
  }
}
