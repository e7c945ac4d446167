/** Stops and take-profits of the naive engine: when they trigger, in which order they wait, and how they enter. */
import type { MarketId } from '#domain/market.ts';
import type { DoneReason, OrderType, Side } from '#domain/order.ts';
import type { MatchBounds } from '../snapshot-record.ts';
import { end } from './naive-book.ts';
import { bandOf, boundsFor, isInside, isMarketLike } from './naive-bounds.ts';
import { fillOrKillFault } from './naive-fill-or-kill.ts';
import {
  byAge,
  listedMarket,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
} from './naive-state.ts';

export function isConditional(orderType: OrderType): boolean {
  return orderType !== 'limit' && orderType !== 'market';
}

type Condition = { side: Side; orderType: OrderType; triggerTicks: number };

/** "A stop to buy, and a take_profit to sell, triggers when the last trade price is at or above its trigger"; the others at or below it. */
function isSetOffByRise({ side, orderType }: Condition): boolean {
  const isStop = orderType === 'stop' || orderType === 'stop_limit';
  return isStop === (side === 'buy');
}

/** "Only a trade triggers": before the first there is no last price, and nothing holds. */
export function isSetOff(condition: Condition, lastTicks: number): boolean {
  if (lastTicks === 0) return false;
  return isSetOffByRise(condition)
    ? lastTicks >= condition.triggerTicks
    : lastTicks <= condition.triggerTicks;
}

/** Those that a trade sets off join those waiting: by rise, lowest trigger first, then by fall, highest first; the older first. */
export function setOff(state: NaiveState, { market, lastTicks }: NaiveMarket): void {
  const struck = state.live.filter(
    (order) =>
      order.place === 'untriggered' && order.marketId === market.id && isSetOff(order, lastTicks),
  );
  const risen = struck
    .filter(isSetOffByRise)
    .sort((one, other) => one.triggerTicks - other.triggerTicks || byAge(one, other));
  const fallen = struck
    .filter((order) => !isSetOffByRise(order))
    .sort((one, other) => other.triggerTicks - one.triggerTicks || byAge(one, other));
  for (const order of [...risen, ...fallen]) {
    order.place = 'triggered';
    state.queued += 1;
    order.queued = state.queued;
  }
}

/** Triggered orders of a market in the order in which they will enter. */
export function triggeredIn(state: NaiveState, marketId: MarketId): NaiveOrder[] {
  return state.live
    .filter((order) => order.place === 'triggered' && order.marketId === marketId)
    .sort((one, other) => one.queued - other.queued);
}

/** Orders that wait for their trigger, oldest first. */
export function untriggeredIn(state: NaiveState, marketId: MarketId): NaiveOrder[] {
  return state.live
    .filter((order) => order.place === 'untriggered' && order.marketId === marketId)
    .sort(byAge);
}

/** Triggered orders begin to enter, where the market is open and they are not at it already. */
export function beginCascade(state: NaiveState, marketId: MarketId): void {
  if (listedMarket(state, marketId).market.state !== 'open') return;
  if (triggeredIn(state, marketId).length === 0) return;
  const isUnderWay = state.work.some(
    (work) => work.work === 'cascade' && work.marketId === marketId,
  );
  if (!isUnderWay) state.work.push({ work: 'cascade', marketId });
}

/** One step of a cascade: the first that waits enters, ahead of those behind it. */
export function enterNext(state: NaiveState, marketId: MarketId): void {
  const listed = listedMarket(state, marketId);
  const [order] = triggeredIn(state, marketId);
  if (listed.market.state !== 'open' || !order) {
    state.work.shift();
    return;
  }
  const { digest, account } = order;
  const { nowMs } = state;
  order.admitted = state.emit({ type: 'order_triggered', digest, account, marketId, atMs: nowMs });
  order.place = 'incoming';
  const bounds = boundsFor(listed, order.orderType, nowMs);
  const fault = entryFault(state, order, { listed, bounds });
  if (fault) end(state, order, fault);
  else state.work.unshift({ work: 'match', digest, ...bounds });
}

/** "On entry nothing can be refused any more": what a placement would be refused for ends the order. */
function entryFault(
  state: NaiveState,
  order: NaiveOrder,
  { listed, bounds }: { listed: NaiveMarket; bounds: MatchBounds },
): DoneReason | undefined {
  if (!isMarketLike(order.orderType) && !isInside(order.limitTicks, bandOf(listed))) {
    return 'expired';
  }
  if (order.timeInForce !== 'fok') return undefined;
  const fault = fillOrKillFault(state, order, { bounds });
  if (fault === 'would_self_trade') return 'self_trade';
  return fault && 'expired';
}
