/** How an order trades, rests and ends in the naive engine: one maker at a time, the queue sorted anew for each. */
import type { PlaceOrder } from '#domain/command.ts';
import { feeUnits } from '#domain/fee.ts';
import { type DoneReason, notionalUnits } from '#domain/order.ts';
import { eventsPerCommand } from '../limits.ts';
import { couldRest } from './naive-refusal.ts';
import {
  holdAsset,
  holdFor,
  lineOf,
  listedMarket,
  type NaiveOrder,
  type NaiveState,
  otherSide,
  progressOf,
  queueOf,
  touch,
} from './naive-state.ts';

export function placeOrder(state: NaiveState, command: PlaceOrder, admitted: number): void {
  const taker = admit(state, command, admitted);
  const { market } = listedMarket(state, taker.marketId);
  lineOf(state, taker.account, holdAssetOf(state, taker)).freeUnits -= holdFor(taker, market);
  const reason = trade(state, taker);
  if (reason) {
    end(state, taker, reason);
    emitDone(state, taker);
  } else {
    state.live.push(taker);
    touch(state, taker);
  }
}

function admit(state: NaiveState, command: PlaceOrder, admitted: number): NaiveOrder {
  const { market } = listedMarket(state, command.marketId);
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
    limitTicks: command.amounts.limitTicks,
    triggerTicks: command.amounts.triggerTicks,
    sizeLots: command.amounts.sizeLots,
    displayLots: command.amounts.displayLots,
    spendUnits: command.amounts.spendUnits,
    filledLots: 0,
    filledQuoteUnits: 0,
    feeUnits: 0,
    createdAtMs: command.createdAtMs,
    expiresAtMs: command.expiresAtMs,
    status: 'open',
    admitted,
    makerFeeBps: market.makerFeeBps,
    takerFeeBps: market.takerFeeBps,
  };
}

/** Trades until nothing more can: answers why the order ends, or undefined where its rest goes to the book. */
function trade(state: NaiveState, taker: NaiveOrder): DoneReason | undefined {
  for (;;) {
    if (isFilled(taker)) return 'filled';
    const maker = queueOf(state, taker.marketId, otherSide(taker.side))[0];
    const crosses = maker && isWithinLimit(taker, maker.limitTicks);
    // "Meeting one more order takes room for three events."
    if (crosses && state.emitted + 3 > eventsPerCommand) return 'expired';
    // "Those left over never trade (matching ends them on sight)."
    if (crosses && maker.expiresAtMs <= state.nowMs) {
      end(state, maker, 'expired');
      emitDone(state, maker);
      continue;
    }
    const nextTicks = crosses ? maker.limitTicks : taker.limitTicks;
    if (taker.spendUnits > 0 && affordableLots(state, taker, nextTicks) === 0) {
      return taker.filledLots > 0 ? 'filled' : 'expired';
    }
    if (!crosses) return couldRest(taker) ? undefined : 'expired';
    if (maker.account === taker.account) return 'self_trade';
    fill(state, taker, maker);
  }
}

function isFilled(order: NaiveOrder): boolean {
  if (order.spendUnits > 0) return order.filledQuoteUnits === order.spendUnits;
  return order.filledLots === order.sizeLots;
}

function isWithinLimit(taker: NaiveOrder, priceTicks: number): boolean {
  return taker.side === 'buy' ? priceTicks <= taker.limitTicks : priceTicks >= taker.limitTicks;
}

/** "An order by money buys `floor(rest / cost of one lot)` lots at each level." */
function affordableLots(state: NaiveState, taker: NaiveOrder, priceTicks: number): number {
  const { market } = listedMarket(state, taker.marketId);
  const restUnits = taker.spendUnits - taker.filledQuoteUnits;
  return Math.floor(restUnits / notionalUnits(priceTicks, 1, market));
}

function fill(state: NaiveState, taker: NaiveOrder, maker: NaiveOrder): void {
  const { market, base, quote } = listedMarket(state, taker.marketId);
  const priceTicks = maker.limitTicks;
  const wantedLots =
    taker.spendUnits > 0
      ? affordableLots(state, taker, priceTicks)
      : taker.sizeLots - taker.filledLots;
  const sizeLots = Math.min(wantedLots, maker.sizeLots - maker.filledLots);
  const baseUnits = sizeLots * market.baseUnitsPerLot;
  const quoteUnits = notionalUnits(priceTicks, sizeLots, market);
  const makerFeeUnits = feeUnits(quoteUnits, maker.makerFeeBps);
  const takerFeeUnits = feeUnits(quoteUnits, taker.takerFeeBps);
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
    makerFeeUnits,
    takerFeeUnits,
  });
  for (const [order, fee] of [
    [maker, makerFeeUnits],
    [taker, takerFeeUnits],
  ] as const) {
    const heldBefore = holdFor(order, market);
    order.filledLots += sizeLots;
    order.filledQuoteUnits += quoteUnits;
    order.feeUnits += fee;
    const unheld = heldBefore - holdFor(order, market);
    const baseLine = lineOf(state, order.account, base.id);
    const quoteLine = lineOf(state, order.account, quote.id);
    if (order.side === 'buy') {
      quoteLine.freeUnits += unheld - quoteUnits - fee;
      baseLine.freeUnits += baseUnits;
    } else {
      baseLine.freeUnits += unheld - baseUnits;
      quoteLine.freeUnits += quoteUnits - fee;
    }
  }
  touch(state, maker);
  if (isFilled(maker)) {
    end(state, maker, 'filled');
    emitDone(state, maker);
  }
}

/** Takes an order out of the book and frees what it holds; its event is the caller's. */
export function end(state: NaiveState, order: NaiveOrder, reason: DoneReason): void {
  const { market } = listedMarket(state, order.marketId);
  if (state.live.includes(order)) touch(state, order);
  state.live = state.live.filter((each) => each !== order);
  lineOf(state, order.account, holdAssetOf(state, order)).freeUnits += holdFor(order, market);
  order.status = reason;
  state.ended.push({ order, atMs: state.nowMs });
}

export function emitDone(state: NaiveState, order: NaiveOrder): void {
  if (order.status === 'open') throw new Error(`${order.digest} is not done`);
  state.emit({
    type: 'order_done',
    ...progressOf(order),
    reason: order.status,
    atMs: state.nowMs,
  });
}

function holdAssetOf(state: NaiveState, order: NaiveOrder): string {
  return holdAsset(order.side, listedMarket(state, order.marketId));
}
