/** Puts a market into a state, and lets happen what the state brings with it. */
import { noMarket, state, stateNamesAt } from './engine-state.ts';
import { tellState } from './event-rows.ts';
import { byVolatility, stateAuction, stateClosed, stateHalted } from './market-state.ts';
import { Market } from './rows.ts';
import { addWork, beginCascade, workClose } from './work.ts';

export function changeState(market: Market, to: i32, reason: i32): void {
  market.state = to;
  setUntil(market, reason);
  const name = stateNamesAt + ((<usize>to) << 3);
  tellState(market, reason, name);
  if (to === stateClosed) addWork(workClose, market);
  beginCascade(market);
}

/** An auction lasts `auctionMs`, a halt by volatility `haltMs`; 0, or a halt by an operator, lasts until an operator ends it. */
export function setUntil(market: Market, reason: i32): void {
  let lastsMs: f64 = 0;
  if (market.state === stateAuction) lastsMs = market.auctionMs;
  else if (market.state === stateHalted && reason === byVolatility) lastsMs = market.haltMs;
  market.untilMs = lastsMs > 0 ? state.nowMs + lastsMs : 0;
  findNextDue();
}

/** Looked for anew whenever a market's time changes: that is rare, and asking for it is not. */
export function findNextDue(): void {
  state.marketsDueMs = Infinity;
  for (let market = state.firstMarket; market !== noMarket; market = market.next) {
    const untilMs = market.untilMs;
    if (untilMs > 0 && untilMs < state.marketsDueMs) state.marketsDueMs = untilMs;
  }
}
