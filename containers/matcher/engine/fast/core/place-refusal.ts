/** Whether an order may enter. The first broken rule, in the order of `engineRefusals`, is the answer; nothing changes here. */
import { admissionAheadMs, admissionWindowMs, openOrdersPerAccount } from '../../limits.ts';
import { findLine } from './credit-lines.ts';
import { isBeyondLimit } from './delegations.ts';
import {
  feeTiersAt,
  noAccount,
  noClient,
  noId,
  noLine,
  noMarket,
  noOrder,
  wantingAt,
} from './engine-state.ts';
import {
  fillable,
  fillOrKillFault,
  isOnlyOrder,
  meetsItsOwn,
  unfillable,
  Wanting,
} from './fill-or-kill.ts';
import { stateAuction, stateOpen, statePreOpen } from './market-state.ts';
import { feeUnits } from './order-amounts.ts';
import { isLive } from './order-place.ts';
import {
  isConditional,
  isFillOrKill,
  isLasting,
  isMarketLike,
  isPlainLimit,
  isPostOnly,
  isSell,
} from './order-traits.ts';
import { nextLevel, noLevel } from './price-ladder.ts';
import {
  accepted,
  balanceTooLow,
  delegationLimitReached,
  duplicateClientOrderId,
  duplicateOrder,
  feeAboveSigned,
  fillOrKillUnfilled,
  marketNotOpen,
  notionalTooLarge,
  notionalTooSmall,
  notOwner,
  orderExpired,
  orderFromTheFuture,
  orderTooLate,
  postOnlyWouldCross,
  priceOffTick,
  priceOutsideBand,
  sizeOffLot,
  sizeTooSmall,
  stopWouldTrigger,
  tooManyOpenOrders,
  unknownMarket,
  unknownOrder,
  wouldSelfTrade,
} from './refusal-code.ts';
import { Account, Level, Market, Order, Request } from './rows.ts';
import { isReached } from './set-off.ts';
import { isInBand, setBounds } from './volatility.ts';

/** Places in `misfits`. */
const misfitPrice: i32 = 1;
const misfitSize: i32 = 2;
const misfitTooLarge: i32 = 3;

/** The code, or `accepted`. */
export function placeRefusal(request: Request): i32 {
  const market = request.market;
  if (market === noMarket) return unknownMarket;
  const traits = request.traits;
  const nowMs = request.nowMs;
  if (market.state !== stateOpen && !isTaken(traits, market)) return marketNotOpen;
  if (request.createdAtMs < nowMs - admissionWindowMs) return orderTooLate;
  if (request.createdAtMs > nowMs + admissionAheadMs) return orderFromTheFuture;
  if (request.expiresAtMs <= nowMs) return orderExpired;
  if (request.id.sequence > 0) return duplicateOrder;
  const without = replacedBy(request);
  const client = request.client;
  if (client !== noClient && client.live !== noOrder && client.live !== without) {
    return duplicateClientOrderId;
  }
  const ofAmounts = amountsRefusal(request, market);
  if (ofAmounts !== accepted) return ofAmounts;

  if (isOutsideBand(request, market, without)) return priceOutsideBand;
  if (higherRate(request.account, market) > request.maxFeeBps) return feeAboveSigned;
  if (isConditional(traits) && isReached(traits, request.triggerTicks, market.lastTicks)) {
    return stopWouldTrigger;
  }
  if (isPostOnly(traits) && firstTaken(request, market, without) !== noLevel) {
    return postOnlyWouldCross;
  }
  const fault = faultOf(request, market, without);
  if (fault === meetsItsOwn) return wouldSelfTrade;
  if (isOneTooMany(request, without)) return tooManyOpenOrders;
  const isDelegated = request.delegation !== noId;
  if (isDelegated && isBeyondLimit(request, worthOf(request, market), without)) {
    return delegationLimitReached;
  }
  if (lackingUnits(request, market, without) > 0) return balanceTooLow;
  if (fault === unfillable) return fillOrKillUnfilled;
  if (request.target === noId || without !== noOrder) return accepted;
  return replacesRefusal(request);
}

/** Which orders a market that is not open takes. */
function isTaken(traits: i32, market: Market): bool {
  if (market.state === statePreOpen) return isPlainLimit(traits) && isPostOnly(traits);
  const collects = market.state === stateAuction;
  return collects && isPlainLimit(traits) && isLasting(traits) && !isPostOnly(traits);
}

/** The order that a request names, where it is live; nobody otherwise. */
export function targetOf(request: Request): Order {
  const id = request.target;
  return id !== noId && isLive(id.order) ? id.order : noOrder;
}

/** The order whose place the request may take; nobody where it names none, or one that is not its owner's to replace. */
export function replacedBy(request: Request): Order {
  const old = targetOf(request);
  if (old === noOrder) return noOrder;
  const isItsOwn = old.market === request.market && old.account === request.account;
  return isItsOwn ? old : noOrder;
}

function replacesRefusal(request: Request): i32 {
  const old = targetOf(request);
  return old === noOrder || old.market !== request.market ? unknownOrder : notOwner;
}

