/** How an order enters the naive engine's market: one resting order met at a time, the first looked for anew each time. */
import type { PlaceOrder } from '#domain/command.ts';
import { feeUnits, makerFeeUnits } from '#domain/fee.ts';
import { type DoneReason, notionalUnits, type OrderType, type TimeInForce } from '#domain/order.ts';
import type { Work } from '../snapshot-record.ts';
import {
  end,
  firstOf,
  isUsedUp,
  isWithinLimit,
  otherSide,
  queueOf,
  rest,
  showLess,
  wantedLots,
} from './naive-book.ts';
import { boundsFor, intoWindow, isInsideBand, isInsideHalt } from './naive-bounds.ts';
import { holdAsset, holdFor, lineOf } from './naive-credit.ts';
import { enterDelegation, matchByDelegation, openUnitsOf } from './naive-delegations.ts';
import { changeState } from './naive-market.ts';
import { meetOwn } from './naive-self-trade.ts';
import {
  feesOf,
  listedMarket,
  liveOrder,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
} from './naive-state.ts';
import { beginCascade, isConditional, setOff } from './naive-stops.ts';

/** Orders whose rest goes to the book: those with a limit that are good for a time. */
export function couldRest(order: { orderType: OrderType; timeInForce: TimeInForce }): boolean {
  const isGoodForATime = order.timeInForce === 'gtc' || order.timeInForce === 'gtd';
  const { orderType } = order;
  const hasLimit =
    orderType === 'limit' || orderType === 'stop_limit' || orderType === 'take_profit_limit';
  return isGoodForATime && hasLimit;
}

/** An accepted order takes its credit; then it waits for its trigger or begins to match. */
export function placeOrder(state: NaiveState, command: PlaceOrder, admitted: number): void {
  const replaced = command.replaces && liveOrder(state, command.replaces);
  if (replaced) end(state, replaced, 'cancelled');
  const order = admit(state, command, admitted);
  const listed = listedMarket(state, order.marketId);
  lineOf(state, order.account, holdAsset(order.side, listed)).freeUnits -= holdFor(
    order,
    listed.market,
  );
  enterDelegation(state, order);
  state.live.push(order);
  if (order.place === 'untriggered') return;
  const bounds = boundsFor(listed, order.orderType, state.nowMs);
  state.work.push({ work: 'match', digest: order.digest, ...bounds });
}

function admit(state: NaiveState, command: PlaceOrder, admitted: number): NaiveOrder {
  const { market } = listedMarket(state, command.marketId);
  const { limitTicks, triggerTicks, sizeLots, displayLots, spendUnits } = command.amounts;
  return {
    digest: command.commandId,
    ...(command.clientOrderId === undefined ? {} : { clientOrderId: command.clientOrderId }),
    account: command.account,
    marketId: command.marketId,
    side: command.side,
    orderType: command.orderType,
    timeInForce: command.timeInForce,
    postOnly: command.postOnly,
    selfTrade: command.selfTrade,
    limitTicks,
    triggerTicks,
    sizeLots,
    displayLots,
    spendUnits,
    filledLots: 0,
    filledQuoteUnits: 0,
    feeUnits: 0,
    createdAtMs: command.createdAtMs,
    expiresAtMs: command.expiresAtMs,
    place: isConditional(command.orderType) ? 'untriggered' : 'incoming',
    admitted,
    queued: 0,
    shownLots: 0,
    ...(command.delegation ? { delegation: command.delegation.digest } : {}),
    ...feesOf(state, command.account, market),
  };
}

/** One step of an incoming order: it meets one resting order, or it is done. */
export function matchStep(state: NaiveState, work: Extract<Work, { work: 'match' }>): void {
  const taker = liveOrder(state, work.digest);
  if (!taker) throw new Error(`${work.digest} is not at hand`);
  const listed = listedMarket(state, taker.marketId);
  if (listed.market.state === 'auction') {
    enterAuction(state, taker);
    return;
  }
  const maker = firstOf(state, taker.marketId, otherSide(taker.side));
  const crosses = maker && isWithinLimit(taker, maker.limitTicks);
  // "(its own limit where the book has run out)"
  const nextTicks = crosses ? maker.limitTicks : taker.limitTicks;
  if (wantedLots(state, taker, nextTicks) === 0) {
    finish(state, taker, taker.filledLots > 0 ? 'filled' : 'expired');
    return;
  }
  if (crosses && !isInsideBand(work, maker.limitTicks)) {
    finish(state, taker, 'expired');
    return;
  }
  if (!crosses) {
    finish(state, taker, couldRest(taker) ? undefined : 'expired');
    return;
  }
  if (maker.account === taker.account) {
    finishIf(state, taker, meetOwn(state, taker, maker));
    return;
  }
  if (!isInsideHalt(work, maker.limitTicks)) {
    finish(state, taker, 'halted');
    changeState(state, listed, { to: 'halted', reason: 'volatility' });
    return;
  }
  const lots = Math.min(wantedLots(state, taker, maker.limitTicks), maker.shownLots);
  trade(state, { maker, taker }, { priceTicks: maker.limitTicks, sizeLots: lots });
  finishIf(state, taker, isUsedUp(taker) ? 'filled' : undefined);
}

