/** Applies one command: what is forgotten by now goes, the answer comes, then what the command does, as far as its bound on events allows. */
import { memoryMs } from '../../limits.ts';
import { amendOrder, amendRefusal } from './amend.ts';
import { endAuction, isOutsideAuctionBand, uncrossing } from './auction.ts';
import { changeState } from './change-state.ts';
import {
  feeTiersAt,
  isDue,
  isUnfinished,
  noAccount,
  noClient,
  noId,
  noMarket,
  noOrder,
  state,
} from './engine-state.ts';
import { beginEvents, tellAnswer } from './event-rows.ts';
import { grantCredit, grantRefusal, returnCredit } from './grant-credit.ts';
import { forgetOldest, releaseUnused, remember } from './id-table.ts';
import { byOperator, isReachable, stateAuction, stateOpen } from './market-state.ts';
import { releaseExtras } from './order-extras.ts';
import { doneCancelled, isNamed } from './order-place.ts';
import { placeOrder } from './place-order.ts';
import { placeRefusal, targetOf } from './place-refusal.ts';
import {
  accepted,
  duplicateOrder,
  notOwner,
  priceOutsideBand,
  stateNotReachable,
  unknownFeeTier,
  unknownMarket,
  unknownOrder,
} from './refusal-code.ts';
import {
  requestAmend,
  requestAssignTier,
  requestCancel,
  requestCancelAll,
  requestContinue,
  requestDefineTier,
  requestGrant,
  requestList,
  requestPlace,
  requestReturn,
  requestState,
  requestSwitch,
  requestTick,
} from './request-kind.ts';
import { settleRequest } from './resolve-ids.ts';
import { endOrder, liveBytes } from './resting.ts';
import { endedPool, orderPool, releaseRetired, releaseRow } from './row-pool.ts';
import { Market, Order, Request } from './rows.ts';
import { armSwitch, disarmSwitch } from './switches.ts';
import { addWork, workCancelAll } from './work.ts';
import { workOff } from './work-off.ts';

/** Its events are then to be read, and its `code`. */
export function apply(request: Request): void {
  assert(request.nowMs >= state.nowMs, 'the clock went back');
  state.nowMs = request.nowMs;
  beginEvents();
  releaseRetired(orderPool);
  if (state.nowMs > state.forgetAfterMs) forget();
  if (request.kind === requestPlace) {
    assertNothingBefore(true);
    place(request);
  } else if (request.kind === requestCancel) {
    assertNothingBefore(true);
    cancel(request);
  } else applyOther(request);
  settleRequest(request);
}

function place(request: Request): void {
  const code = placeRefusal(request);
  answer(request, code);
  if (code !== accepted) return;
  placeOrder(request);
  if (isUnfinished()) workOff(false);
}

function cancel(request: Request): void {
  const target = targetOf(request);
  let code: i32 = accepted;
  if (request.id.sequence > 0) code = duplicateOrder;
  else if (target === noOrder) code = unknownOrder;
  else if (target.account !== request.account) code = notOwner;
  answer(request, code);
  if (code === accepted) endOrder(target, doneCancelled);
}

function assertNothingBefore(minds: bool): void {
  assert(!isUnfinished(), 'something is left undone');
  assert(!minds || !isDue(), 'something is due');
}

/** Drops ids and ended orders that no signature can enter with any more. */
function forget(): void {
  const sinceMs = state.nowMs - memoryMs;
  while (state.oldestRemembered !== noId && state.oldestRemembered.atMs < sinceMs) forgetOldest();
  while (state.oldestEnded !== noOrder && state.oldestEnded.endedAtMs < sinceMs) {
    const order = state.oldestEnded;
    state.oldestEnded = order.nextEnded;
    forgetEnded(order);
  }
  state.forgetAfterMs = min(oldestMs(), oldestEndedMs()) + memoryMs;
}

/** What comes from now on is no older than now. */
function oldestMs(): f64 {
  const oldest = state.oldestRemembered;
  return oldest === noId ? state.nowMs : oldest.atMs;
}

function oldestEndedMs(): f64 {
  const oldest = state.oldestEnded;
  return oldest === noOrder ? state.nowMs : oldest.endedAtMs;
}

