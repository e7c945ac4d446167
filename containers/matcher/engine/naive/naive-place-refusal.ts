/** Why the naive engine refuses an order: each rule of docs/market-rules.md as one line, in the order of precedence. */
import { assert } from '#domain/assertion.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { Market } from '#domain/market.ts';
import { notionalUnits } from '#domain/order.ts';
import type { EngineRefusal } from '#domain/refusal.ts';
import { admissionAheadMs, admissionWindowMs, openOrdersPerAccount } from '../limits.ts';
import { isWithinLimit, otherSide, queueOf } from './naive-book.ts';
import { bandOf, boundsFor, isInside, isMarketLike } from './naive-bounds.ts';
import { freeUnitsOf, holdAsset, holdFor } from './naive-credit.ts';
import { isBeyondLimit } from './naive-delegations.ts';
import { type FillOrKillFault, fillOrKillFault } from './naive-fill-or-kill.ts';
import {
  feesOf,
  listedMarket,
  liveOrder,
  marketOf,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
} from './naive-state.ts';
import { isConditional, isSetOff } from './naive-stops.ts';
import { couldRest } from './naive-trading.ts';

export function placeRefusal(state: NaiveState, order: PlaceOrder): EngineRefusal | undefined {
  const listed = marketOf(state, order.marketId);
  if (!listed) return 'unknown_market';
  const { market } = listed;
  const { misfit } = order.amounts;
  const without = replacedBy(state, order);
  const rates = feesOf(state, order.account, market);
  if (!isTaken(order, market)) return 'market_not_open';
  if (order.createdAtMs < order.nowMs - admissionWindowMs) return 'order_too_late';
  if (order.createdAtMs > order.nowMs + admissionAheadMs) return 'order_from_the_future';
  if (order.expiresAtMs <= order.nowMs) return 'order_expired';
  if (state.seen.some((seen) => seen.commandId === order.commandId)) return 'duplicate_order';
  if (isClientIdLive(state, order, without)) return 'duplicate_client_order_id';
  if (misfit === 'price_off_tick') return 'price_off_tick';
  if (misfit === 'size_off_lot' || isMisboundByMoney(order)) return 'size_off_lot';
  // What did not convert because it is too large breaks no rule about the least.
  if (!misfit && isTooSmall(order, market.minSizeLots)) return 'size_too_small';
  if (!misfit && leastNotional(order, market) < market.minNotionalUnits) {
    return 'notional_too_small';
  }
  if (misfit === 'notional_too_large' || isTooLarge(order, market)) return 'notional_too_large';
  if (isOutsideBand(state, order, { listed, without })) return 'price_outside_band';
  if (Math.max(rates.makerFeeBps, rates.takerFeeBps) > order.maxFeeBps) return 'fee_above_signed';
  if (wouldTrigger(order, listed)) return 'stop_would_trigger';
  if (order.postOnly && firstTaken(state, order, without)) return 'post_only_would_cross';
  const fault = unfillable(state, order, { listed, without });
  if (fault === 'would_self_trade') return 'would_self_trade';
  if (isOneTooMany(state, order, without)) return 'too_many_open_orders';
  if (isBeyondLimit(state, order, without)) return 'delegation_limit_reached';
  if (shortfallOf(state, order).units > 0) return 'balance_too_low';
  if (fault === 'fill_or_kill_unfilled') return 'fill_or_kill_unfilled';
  return replacesRefusal(state, order);
}

/** The live order that this one takes the place of: "every rule looks at the new order as though the old one were gone". */
function replacedBy(state: NaiveState, order: PlaceOrder): NaiveOrder | undefined {
  const old = order.replaces === undefined ? undefined : liveOrder(state, order.replaces);
  const isItsOwn = old?.marketId === order.marketId && old.account === order.account;
  return isItsOwn ? old : undefined;
}

/** "The old one must be live, of the same market (`unknown_order`) and of the same owner (`not_owner`)." */
function replacesRefusal(state: NaiveState, order: PlaceOrder): EngineRefusal | undefined {
  if (order.replaces === undefined) return undefined;
  const old = liveOrder(state, order.replaces);
  if (!old || old.marketId !== order.marketId) return 'unknown_order';
  return old.account === order.account ? undefined : 'not_owner';
}

/** Which orders a market takes in its state. */
function isTaken({ orderType, timeInForce, postOnly }: PlaceOrder, { state }: Market): boolean {
  if (state === 'open') return true;
  if (state === 'pre_open') return orderType === 'limit' && postOnly;
  const isGoodForATime = timeInForce === 'gtc' || timeInForce === 'gtd';
  return state === 'auction' && orderType === 'limit' && isGoodForATime && !postOnly;
}

/** "A `clientOrderId` is unique among its owner's live orders." */
function isClientIdLive(
  state: NaiveState,
  { account, clientOrderId }: PlaceOrder,
  without: NaiveOrder | undefined,
): boolean {
  if (clientOrderId === undefined) return false;
  return state.live.some(
    (order) =>
      order !== without && order.account === account && order.clientOrderId === clientOrderId,
  );
}

