/** What counts against the limits of an account's delegations: rows linked from the account, so few that a search walks through them. */
import { dayMs, delegationsPerAccount } from '../../limits.ts';
import { noAccount, noDelegation, noOrder, state } from './engine-state.ts';
import { settleId } from './id-table.ts';
import { leftLots } from './level-queue.ts';
import { leftUnitsOf } from './order-amounts.ts';
import { isByMoney } from './order-extras.ts';
import { releaseRow, smallPool, takeRow } from './row-pool.ts';
import { Account, Delegation, Id, Market, Order, Request } from './rows.ts';

/** What an order may still take, at its own limit or worst price, or of its money. */
export function openUnitsOf(order: Order): f64 {
  if (isByMoney(order)) return leftUnitsOf(order);
  return <f64>order.limitTicks * leftLots(order) * order.market.quoteUnitsPerTickLot;
}

function today(): i32 {
  return <i32>floor(state.nowMs / dayMs);
}

/** What counts against the limit now. */
function usedUnits(row: Delegation): f64 {
  return row.openUnits + (row.day === today() ? row.matchedUnits : 0);
}

/** Whether an order of that worth is more than its delegation allows, or is by one more than its owner may use; `without`: the order that it replaces. */
export function isBeyondLimit(request: Request, worthUnits: f64, without: Order): bool {
  const account = request.account;
  let others = 0;
  let ownUnits: f64 = 0;
  let row = account === noAccount ? noDelegation : account.past.delegations;
  for (; row !== noDelegation; row = row.next) {
    const isOfReplaced = without !== noOrder && without.extras.delegation === row;
    const units = usedUnits(row) - (isOfReplaced ? openUnitsOf(without) : 0);
    if (row.id === request.delegation) ownUnits = units;
    else if (units > 0) others += 1;
  }
  // The difference is exact where the sum of all three might not be.
  return others >= delegationsPerAccount || worthUnits > request.limitUnits - ownUnits;
}

/** An order is admitted: those of its account's that nothing counts for any more are forgotten, its own is known. */
export function enterDelegation(order: Order, id: Id): void {
  const account = order.account;
  let row = account.past.delegations;
  while (row !== noDelegation) {
    const next = row.next;
    if (usedUnits(row) === 0) forget(account, row);
    row = next;
  }
  const own = delegationFor(account, id);
  own.openUnits += openUnitsOf(order);
  order.extras.delegation = own;
}

/** The row of a delegation; made where there is none. */
export function delegationFor(account: Account, id: Id): Delegation {
  for (let row = account.past.delegations; row !== noDelegation; row = row.next) {
    if (row.id === id) return row;
  }
  const row = changetype<Delegation>(takeRow(smallPool));
  // The id stays as long as the row.
  id.pending += 1;
  row.id = id;
  row.day = 0;
  row.openUnits = 0;
  row.matchedUnits = 0;
  row.next = account.past.delegations;
  account.past.delegations = row;
  return row;
}

/** A fill moves its share from open to matched. */
export function matchByDelegation(order: Order, market: Market, lots: f64, quoteUnits: f64): void {
  const row = order.extras.delegation;
  const ownUnits = <f64>order.limitTicks * lots * market.quoteUnitsPerTickLot;
  const units = isByMoney(order) ? quoteUnits : ownUnits;
  const day = today();
  if (row.day !== day) row.matchedUnits = 0;
  row.day = day;
  row.openUnits -= units;
  row.matchedUnits += units;
}

/** An order is over. */
export function leaveDelegation(order: Order): void {
  const row = order.extras.delegation;
  row.openUnits -= openUnitsOf(order);
  order.extras.delegation = noDelegation;
  if (usedUnits(row) === 0) forget(order.account, row);
}

function forget(account: Account, row: Delegation): void {
  if (account.past.delegations === row) account.past.delegations = row.next;
  else {
    let before = account.past.delegations;
    while (before.next !== row) before = before.next;
    before.next = row.next;
  }
  settleId(row.id);
  releaseRow(smallPool, changetype<usize>(row));
}
