/** How far from reference price and mean an order may trade: bands, and the window of the last trades' prices. */
import { state } from './engine-state.ts';
import { stateOpen } from './market-state.ts';
import { Market, WindowPart } from './rows.ts';

const partCount = 8;

/** The part that a number has its place in. */
export function partAt(market: Market, at: i32): WindowPart {
  const first = changetype<usize>(market.window);
  return changetype<WindowPart>(first + <usize>(at & 7) * offsetof<WindowPart>());
}

export function clearWindow(market: Market): void {
  for (let at = 0; at < partCount; at += 1) {
    partAt(market, at).lots = 0;
    partAt(market, at).tickLots = 0;
  }
  market.windowLots = 0;
  market.windowTickLots = 0;
}

/** The part that the newest trade was counted in. */
export function newestPart(market: Market): WindowPart {
  return partOf(market, market.newestPart);
}

function partOf(market: Market, number: f64): WindowPart {
  return partAt(market, lastBits(number) & 7);
}

/** Of a whole number below 2^52: a conversion would ask first whether there is such a number. */
function lastBits(number: f64): i32 {
  return <i32>reinterpret<i64>(number + 4_503_599_627_370_496);
}

/** The number of the part of the clock that this moment is in. */
function partNow(market: Market): f64 {
  const windowMs = market.haltWindowMs;
  if (state.partNowMs === state.nowMs && state.partWindowMs === windowMs) return state.partNow;
  state.partNowMs = state.nowMs;
  state.partWindowMs = windowMs;
  state.partNow = floor(state.nowMs / ceil(windowMs / partCount));
  return state.partNow;
}

/** The volume-weighted mean, rounded down; 0 where nothing traded in the eight parts up to now. */
function meanTicks(market: Market): f64 {
  const now = partNow(market);
  let lots = market.windowLots;
  let tickLots = market.windowTickLots;
  if (now !== market.newestPart) {
    for (let at = 0; at < partCount; at += 1) {
      const part = partAt(market, at);
      if (now - part.part < partCount) continue;
      lots -= part.lots;
      tickLots -= part.tickLots;
    }
  }
  if (lots === 0) return 0;
  const mean = floor(tickLots / lots);
  // A quotient of large numbers may round up.
  return mean * lots > tickLots ? mean - 1 : mean;
}

/** Counts a trade. Parts are dropped when a trade comes, not when time passes: what is saved and hashed changes by events alone. */
export function countTrade(market: Market, priceTicks: i32, sizeLots: f64): void {
  const now = partNow(market);
  const tickLots = <f64>priceTicks * sizeLots;
  if (now !== market.newestPart) dropBefore(market, now);
  // Ticks are at least 1, so the sum of lots is never the larger one.
  while (market.windowTickLots > f64.MAX_SAFE_INTEGER - tickLots) halve(market);
  const part = partOf(market, now);
  part.part = now;
  part.lots += sizeLots;
  part.tickLots += tickLots;
  market.newestPart = now;
  market.windowLots += sizeLots;
  market.windowTickLots += tickLots;
}

function dropBefore(market: Market, now: f64): void {
  for (let at = 0; at < partCount; at += 1) {
    const part = partAt(market, at);
    if (now - part.part < partCount) continue;
    part.lots = 0;
    part.tickLots = 0;
  }
  addUpWindow(market);
}

function halve(market: Market): void {
  for (let at = 0; at < partCount; at += 1) {
    const part = partAt(market, at);
    part.lots = floor(part.lots / 2);
    part.tickLots = part.lots > 0 ? floor(part.tickLots / 2) : 0;
  }
  addUpWindow(market);
}

export function addUpWindow(market: Market): void {
  market.windowLots = 0;
  market.windowTickLots = 0;
  for (let at = 0; at < partCount; at += 1) {
    market.windowLots += partAt(market, at).lots;
    market.windowTickLots += partAt(market, at).tickLots;
  }
}

/** `floor(middle × bps / 10,000)`: far more than any price where the product leaves safe integers. */
function distanceOf(middleTicks: f64, bps: f64): f64 {
  return floor((middleTicks * bps) / 10_000);
}

/** Whether a price is no more than that from the middle; anywhere where there is no middle or no bound. */
export function isWithin(priceTicks: i32, middleTicks: f64, bps: f64): bool {
  const most = middleTicks * bps;
  // Whole numbers: not to divide and round down says the same.
  return most === 0 || abs(<f64>priceTicks - middleTicks) * 10_000 <= most;
}

/** Whether a price is in the band of a market in which prices are bound by it. */
export function isInBand(market: Market, priceTicks: i32): bool {
  return isWithin(priceTicks, market.referenceTicks, market.bandBps);
}

/** Fixes how far an order that begins to match now may trade. Only market orders are bound by the band on their way. */
export function setBounds(market: Market, isMarketOrder: bool): void {
  state.bandLowTicks = 0;
  state.bandHighTicks = i32.MAX_VALUE;
  state.haltLowTicks = 0;
  state.haltHighTicks = i32.MAX_VALUE;
  if (market.state !== stateOpen) return;
  const referenceTicks = market.referenceTicks;
  if (isMarketOrder && market.bandBps > 0 && referenceTicks > 0) {
    const distance = distanceOf(referenceTicks, market.bandBps);
    state.bandLowTicks = lowest(referenceTicks - distance);
    state.bandHighTicks = highest(referenceTicks + distance);
  }
  if (market.haltBps === 0) return;
  let middleTicks = meanTicks(market);
  if (middleTicks === 0) middleTicks = referenceTicks;
  if (middleTicks === 0) return;
  const distance = distanceOf(middleTicks, market.haltBps);
  state.haltLowTicks = lowest(middleTicks - distance);
  state.haltHighTicks = highest(middleTicks + distance);
}

function lowest(ticks: f64): i32 {
  return <i32>max<f64>(0, ticks);
}

function highest(ticks: f64): i32 {
  return <i32>min<f64>(<f64>i32.MAX_VALUE, ticks);
}