function forgetEnded(order: Order): void {
  const id = order.id;
  // An order of that digest may have come since.
  if (isNamed(id, order)) {
    id.order = 0;
    releaseUnused(id);
  }
  const client = order.extras.client;
  if (client !== noClient) {
    client.orders -= 1;
    if (client.orders === 0) {
      client.next = state.droppedClients;
      state.droppedClients = client;
    }
  }
  releaseExtras(order.extras);
  releaseRow(endedPool, changetype<usize>(order) + liveBytes);
}

/** Says accepted or refused, and remembers it: the first result of an id stays its result. */
function answer(request: Request, code: i32): void {
  request.code = code;
  tellAnswer(request, code);
  const id = request.id;
  if (id.sequence === 0) remember(id, code, state.sequence, state.nowMs);
}

/** Commands that are rare. */
function applyOther(request: Request): void {
  const kind = request.kind;
  const isTick = kind === requestTick;
  if (kind !== requestContinue) assertNothingBefore(!isTick);
  if (isTick || kind === requestContinue || kind === requestGrant) {
    const code = kind === requestGrant ? grantRefusal(request) : accepted;
    request.code = code;
    tellAnswer(request, code);
    if (kind === requestGrant && code === accepted) grantCredit(request);
  } else {
    const code = otherRefusal(request);
    answer(request, code);
    if (code === accepted) perform(request);
  }
  workOff(isTick);
}

function otherRefusal(request: Request): i32 {
  const kind = request.kind;
  if (kind === requestState && request.market === noMarket) return unknownMarket;
  if (request.id.sequence > 0) return duplicateOrder;
  if (kind === requestAmend) return amendRefusal(request, targetOf(request));
  if (kind === requestState) return stateRefusal(request.market, request.detail);
  if (kind === requestAssignTier) return tierRefusal(request.detail);
  // TypeScript has the texts that a listing is judged by.
  return kind === requestList ? request.code : accepted;
}

function stateRefusal(market: Market, to: i32): i32 {
  const endsAuction = market.state === stateAuction && to === stateOpen;
  if (endsAuction && uncrossing(market) && isOutsideAuctionBand(market)) return priceOutsideBand;
  return isReachable(market.state, to) ? accepted : stateNotReachable;
}

/** A tier that was never defined has no flag. */
function tierRefusal(tier: i32): i32 {
  if (tier === 0) return accepted;
  return tier < 256 && load<i32>(feeTiersAt + ((<usize>tier) << 3), 4) >= 0
    ? accepted
    : unknownFeeTier;
}

function perform(request: Request): void {
  switch (request.kind) {
    case requestAmend:
      amendOrder(targetOf(request), request.sizeLots, request.spendUnits);
      return;
    case requestCancelAll:
      cancelAll(request);
      return;
    case requestSwitch:
      if (request.account === noAccount) return;
      if (request.afterMs > 0) armSwitch(request.account, request.nowMs + request.afterMs);
      else disarmSwitch(request.account);
      return;
    case requestReturn:
      returnCredit(request);
      return;
    case requestState:
      setState(request.market, request.detail);
      return;
    case requestDefineTier:
      defineTier(request.detail, request.makerFeeBps, request.takerFeeBps);
      return;
    case requestAssignTier:
      request.account.feeTier = request.detail;
      return;
    case requestList:
      return;
    default:
      assert(false, 'a request of no kind');
  }
}

/** `isByMoney`: of one market only. Of an account or in a market that is unknown there is nothing to cancel. */
function cancelAll(request: Request): void {
  if (request.account === noAccount || (request.isByMoney && request.market === noMarket)) return;
  const work = addWork(workCancelAll, request.market);
  work.account = request.account;
  work.side = request.detail;
}

function setState(market: Market, to: i32): void {
  if (market.state === stateAuction && to === stateOpen) endAuction(market, byOperator);
  else changeState(market, to, byOperator);
}

export function defineTier(tier: i32, makerFeeBps: i32, takerFeeBps: i32): void {
  store<i32>(feeTiersAt + ((<usize>tier) << 3), makerFeeBps);
  store<i32>(feeTiersAt + ((<usize>tier) << 3), takerFeeBps, 4);
}
