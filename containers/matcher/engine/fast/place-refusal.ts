/** Whether an order may enter. The first broken rule, in the order of `engineRefusals`, is the answer; nothing changes here. */

import { feeUnits } from '#domain/fee.ts';
import { admissionAheadMs, admissionWindowMs, openOrdersPerAccount } from '../limits.ts';
import type { MatchBounds } from '../snapshot-record.ts';
import { clientKey, type FastState, type FeeRates } from './fast-state.ts';
import { type FillOrKillFault, fillOrKillFault, isOnlyOrder } from './fill-or-kill.ts';
import { accepted } from './id-table.ts';
import type { MarketBook } from './market-book.ts';
import { none } from './order-table.ts';
import {
  isConditional,
  isFillOrKill,
  isLasting,
  isMarketLike,
  isPlainLimit,
  isPostOnly,
  isSell,
} from './order-traits.ts';
import { refusal } from './refusal-code.ts';
import { misfits, type Request } from './request.ts';
import { isReached } from './stops.ts';
import { isInBand, setBounds } from './volatility.ts';

const priceOffTick = misfits.indexOf('price_off_tick');
const sizeOffLot = misfits.indexOf('size_off_lot');
const tooLarge = misfits.indexOf('notional_too_large');

/** The code, or `accepted`. `idRow` is that of the request's id; `none` where it is not known. */
export function placeRefusal(state: FastState, request: Request, idRow: number): number {
  const book = state.markets[request.market];
  if (request.market === none || !book) return refusal.unknown_market;
  const { market } = book;
  const { traits, createdAtMs, nowMs } = request;
  const isOpen = market.state === 'open';
  if (!isOpen && !isTaken(traits, book)) return refusal.market_not_open;
  if (createdAtMs < nowMs - admissionWindowMs) return refusal.order_too_late;
  if (createdAtMs > nowMs + admissionAheadMs) return refusal.order_from_the_future;
  if (request.expiresAtMs <= nowMs) return refusal.order_expired;
  if (idRow !== none && state.ids.sequence(idRow) > 0) return refusal.duplicate_order;
  const without = request.hasTarget ? replacedBy(state, request) : none;
  if (isClientIdLive(state, request, without)) return refusal.duplicate_client_order_id;
  const ofAmounts = amountsRefusal(request, book);
  if (ofAmounts !== accepted) return ofAmounts;

  if (isOutsideBand(state, request, book, without)) return refusal.price_outside_band;
  const rates = state.ratesOf(request.account, book);
  if (higherOf(rates) > request.maxFeeBps) return refusal.fee_above_signed;
  if (isConditional(traits) && isReached(traits, request.triggerTicks, book.lastTicks)) {
    return refusal.stop_would_trigger;
  }
  if (isPostOnly(traits) && firstTaken(state, request, book, without) !== none) {
    return refusal.post_only_would_cross;
  }
  const fault = unfillable(state, request, book, without);
  if (fault === 'would_self_trade') return refusal.would_self_trade;
  if (isOneTooMany(state, request, without)) return refusal.too_many_open_orders;
  if (lackingUnits(state, request, book, without, holdFor(request, book, rates)) > 0)
    return refusal.balance_too_low;
  if (fault === 'fill_or_kill_unfilled') return refusal.fill_or_kill_unfilled;
  return request.hasTarget && without === none ? replacesRefusal(state, request) : accepted;
}

/** Which orders a market that is not open takes. */
function isTaken(traits: number, { market }: MarketBook): boolean {
  if (market.state === 'pre_open') return isPlainLimit(traits) && isPostOnly(traits);
  const collects = market.state === 'auction';
  return collects && isPlainLimit(traits) && isLasting(traits) && !isPostOnly(traits);
}

/** The order that a request names, where it is live; `none` otherwise. */
export function targetOf({ ids }: FastState, request: Request): number {
  const { target, isTargetDigest, targetWords } = request;
  const row = isTargetDigest ? ids.find(targetWords, request.targetHash) : ids.findText(target);
  return row === none ? none : ids.order(row);
}

/** The order that this one takes the place of: every rule looks at the new one as though the old one were gone. */
export function replacedBy(state: FastState, request: Request): number {
  if (!request.hasTarget) return none;
  const old = targetOf(state, request);
  if (old === none) return none;
  const { orders } = state;
  const isItsOwn = orders.market[old] === request.market && orders.account[old] === request.account;
  return isItsOwn ? old : none;
}

function replacesRefusal(state: FastState, request: Request): number {
  const old = targetOf(state, request);
  if (old === none || state.orders.market[old] !== request.market) return refusal.unknown_order;
  return refusal.not_owner;
}

function isClientIdLive(state: FastState, request: Request, without: number): boolean {
  const { clientOrderId, accountName } = request;
  if (clientOrderId === undefined) return false;
  const other = state.clientIds.get(clientKey(accountName, clientOrderId));
  return other !== undefined && other !== without;
}