/** "On anything but a market, stop or take_profit buy, or beside a size, an amount of money is refused `size_off_lot`." */
function isMisboundByMoney({ cap, amounts, orderType, side }: PlaceOrder): boolean {
  if (cap === 'base' && amounts.spendUnits === 0) return false;
  return !isMarketLike(orderType) || side !== 'buy' || amounts.sizeLots > 0;
}

/** "`size_too_small` is also for a `display` below the market's smallest size." */
function isTooSmall({ amounts }: PlaceOrder, minSizeLots: number): boolean {
  if (amounts.displayLots > 0 && amounts.displayLots < minSizeLots) return true;
  return amounts.spendUnits === 0 && amounts.sizeLots < minSizeLots;
}

/** "A market, stop or take_profit order by size has no smallest notional, as its worth is known only when it trades." */
function leastNotional(order: PlaceOrder, market: Market): number {
  const isBySize = order.amounts.spendUnits === 0;
  if (isBySize && isMarketLike(order.orderType)) return Number.POSITIVE_INFINITY;
  return worth(order, market);
}

/** "The smallest and largest notional count at the limit price, or on the money of orders by money." */
function worth({ amounts }: PlaceOrder, market: Market): number {
  return amounts.spendUnits || notionalUnits(amounts.limitTicks, amounts.sizeLots, market);
}

function isTooLarge(order: PlaceOrder, market: Market): boolean {
  return market.maxNotionalUnits > 0 && worth(order, market) > market.maxNotionalUnits;
}

type Situation = { listed: NaiveMarket; without: NaiveOrder | undefined };

/** A limit order whose price is outside, and a market order whose first level is. "Conditional orders are looked at when they enter." */
function isOutsideBand(
  state: NaiveState,
  order: PlaceOrder,
  { listed, without }: Situation,
): boolean {
  if (listed.market.state === 'auction') return false;
  const band = bandOf(listed);
  if (order.orderType === 'limit') return !isInside(order.amounts.limitTicks, band);
  if (order.orderType !== 'market') return false;
  const first = firstTaken(state, order, without);
  return first !== undefined && !isInside(first.limitTicks, band);
}

/** The resting order that a placement would meet first. */
function firstTaken(
  state: NaiveState,
  order: PlaceOrder,
  without: NaiveOrder | undefined,
): NaiveOrder | undefined {
  const { side, amounts } = order;
  const queue = queueOf(state, order.marketId, otherSide(side));
  const first = queue.find((each) => each !== without);
  const { limitTicks } = amounts;
  return first && isWithinLimit({ side, limitTicks }, first.limitTicks) ? first : undefined;
}

/** "An order whose condition holds already is refused `stop_would_trigger`." */
function wouldTrigger(order: PlaceOrder, { lastTicks }: NaiveMarket): boolean {
  const { side, orderType, amounts } = order;
  if (!isConditional(orderType)) return false;
  return isSetOff({ side, orderType, triggerTicks: amounts.triggerTicks }, lastTicks);
}

/** What stands against a fill-or-kill order now; conditional ones are looked at when they enter. */
function unfillable(
  state: NaiveState,
  order: PlaceOrder,
  { listed, without }: Situation,
): FillOrKillFault | undefined {
  if (order.timeInForce !== 'fok' || isConditional(order.orderType)) return undefined;
  const { account, marketId, side, selfTrade } = order;
  const wanting = { account, marketId, side, selfTrade, ...order.amounts };
  const bounds = boundsFor(listed, order.orderType, order.nowMs);
  return fillOrKillFault(state, wanting, { bounds, without });
}

/** "1,000 an account and pair group, for orders that could rest, and for conditional ones." */
function isOneTooMany(
  state: NaiveState,
  order: PlaceOrder,
  without: NaiveOrder | undefined,
): boolean {
  if (!couldRest(order) && !isConditional(order.orderType)) return false;
  const others = state.live.filter((each) => each.account === order.account && each !== without);
  return others.length >= openOrdersPerAccount;
}

/** What a placement would hold beyond what its owner has free; of a listed market only. */
export function shortfallOf(
  state: NaiveState,
  command: PlaceOrder,
): { asset: string; units: number } {
  const listed = listedMarket(state, command.marketId);
  const { account, side, amounts } = command;
  const rates = feesOf(state, account, listed.market);
  const unfilled = { side, ...amounts, filledLots: 0, filledQuoteUnits: 0 };
  const asset = holdAsset(side, listed);
  const old = replacedBy(state, command);
  const freed = old && holdAsset(old.side, listed) === asset ? holdFor(old, listed.market) : 0;
  const freeUnits = freeUnitsOf(state, account, asset) + freed;
  const hold = holdFor({ ...unfilled, ...rates }, listed.market);
  assert(Number.isSafeInteger(hold), `${command.commandId} holds more than can be counted`);
  return { asset, units: Math.max(0, hold - freeUnits) };
}
