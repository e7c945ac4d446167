/** Dead man's switches by the time at which they fire: a binary heap of accounts that know their places. */
import { noAccount, state } from './engine-state.ts';
import { isAccountBefore } from './names.ts';
import { grownRegion, takeRegion } from './regions.ts';
import { Account } from './rows.ts';

const startLog = 6;

export function openSwitches(): void {
  state.switchesLog = startLog;
  state.switches = takeRegion(startLog);
  state.switchesDueMs = Infinity;
}

/** The account whose switch fires next; nobody where none is armed. */
export function firstSwitch(): Account {
  return state.switchCount === 0 ? noAccount : accountAt(0);
}

/** Sent again, it starts anew. */
export function armSwitch(account: Account, dueMs: f64): void {
  disarmSwitch(account);
  if (state.switchCount << 2 === 1 << state.switchesLog) {
    state.switches = grownRegion(state.switches, state.switchesLog);
    state.switchesLog += 1;
  }
  account.past.switchDueMs = dueMs;
  state.switchCount += 1;
  rise(account, state.switchCount - 1);
}

export function disarmSwitch(account: Account): void {
  if (account.past.switchPlace === 0) return;
  const at = account.past.switchPlace - 1;
  account.past.switchPlace = 0;
  account.past.switchDueMs = 0;
  state.switchCount -= 1;
  if (state.switchCount === 0) state.switchesDueMs = Infinity;
  if (at === state.switchCount) return;
  const last = accountAt(state.switchCount);
  sink(last, at);
  rise(last, last.past.switchPlace - 1);
}

function accountAt(at: i32): Account {
  return load<Account>(state.switches + ((<usize>at) << 2));
}

function put(account: Account, at: i32): void {
  store<Account>(state.switches + ((<usize>at) << 2), account);
  account.past.switchPlace = at + 1;
  if (at === 0) state.switchesDueMs = account.past.switchDueMs;
}

function rise(account: Account, from: i32): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(account, accountAt(parent))) break;
    put(accountAt(parent), at);
    at = parent;
  }
  put(account, at);
}

function sink(account: Account, from: i32): void {
  let at = from;
  for (;;) {
    let child = (at << 1) + 1;
    if (child >= state.switchCount) break;
    const other = child + 1;
    if (other < state.switchCount && isBefore(accountAt(other), accountAt(child))) child = other;
    if (isBefore(account, accountAt(child))) break;
    put(accountAt(child), at);
    at = child;
  }
  put(account, at);
}

/** At one time they fire in the order of the accounts' names, which only TypeScript knows. */
function isBefore(one: Account, other: Account): bool {
  if (one.past.switchDueMs !== other.past.switchDueMs)
    return one.past.switchDueMs < other.past.switchDueMs;
  return isAccountBefore(one.index, other.index) !== 0;
}