function amountsRefusal(request: Request, market: Market): i32 {
  const traits = request.traits;
  const misfit = request.misfit;
  const sizeLots = request.sizeLots;
  const spendUnits = request.spendUnits;
  if (misfit === misfitPrice) return priceOffTick;
  const isMisbound =
    request.isByMoney !== 0 && (!isMarketLike(traits) || isSell(traits) || sizeLots > 0);
  if (misfit === misfitSize || isMisbound) return sizeOffLot;
  // What did not convert because it is too large breaks no rule about the least.
  if (misfit === misfitTooLarge) return notionalTooLarge;
  const displayLots = request.displayLots;
  if (displayLots > 0 && displayLots < market.minSizeLots) return sizeTooSmall;
  if (spendUnits === 0 && sizeLots < market.minSizeLots) return sizeTooSmall;
  const worthUnits = worthOf(request, market);
  const hasLeast = spendUnits > 0 || !isMarketLike(traits);
  if (hasLeast && worthUnits < market.minNotionalUnits) return notionalTooSmall;
  const mostUnits = market.maxNotionalUnits;
  return mostUnits > 0 && worthUnits > mostUnits ? notionalTooLarge : accepted;
}

function worthOf(request: Request, market: Market): f64 {
  if (request.spendUnits !== 0) return request.spendUnits;
  return <f64>request.limitTicks * request.sizeLots * market.quoteUnitsPerTickLot;
}

/** A limit order whose price is outside, and a market order whose first level is. Conditional orders are looked at when they enter. */
function isOutsideBand(request: Request, market: Market, without: Order): bool {
  if (market.bandBps === 0 || market.state === stateAuction) return false;
  if (isConditional(request.traits)) return false;
  if (isPlainLimit(request.traits)) return !isInBand(market, request.limitTicks);
  const first = firstTaken(request, market, without);
  return first !== noLevel && !isInBand(market, first.ticks);
}

/** The level that a placement would meet first; nobody where it meets none. */
function firstTaken(request: Request, market: Market, without: Order): Level {
  const sells = isSell(request.traits);
  let level = sells ? market.bids.best : market.asks.best;
  if (level !== noLevel && isOnlyOrder(level, without)) level = nextLevel(level);
  if (level === noLevel) return noLevel;
  const crosses = sells ? level.ticks >= request.limitTicks : level.ticks <= request.limitTicks;
  return crosses ? level : noLevel;
}

/** What stands against a fill-or-kill order now; conditional ones are looked at when they enter. */
function faultOf(request: Request, market: Market, without: Order): i32 {
  const traits = request.traits;
  if (!isFillOrKill(traits) || isConditional(traits)) return fillable;
  // Nothing is at hand now, so nobody counts on the bounds of before.
  setBounds(market, isMarketLike(traits));
  const wanting = changetype<Wanting>(wantingAt);
  wanting.account = request.account;
  wanting.traits = traits;
  wanting.limitTicks = request.limitTicks;
  wanting.without = without;
  wanting.sizeLots = request.sizeLots;
  wanting.spendUnits = request.spendUnits;
  return fillOrKillFault(market, wanting);
}

/** For orders that could rest, and for conditional ones. */
function isOneTooMany(request: Request, without: Order): bool {
  const account = request.account;
  if (account === noAccount) return false;
  const traits = request.traits;
  const counts = isConditional(traits) || (isPlainLimit(traits) && isLasting(traits));
  const others = account.openOrders - (without === noOrder ? 0 : 1);
  return counts && others >= openOrdersPerAccount;
}

/** What a placement would hold beyond what its owner has free. */
export function lackingUnits(request: Request, market: Market, without: Order): f64 {
  const holdUnits = holdFor(request, market);
  const account = request.account;
  const asset = isSell(request.traits) ? market.base : market.quote;
  let line = request.holdLine;
  if (line === noLine && account !== noAccount) line = findLine(account, asset);
  let freeUnits = line === noLine ? 0 : line.freeUnits;
  if (without !== noOrder && without.holdLine === line) freeUnits += without.heldUnits;
  return max<f64>(0, holdUnits - freeUnits);
}

/** What a placement would hold, by the higher of its rates. */
export function holdFor(request: Request, market: Market): f64 {
  if (isSell(request.traits)) return request.sizeLots * market.baseUnitsPerLot;
  const notionalUnits = worthOf(request, market);
  return notionalUnits + feeUnits(notionalUnits, higherRate(request.account, market));
}

/** The maker's rate of an account's next order in a market. */
export function makerRate(account: Account, market: Market): i32 {
  const tier = tierOf(account);
  return tier === 0 ? market.makerFeeBps : load<i32>(tier);
}

export function takerRate(account: Account, market: Market): i32 {
  const tier = tierOf(account);
  return tier === 0 ? market.takerFeeBps : load<i32>(tier, 4);
}

function higherRate(account: Account, market: Market): i32 {
  return max(makerRate(account, market), takerRate(account, market));
}

/** Where the rates of an account's tier stand; 0 where each market's own count. */
function tierOf(account: Account): usize {
  if (account === noAccount || account.feeTier === 0) return 0;
  return feeTiersAt + ((<usize>account.feeTier) << 3);
}
