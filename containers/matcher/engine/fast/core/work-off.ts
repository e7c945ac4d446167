/** Works off what commands and time leave to do: step by step, within the bound on events. */
import { nextOwn, oldestOwn } from './account-orders.ts';
import { endAuction, uncrossStep } from './auction.ts';
import { changeState, findNextDue } from './change-state.ts';
import { closeStep } from './closing.ts';
import { isDue, noMarket, noOrder, noWork, state } from './engine-state.ts';
import { enterNext } from './enter-triggered.ts';
import { hasRoom } from './event-rows.ts';
import { firstExpiring } from './expiry-queue.ts';
import { bySchedule, stateAuction } from './market-state.ts';
import { matchIncoming } from './match.ts';
import { isMarketBefore } from './names.ts';
import { doneCancelled, doneExpired } from './order-place.ts';
import { isSell } from './order-traits.ts';
import { endOrder } from './resting.ts';
import { Market, Work } from './rows.ts';
import { disarmSwitch, firstSwitch } from './switches.ts';
import { addWork, dropWork, workCancelAll, workCascade, workClose, workUncross } from './work.ts';

/** An order at hand first, then other work; what is due comes with ticks. */
export function workOff(isTick: bool): void {
  while (hasRoom()) {
    if (state.incoming !== noOrder) matchIncoming();
    else if (state.firstWork !== noWork) step(state.firstWork);
    else if (isTick && isDue()) doDue();
    else return;
  }
}

function step(work: Work): void {
  switch (work.kind) {
    case workCancelAll:
      cancelOldest(work);
      return;
    case workCascade:
      enterNext(work.market);
      return;
    case workUncross:
      uncrossStep(work.market, work);
      return;
    case workClose:
      closeStep(work.market);
      return;
    default:
      assert(false, 'work of no kind');
  }
}

/** An account's live orders, of one market or side where named, oldest first. */
function cancelOldest(work: Work): void {
  for (let order = oldestOwn(work.account); order !== noOrder; order = nextOwn(order)) {
    if (work.market !== noMarket && order.market !== work.market) continue;
    if (work.side >= 0 && <i32>isSell(order.traits) !== work.side) continue;
    endOrder(order, doneCancelled);
    return;
  }
  dropWork();
}

/** Orders by expiry, the older first; then switches by time and account; then markets by time and id. */
function doDue(): void {
  const order = firstExpiring();
  if (order !== noOrder && order.expiresAtMs <= state.nowMs) {
    endOrder(order, doneExpired);
    return;
  }
  if (state.switchCount > 0 && firstSwitch().past.switchDueMs <= state.nowMs) {
    const account = firstSwitch();
    disarmSwitch(account);
    addWork(workCancelAll, noMarket).account = account;
    return;
  }
  const market = nextMarketDue();
  if (market === noMarket) findNextDue();
  else if (market.state === stateAuction) endAuction(market, bySchedule);
  else changeState(market, stateAuction, bySchedule);
}

function nextMarketDue(): Market {
  let first = noMarket;
  for (let market = state.firstMarket; market !== noMarket; market = market.next) {
    if (market.untilMs === 0 || market.untilMs > state.nowMs) continue;
    if (first === noMarket || isDueBefore(market, first)) first = market;
  }
  return first;
}

function isDueBefore(one: Market, other: Market): bool {
  if (one.untilMs !== other.untilMs) return one.untilMs < other.untilMs;
  return isMarketBefore(one.index, other.index) !== 0;
}