/** "The own orders that it crosses are met best price first, of one price the one admitted first, by the modes above; then it rests." */
function enterAuction(state: NaiveState, taker: NaiveOrder): void {
  const crossed = queueOf(state, taker.marketId, otherSide(taker.side)).filter(
    (order) => order.account === taker.account && isWithinLimit(taker, order.limitTicks),
  );
  const nearest = crossed.filter((order) => order.limitTicks === crossed[0]?.limitTicks);
  const [own] = nearest.sort((one, other) => one.admitted - other.admitted);
  if (own) finishIf(state, taker, meetOwn(state, taker, own));
  else finish(state, taker, undefined);
}

function finishIf(state: NaiveState, taker: NaiveOrder, reason: DoneReason | undefined): void {
  if (reason) finish(state, taker, reason);
}

/** The incoming order is done with: it ends or, where no reason is given, its rest goes to the book. */
function finish(state: NaiveState, taker: NaiveOrder, reason: DoneReason | undefined): void {
  state.work.shift();
  if (reason) end(state, taker, reason);
  else rest(state, taker);
  const listed = listedMarket(state, taker.marketId);
  if (taker.filledLots > 0) listed.referenceTicks = listed.lastTicks;
  // A halt comes next, and holds back whoever was triggered.
  if (reason !== 'halted') beginCascade(state, taker.marketId);
}

/** Two orders trade: event, fills, money, the end of the maker where nothing is left of it, and what the price sets off. */
export function trade(
  state: NaiveState,
  { maker, taker }: { maker: NaiveOrder; taker: NaiveOrder },
  { priceTicks, sizeLots }: { priceTicks: number; sizeLots: number },
): void {
  const listed = listedMarket(state, taker.marketId);
  const baseUnits = sizeLots * listed.market.baseUnitsPerLot;
  const quoteUnits = notionalUnits(priceTicks, sizeLots, listed.market);
  const takerFeeUnits = feeUnits(quoteUnits, taker.takerFeeBps);
  const { makerFeeBps } = maker;
  const fees = {
    maker: makerFeeUnits(quoteUnits, { makerFeeBps, takerFeeUnits }),
    taker: takerFeeUnits,
  };
  state.emit({
    type: 'trade',
    marketId: taker.marketId,
    atMs: state.nowMs,
    priceTicks,
    sizeLots,
    baseUnits,
    quoteUnits,
    takerSide: taker.side,
    makerDigest: maker.digest,
    takerDigest: taker.digest,
    makerAccount: maker.account,
    takerAccount: taker.account,
    makerFeeUnits: fees.maker,
    takerFeeUnits: fees.taker,
  });
  const filled = { listed, sizeLots, baseUnits, quoteUnits };
  fill(state, maker, { ...filled, fee: fees.maker });
  fill(state, taker, { ...filled, fee: fees.taker });
  showLess(state, maker, sizeLots);
  if (isUsedUp(maker)) end(state, maker, 'filled');
  listed.lastTicks = priceTicks;
  intoWindow(listed, { priceTicks, sizeLots, nowMs: state.nowMs });
  setOff(state, listed);
}

type Filled = {
  listed: NaiveMarket;
  sizeLots: number;
  baseUnits: number;
  quoteUnits: number;
  fee: number;
};

/** "What a better price or the maker fee saves is freed with the fill." "Proceeds are free at once." */
function fill(state: NaiveState, order: NaiveOrder, filled: Filled): void {
  const { listed, sizeLots, baseUnits, quoteUnits, fee } = filled;
  const heldBefore = holdFor(order, listed.market);
  const openBefore = openUnitsOf(order, listed.market);
  order.filledLots += sizeLots;
  order.filledQuoteUnits += quoteUnits;
  order.feeUnits += fee;
  matchByDelegation(state, order, openBefore - openUnitsOf(order, listed.market));
  const unheld = heldBefore - holdFor(order, listed.market);
  const baseLine = lineOf(state, order.account, listed.base.id);
  const quoteLine = lineOf(state, order.account, listed.quote.id);
  if (order.side === 'buy') {
    quoteLine.freeUnits += unheld - quoteUnits - fee;
    baseLine.freeUnits += baseUnits;
  } else {
    baseLine.freeUnits += unheld - baseUnits;
    quoteLine.freeUnits += quoteUnits - fee;
  }
}