function amountsRefusal(request: Request, { market }: MarketBook): number {
  const { traits, misfit, sizeLots, displayLots, spendUnits } = request;
  if (misfit === priceOffTick) return refusal.price_off_tick;
  const isMisbound = request.isByMoney && (!isMarketLike(traits) || isSell(traits) || sizeLots > 0);
  if (misfit === sizeOffLot || isMisbound) return refusal.size_off_lot;
  // What did not convert because it is too large breaks no rule about the least.
  if (misfit === tooLarge) return refusal.notional_too_large;
  const { minSizeLots, minNotionalUnits, maxNotionalUnits } = market;
  if (displayLots > 0 && displayLots < minSizeLots) return refusal.size_too_small;
  if (spendUnits === 0 && sizeLots < minSizeLots) return refusal.size_too_small;
  const worthUnits = spendUnits || request.limitTicks * sizeLots * market.quoteUnitsPerTickLot;
  const hasLeast = spendUnits > 0 || !isMarketLike(traits);
  if (hasLeast && worthUnits < minNotionalUnits) return refusal.notional_too_small;
  if (maxNotionalUnits > 0 && worthUnits > maxNotionalUnits) return refusal.notional_too_large;
  return accepted;
}

/** A limit order whose price is outside, and a market order whose first level is. Conditional orders are looked at when they enter. */
function isOutsideBand(
  state: FastState,
  request: Request,
  book: MarketBook,
  without: number,
): boolean {
  const { bandBps, state: marketState } = book.market;
  if (bandBps === 0 || marketState === 'auction' || isConditional(request.traits)) return false;
  if (isPlainLimit(request.traits)) return !isInBand(book, request.limitTicks);
  const first = firstTaken(state, request, book, without);
  return first !== none && !isInBand(book, state.levels.ticks[first] as number);
}

/** The level that a placement would meet first; `none` where it meets none. */
function firstTaken(
  state: FastState,
  { traits, limitTicks }: Request,
  book: MarketBook,
  without: number,
): number {
  const ladder = isSell(traits) ? book.bids : book.asks;
  let level = ladder.best;
  if (level !== none && isOnlyOrder(state, level, without)) {
    level = ladder.next(state.levels.ticks[level] as number);
  }
  if (level === none) return none;
  const ticks = state.levels.ticks[level] as number;
  return (isSell(traits) ? ticks >= limitTicks : ticks <= limitTicks) ? level : none;
}

/** What stands against a fill-or-kill order now; conditional ones are looked at when they enter. */
function unfillable(
  state: FastState,
  request: Request,
  book: MarketBook,
  without: number,
): FillOrKillFault | undefined {
  const { traits, account, limitTicks, sizeLots, spendUnits } = request;
  if (!isFillOrKill(traits) || isConditional(traits)) return undefined;
  const bounds: MatchBounds = { ...state.bounds };
  setBounds(bounds, book, isMarketLike(traits), request.nowMs);
  const wanting = { account, traits, limitTicks, sizeLots, spendUnits, bounds, without };
  return fillOrKillFault(state, book, wanting);
}

/** For orders that could rest, and for conditional ones. */
function isOneTooMany(
  { accounts }: FastState,
  { account, traits }: Request,
  without: number,
): boolean {
  if (account === none) return false;
  const counts = isConditional(traits) || (isPlainLimit(traits) && isLasting(traits));
  const others = (accounts.openOrders[account] as number) - (without === none ? 0 : 1);
  return counts && others >= openOrdersPerAccount;
}

/** What a placement would hold beyond what its owner has free. */
export function lackingUnits(
  { credit, orders }: FastState,
  request: Request,
  book: MarketBook,
  without: number,
  holdUnits: number,
): number {
  const asset = isSell(request.traits) ? book.baseAsset : book.quoteAsset;
  const line = request.account === none ? none : credit.find(request.account, asset);
  let freeUnits = line === none ? 0 : (credit.freeUnits[line] as number);
  if (without !== none && orders.holdLine[without] === line) {
    freeUnits += orders.heldUnits[without] as number;
  }
  return Math.max(0, holdUnits - freeUnits);
}

/** What a placement would hold, by the higher of its rates. */
export function holdFor(request: Request, { market }: MarketBook, rates: FeeRates): number {
  if (isSell(request.traits)) return request.sizeLots * market.baseUnitsPerLot;
  const notionalUnits =
    request.spendUnits || request.limitTicks * request.sizeLots * market.quoteUnitsPerTickLot;
  return notionalUnits + feeUnits(notionalUnits, higherOf(rates));
}

function higherOf({ makerFeeBps, takerFeeBps }: FeeRates): number {
  return makerFeeBps > takerFeeBps ? makerFeeBps : takerFeeBps;
}
