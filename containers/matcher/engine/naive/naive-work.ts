/** How the naive engine works off what commands and time leave to do: step by step, within the bound on events. */
import { assert, unreachable } from '#domain/assertion.ts';
import type { Command } from '#domain/command.ts';
import { eventsPerCommand, eventsPerStep } from '../limits.ts';
import type { Work } from '../snapshot-record.ts';
import { endAuction, uncrossStep } from './naive-auction.ts';
import { end, queueOf } from './naive-book.ts';
import { changeState } from './naive-market.ts';
import {
  byAge,
  byText,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
} from './naive-state.ts';
import { enterNext, triggeredIn, untriggeredIn } from './naive-stops.ts';
import { matchStep } from './naive-trading.ts';

/** "Work stops where fewer than four more events fit and goes on with `continue` commands." What is due comes with ticks. */
export function run(state: NaiveState, command: Command): void {
  while (state.emitted + eventsPerStep <= eventsPerCommand) {
    const [next] = state.work;
    if (next) step(state, next);
    else if (command.type === 'tick' && isAnythingDue(state)) doDue(state);
    else return;
  }
}

function step(state: NaiveState, work: Work): void {
  switch (work.work) {
    case 'match':
      matchStep(state, work);
      return;
    case 'cancel_all':
      cancelOldest(state, work);
      return;
    case 'cascade':
      enterNext(state, work.marketId);
      return;
    case 'uncross':
      uncrossStep(state, work);
      return;
    case 'close':
      closeStep(state, work.marketId);
      return;
    default:
      unreachable(work);
  }
}

/** "Cancels an account's live orders, of one market or side where named, oldest first." */
function cancelOldest(state: NaiveState, work: Extract<Work, { work: 'cancel_all' }>): void {
  const [oldest] = state.live
    .filter((order) => order.account === work.account)
    .filter((order) => work.marketId === undefined || order.marketId === work.marketId)
    .filter((order) => work.side === undefined || order.side === work.side)
    .sort(byAge);
  if (oldest) end(state, oldest, 'cancelled');
  else state.work.shift();
}

/** "Bids best first and in queue order, asks likewise, those that wait for their trigger oldest first, then those triggered." */
function closeStep(state: NaiveState, marketId: string): void {
  const [next] = [
    ...queueOf(state, marketId, 'buy'),
    ...queueOf(state, marketId, 'sell'),
    ...untriggeredIn(state, marketId),
    ...triggeredIn(state, marketId),
  ];
  if (next) end(state, next, 'cancelled');
  else state.work.shift();
}

/** When the next live order expires, switch fires or market's time ends. */
export function nextDueMs(state: NaiveState): number | undefined {
  const times = [
    ...state.live.map((order) => order.expiresAtMs),
    ...state.switches.map((each) => each.dueMs),
    ...state.markets.filter((each) => each.untilMs > 0).map((each) => each.untilMs),
  ];
  return times.length > 0 ? Math.min(...times) : undefined;
}

export function isAnythingDue(state: NaiveState): boolean {
  const dueMs = nextDueMs(state);
  return dueMs !== undefined && dueMs <= state.nowMs;
}

/** "Live orders whose `expiresAtMs` has come, by expiry, then the older first; then switches, by time, then by account; then markets, by time, then by id." */
function doDue(state: NaiveState): void {
  const { nowMs } = state;
  const [order] = state.live
    .filter(({ expiresAtMs }) => expiresAtMs <= nowMs)
    .sort((one: NaiveOrder, other) => one.expiresAtMs - other.expiresAtMs || byAge(one, other));
  if (order) {
    end(state, order, 'expired');
    return;
  }
  const [fired] = state.switches
    .filter(({ dueMs }) => dueMs <= nowMs)
    .sort((one, other) => one.dueMs - other.dueMs || byText(one.account, other.account));
  if (fired) {
    state.switches = state.switches.filter((each) => each !== fired);
    state.work.push({ work: 'cancel_all', account: fired.account });
    return;
  }
  const [listed] = state.markets
    .filter(({ untilMs }) => untilMs > 0 && untilMs <= nowMs)
    .sort((one, other) => one.untilMs - other.untilMs || byText(one.market.id, other.market.id));
  assert(listed, 'nothing is due');
  endTime(state, listed);
}

/** "A halt by volatility is followed by an auction"; an auction ends by its uncross. */
function endTime(state: NaiveState, listed: NaiveMarket): void {
  if (listed.market.state === 'auction') endAuction(state, listed, 'schedule');
  else changeState(state, listed, { to: 'auction', reason: 'schedule' });
}
