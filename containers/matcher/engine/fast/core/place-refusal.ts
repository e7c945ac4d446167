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
  state,
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
import { either, feeUnits } from './order-amounts.ts';
import { liveOrder } from './order-place.ts';
import {
  asksBook,
  isConditional,
  isFillOrKill,
  isLasting,
  isMarketLike,
  isPlainLimit,
  isPostOnly,
  isSell,
} from './order-traits.ts';
import { isAsGood, nextLevel, noLevel } from './price-ladder.ts';
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
import { Account, ClientId, Ladder, Level, Market, Order, Request } from './rows.ts';
import { isReached } from './set-off.ts';
import { isInBand, setBounds } from './volatility.ts';

/** Places in `misfits`. */
const misfitPrice: i32 = 1;
const misfitSize: i32 = 2;
const misfitTooLarge: i32 = 3;

/** The code, or `accepted`: what the order would hold is then in `state`, and need not be counted again. */
export function placeRefusal(request: Request): i32 {
  const market = request.market;
  if (market === noMarket) return unknownMarket;
  const traits = request.traits;
  const nowMs = request.nowMs;
  if (market.state !== stateOpen && !isTaken(traits, market)) return marketNotOpen;
  const agedMs = nowMs - request.createdAtMs;
  if (agedMs > admissionWindowMs) return orderTooLate;
  if (agedMs < -admissionAheadMs) return orderFromTheFuture;
  if (request.expiresAtMs <= nowMs) return orderExpired;
  if (request.id.sequence > 0) return duplicateOrder;
  const names = namesMore(request);
  const without = names ? replacedBy(request) : noOrder;
  if (names && isNameTaken(request.client, without)) return duplicateClientOrderId;
  const worthUnits = worthOf(request, market);
  const ofAmounts = amountsRefusal(request, market, worthUnits);
  if (ofAmounts !== accepted) return ofAmounts;

  if (isOutsideBand(request, market, without)) return priceOutsideBand;
  const higherBps = higherRate(request.account, market);
  if (higherBps > request.maxFeeBps) return feeAboveSigned;
  let ofBook: i32 = accepted;
  if (asksBook(traits)) {
    ofBook = bookRefusal(request, market, without);
    if (ofBook !== accepted && ofBook !== fillOrKillUnfilled) return ofBook;
  }
  if (isOneTooMany(request, without)) return tooManyOpenOrders;
  if (names && request.delegation !== noId && isBeyondLimit(request, worthUnits, without)) {
    return delegationLimitReached;
  }
  const holdUnits = holdOfWorth(request, market, worthUnits, higherBps);
  state.placingUnits = holdUnits;
  if (holdUnits > freeUnitsOf(request, market, without)) return balanceTooLow;
  if (ofBook !== accepted) return ofBook;
  return names && request.target !== noId && without === noOrder
    ? replacesRefusal(request)
    : accepted;
}

/** What a trigger, post-only or fill-or-kill find in the book that stands against the order. */
function bookRefusal(request: Request, market: Market, without: Order): i32 {
  const traits = request.traits;
  if (isConditional(traits) && isReached(traits, request.triggerTicks, market.lastTicks)) {
    return stopWouldTrigger;
  }
  if (isPostOnly(traits) && firstTaken(request, market, without) !== noLevel) {
    return postOnlyWouldCross;
  }
  const fault = isFillOrKill(traits) ? faultOf(request, market, without) : fillable;
  if (fault === meetsItsOwn) return wouldSelfTrade;
  return fault === unfillable ? fillOrKillUnfilled : accepted;
}

/** Whether it names another order, has a name of its owner's, or was signed by a session key: most do not, and need not be asked for each. */
function namesMore(request: Request): bool {
  const target = changetype<usize>(request.target);
  return (target | changetype<usize>(request.client) | changetype<usize>(request.delegation)) !== 0;
}

function isNameTaken(client: ClientId, without: Order): bool {
  return client !== noClient && client.live !== noOrder && client.live !== without;
}

/** Which orders a market that is not open takes. */
function isTaken(traits: i32, market: Market): bool {
  if (market.state === statePreOpen) return isPlainLimit(traits) && isPostOnly(traits);
  const collects = market.state === stateAuction;
  return collects && isPlainLimit(traits) && isLasting(traits) && !isPostOnly(traits);
}

