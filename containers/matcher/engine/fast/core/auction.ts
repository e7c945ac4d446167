/** Auctions: the one price, and the uncross at it. */
import { changeState } from './change-state.ts';
import { state } from './engine-state.ts';
import { allLots, shownLots } from './level-queue.ts';
import { stateAuction, stateOpen } from './market-state.ts';
import { nextLevel, noLevel } from './price-ladder.ts';
import { grownRegion, releaseRegion, takeRegion } from './regions.ts';
import { takeTraded } from './resting.ts';
import { Level, Market, Work } from './rows.ts';
import { payTaker, trade } from './trade.ts';
import { clearWindow, isWithin } from './volatility.ts';
import { addWork, dropWork, workUncross } from './work.ts';

/**
 * The price at which most trades; of those, the one with the least imbalance; of those, the nearest to the reference price;
 * of two as near, the lower: in `state`, and whether there is one.
 *
 * Something trades from the best ask to the best bid only: levels outside are not even looked at. Between two prices that
 * orders name every price trades the same, so the one nearest to the reference price stands for all.
 */
export function uncrossing(market: Market): bool {
  state.uncrossTicks = 0;
  state.uncrossLots = 0;
  const bestBid = market.bids.best;
  const bestAsk = market.asks.best;
  if (bestBid === noLevel || bestAsk === noLevel || bestBid.ticks < bestAsk.ticks) return false;
  // Upwards in price, what is bought shrinks from all bids and what is sold grows from nothing; bids are found downwards.
  let bidsLog = 6;
  let bids = takeRegion(bidsLog);
  let bidCount = 0;
  let boughtLots: f64 = 0;
  for (let bid = bestBid; bid !== noLevel && bid.ticks >= bestAsk.ticks; bid = nextLevel(bid)) {
    if (bidCount << 2 === 1 << bidsLog) {
      bids = grownRegion(bids, bidsLog);
      bidsLog += 1;
    }
    store<Level>(bids + ((<usize>bidCount) << 2), bid);
    bidCount += 1;
    boughtLots += allLots(bid);
  }
  let soldLots: f64 = 0;
  let lastTicks = bestAsk.ticks;
  let ask = bestAsk;
  while (bidCount > 0) {
    const bid = load<Level>(bids + ((<usize>(bidCount - 1)) << 2));
    const isAskNext = ask !== noLevel && ask.ticks <= bid.ticks;
    const ticks = isAskNext ? ask.ticks : bid.ticks;
    // Far apart: a sum of prices may pass 31 bits.
    if (<i64>ticks > <i64>lastTicks + 1) {
      const nearest = max<f64>(<f64>lastTicks + 1, market.referenceTicks);
      consider(market, <i32>min<f64>(<f64>ticks - 1, nearest), boughtLots, soldLots);
    }
    if (isAskNext) soldLots += allLots(ask);
    consider(market, ticks, boughtLots, soldLots);
    if (bid.ticks === ticks) {
      boughtLots -= allLots(bid);
      bidCount -= 1;
    }
    if (isAskNext) ask = nextLevel(ask);
    lastTicks = ticks;
  }
  releaseRegion(bids, bidsLog);
  return state.uncrossLots > 0;
}

/** Of two as good the lower stays, which came first. */
function consider(market: Market, ticks: i32, boughtLots: f64, soldLots: f64): void {
  const lots = min(boughtLots, soldLots);
  const imbalanceLots = abs(boughtLots - soldLots);
  if (lots === 0 || lots < state.uncrossLots) return;
  if (lots === state.uncrossLots) {
    if (imbalanceLots > state.uncrossImbalanceLots) return;
    const distance = abs(<f64>ticks - market.referenceTicks);
    const bestDistance = abs(<f64>state.uncrossTicks - market.referenceTicks);
    if (imbalanceLots === state.uncrossImbalanceLots && distance >= bestDistance) return;
  }
  state.uncrossTicks = ticks;
  state.uncrossLots = lots;
  state.uncrossImbalanceLots = imbalanceLots;
}

/** Whether the price that `uncrossing` found is too far from the reference price. */
export function isOutsideAuctionBand(market: Market): bool {
  return !isWithin(state.uncrossTicks, market.referenceTicks, market.auctionBandBps);
}

/** An auction's time is over, or an operator opens the market. */
export function endAuction(market: Market, reason: i32): void {
  if (!uncrossing(market)) {
    changeState(market, stateOpen, reason);
    return;
  }
  if (isOutsideAuctionBand(market)) {
    // An operator was refused: only a scheduled one goes on.
    changeState(market, stateAuction, reason);
    return;
  }
  clearWindow(market);
  const work = addWork(workUncross, market);
  work.priceTicks = state.uncrossTicks;
  work.leftLots = state.uncrossLots;
  work.reason = reason;
}

/** One trade of an uncross, best price and oldest first on both sides, icebergs slice by slice; after the last the market opens. */
export function uncrossStep(market: Market, work: Work): void {
  if (work.leftLots === 0) {
    const reason = work.reason;
    dropWork();
    market.referenceTicks = market.lastTicks;
    changeState(market, stateOpen, reason);
    return;
  }
  const bid = market.bids.best.head;
  const ask = market.asks.best.head;
  const isBidOlder = bid.admitted < ask.admitted;
  const maker = isBidOlder ? bid : ask;
  const taker = isBidOlder ? ask : bid;
  const sizeLots = min(min(shownLots(bid), shownLots(ask)), work.leftLots);
  const filledLots = taker.filledLots;
  const filledQuoteUnits = taker.filledQuoteUnits;
  const feeUnits = taker.feeUnits;
  trade(market, maker, taker, work.priceTicks, sizeLots);
  payTaker(market, taker, filledLots, filledQuoteUnits, feeUnits);
  takeTraded(taker, sizeLots);
  work.leftLots -= sizeLots;
}
