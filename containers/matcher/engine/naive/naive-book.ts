/** The naive engine's books: which orders rest, in which order they trade, and how an order comes and goes. */
import { type DoneReason, notionalUnits, type Side } from '#domain/order.ts';
import { holdAsset, holdFor, lineOf } from './naive-credit.ts';
import { leaveDelegation } from './naive-delegations.ts';
import { listedMarket, type NaiveOrder, type NaiveState, progressOf } from './naive-state.ts';

export function otherSide(side: Side): Side {
  return side === 'buy' ? 'sell' : 'buy';
}

/** One side of a market in the order in which it trades: best price first, then by the place in the queue. */
export function queueOf(state: NaiveState, marketId: string, side: Side): NaiveOrder[] {
  return state.live
    .filter((order) => order.place === 'book' && order.marketId === marketId && order.side === side)
    .sort((one, other) => (isBefore(one, other) ? -1 : 1));
}

/** The order that trades first. */
export function firstOf(state: NaiveState, marketId: string, side: Side): NaiveOrder | undefined {
  let first: NaiveOrder | undefined;
  for (const order of state.live) {
    if (order.place !== 'book' || order.marketId !== marketId || order.side !== side) continue;
    if (!first || isBefore(order, first)) first = order;
  }
  return first;
}

/** Price, then time, of two orders of one side. */
function isBefore(one: NaiveOrder, other: NaiveOrder): boolean {
  if (one.limitTicks === other.limitTicks) return one.queued < other.queued;
  return one.side === 'buy' ? one.limitTicks > other.limitTicks : one.limitTicks < other.limitTicks;
}

/** A side's levels, best first: each price once with the sum of what its orders show. */
export function levelsOf(state: NaiveState, marketId: string, side: Side): [number, number][] {
  const levels: [number, number][] = [];
  for (const order of queueOf(state, marketId, side)) {
    const last = levels.at(-1);
    if (last && last[0] === order.limitTicks) last[1] += order.shownLots;
    else levels.push([order.limitTicks, order.shownLots]);
  }
  return levels;
}

/** Whether an order's limit lets it trade at a price. */
export function isWithinLimit(
  order: { side: Side; limitTicks: number },
  priceTicks: number,
): boolean {
  return order.side === 'buy' ? priceTicks <= order.limitTicks : priceTicks >= order.limitTicks;
}

/** Lots that an order still wants at a price: "an order by money buys `floor(rest / cost of one lot)` lots at each level". */
export function wantedLots(state: NaiveState, order: NaiveOrder, priceTicks: number): number {
  if (order.spendUnits === 0) return leftLots(order);
  const { market } = listedMarket(state, order.marketId);
  const restUnits = order.spendUnits - order.filledQuoteUnits;
  return Math.floor(restUnits / notionalUnits(priceTicks, 1, market));
}

/** What is left of an order by size. */
export function leftLots(order: { sizeLots: number; filledLots: number }): number {
  return order.sizeLots - order.filledLots;
}

/** Nothing of its size or of its money is left. */
export function isUsedUp(order: NaiveOrder): boolean {
  if (order.spendUnits > 0) return order.filledQuoteUnits === order.spendUnits;
  return order.filledLots === order.sizeLots;
}

/** "The level shows `min(display, what is left)`." */
export function sliceOf(order: NaiveOrder): number {
  const left = leftLots(order);
  return order.displayLots > 0 ? Math.min(order.displayLots, left) : left;
}

/** Puts an order at the end of its level. */
export function rest(state: NaiveState, order: NaiveOrder): void {
  order.place = 'book';
  order.shownLots = sliceOf(order);
  toTheBack(state, order);
  touch(state, order);
}

function toTheBack(state: NaiveState, order: NaiveOrder): void {
  state.queued += 1;
  order.queued = state.queued;
}

/** Takes lots off what a resting order shows; "when the slice is used up and more is left, the next slice goes to the back of its level at once". */
export function showLess(state: NaiveState, order: NaiveOrder, lots: number): void {
  order.shownLots -= lots;
  touch(state, order);
  if (order.shownLots > 0 || leftLots(order) === 0) return;
  order.shownLots = sliceOf(order);
  toTheBack(state, order);
}

/** Ends an order wherever it is: frees what it holds and tells. */
export function end(state: NaiveState, order: NaiveOrder, reason: DoneReason): void {
  const listed = listedMarket(state, order.marketId);
  if (order.place === 'book') touch(state, order);
  state.live = state.live.filter((each) => each !== order);
  const line = lineOf(state, order.account, holdAsset(order.side, listed));
  line.freeUnits += holdFor(order, listed.market);
  leaveDelegation(state, order);
  state.ended.push({ order: progressOf(order), status: reason, atMs: state.nowMs });
  state.emit({ type: 'order_done', ...progressOf(order), reason, atMs: state.nowMs });
}

/** Lowers what an order is bound by; its hold follows. The event is the caller's. */
export function lower(
  state: NaiveState,
  order: NaiveOrder,
  to: { sizeLots: number; spendUnits: number },
): void {
  const listed = listedMarket(state, order.marketId);
  const heldBefore = holdFor(order, listed.market);
  order.sizeLots = to.sizeLots;
  order.spendUnits = to.spendUnits;
  const line = lineOf(state, order.account, holdAsset(order.side, listed));
  line.freeUnits += heldBefore - holdFor(order, listed.market);
}

export function emitAmended(
  state: NaiveState,
  order: NaiveOrder,
  reason: 'amended' | 'self_trade',
): void {
  const { digest, account, marketId, sizeLots, spendUnits } = order;
  const amended = { digest, account, marketId, sizeLots, spendUnits, reason };
  state.emit({ type: 'order_amended', ...amended, atMs: state.nowMs });
}

/** Notes that a price level's total may have changed. */
export function touch(state: NaiveState, { marketId, side, limitTicks }: NaiveOrder): void {
  const known = state.touched.some(
    (level) =>
      level.marketId === marketId && level.side === side && level.priceTicks === limitTicks,
  );
  if (!known) state.touched.push({ marketId, side, priceTicks: limitTicks });
}