/** The order that a request names, where it is live; nobody otherwise. */
export function targetOf(request: Request): Order {
  return liveOrder(request.target);
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

function amountsRefusal(request: Request, market: Market, worthUnits: f64): i32 {
  const traits = request.traits;
  const sizeLots = request.sizeLots;
  const spendUnits = request.spendUnits;
  if ((request.misfit | request.isByMoney) !== 0) {
    const misfit = request.misfit;
    if (misfit === misfitPrice) return priceOffTick;
    const isMisbound =
      request.isByMoney !== 0 && (!isMarketLike(traits) || isSell(traits) || sizeLots > 0);
    if (misfit === misfitSize || isMisbound) return sizeOffLot;
    // What did not convert because it is too large breaks no rule about the least.
    if (misfit === misfitTooLarge) return notionalTooLarge;
  }
  const displayLots = request.displayLots;
  if (displayLots > 0 && displayLots < market.minSizeLots) return sizeTooSmall;
  if (spendUnits === 0 && sizeLots < market.minSizeLots) return sizeTooSmall;
  if (worthUnits < market.minNotionalUnits && (spendUnits > 0 || !isMarketLike(traits))) {
    return notionalTooSmall;
  }
  const mostUnits = market.maxNotionalUnits;
  return worthUnits > mostUnits && mostUnits > 0 ? notionalTooLarge : accepted;
}

function worthOf(request: Request, market: Market): f64 {
  if (request.spendUnits !== 0) return request.spendUnits;
  return <f64>request.limitTicks * request.sizeLots * market.quoteUnitsPerTickLot;
}

/** A limit order whose price is outside, and a market order whose first level is. Conditional orders are looked at when they enter. */
function isOutsideBand(request: Request, market: Market, without: Order): bool {
  const traits = request.traits;
  if (isPlainLimit(traits)) {
    return !isInBand(market, request.limitTicks) && market.state !== stateAuction;
  }
  if (isConditional(traits) || market.state === stateAuction) return false;
  const first = firstTaken(request, market, without);
  return first !== noLevel && !isInBand(market, first.ticks);
}

/** The level that a placement would meet first; nobody where it meets none. */
function firstTaken(request: Request, market: Market, without: Order): Level {
  const others = select<Ladder>(market.bids, market.asks, isSell(request.traits));
  let level = others.best;
  if (level !== noLevel && isOnlyOrder(level, without)) level = nextLevel(level);
  return level !== noLevel && isAsGood(others, level.ticks, request.limitTicks) ? level : noLevel;
}

/** What stands against a fill-or-kill order now; conditional ones are looked at when they enter. */
function faultOf(request: Request, market: Market, without: Order): i32 {
  const traits = request.traits;
  if (isConditional(traits)) return fillable;
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
  if (account === noAccount || <i32>account.openOrders < openOrdersPerAccount) return false;
  const traits = request.traits;
  const counts = isConditional(traits) || (isPlainLimit(traits) && isLasting(traits));
  const others = <i32>account.openOrders - (without === noOrder ? 0 : 1);
  return counts && others >= openOrdersPerAccount;
}

/** What a placement would hold beyond what its owner has free. */
export function lackingUnits(request: Request, market: Market, without: Order): f64 {
  const higherBps = higherRate(request.account, market);
  const holdUnits = holdOfWorth(request, market, worthOf(request, market), higherBps);
  return max<f64>(0, holdUnits - freeUnitsOf(request, market, without));
}

/** What its owner has free of what it would hold. */
function freeUnitsOf(request: Request, market: Market, without: Order): f64 {
  let line = request.holdLine;
  if (line === noLine && request.account !== noAccount) {
    line = findLine(request.account, isSell(request.traits) ? market.base : market.quote);
  }
  const freeUnits = line === noLine ? 0 : line.freeUnits;
  const isFreed = without !== noOrder && without.holdLine === line;
  return isFreed ? freeUnits + without.heldUnits : freeUnits;
}

/** What a placement would hold, by the higher of its rates. */
function holdOfWorth(request: Request, market: Market, worthUnits: f64, higherBps: i32): f64 {
  const baseUnits = request.sizeLots * market.baseUnitsPerLot;
  const quoteUnits = worthUnits + feeUnits(worthUnits, higherBps);
  // Both are counted: which side comes next nobody can guess.
  return either(baseUnits, quoteUnits, isSell(request.traits));
}

/** The maker's rate of an account's next order in a market. */
export function makerRate(account: Account, market: Market): i32 {
  return ratesOf(account, market).makerFeeBps;
}

export function takerRate(account: Account, market: Market): i32 {
  return ratesOf(account, market).takerFeeBps;
}

function higherRate(account: Account, market: Market): i32 {
  const rates = ratesOf(account, market);
  return max(rates.makerFeeBps, rates.takerFeeBps);
}

/** A market's, or a tier's. */
@unmanaged
export class Rates {
  makerFeeBps: i32;
  takerFeeBps: i32;
}

/** The rates of an account's tier; each market's own where it has none. */
export function ratesOf(account: Account, market: Market): Rates {
  if (account === noAccount || account.feeTier === 0) {
    return changetype<Rates>(changetype<usize>(market) + offsetof<Market>('makerFeeBps'));
  }
  return changetype<Rates>(feeTiersAt + ((<usize>account.feeTier) << 3));
}
