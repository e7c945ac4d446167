/** What session keys may still trade by their delegations, in the naive engine. */
import { assert } from '#domain/assertion.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { Market } from '#domain/market.ts';
import { notionalUnits } from '#domain/order.ts';
import { dayMs, delegationsPerAccount } from '../limits.ts';
import {
  listedMarket,
  type NaiveDelegation,
  type NaiveOrder,
  type NaiveState,
} from './naive-state.ts';

type Bound = {
  limitTicks: number;
  sizeLots: number;
  spendUnits: number;
  filledLots: number;
  filledQuoteUnits: number;
};

/** "What an order may still take counts at its own signed price": its rest at the limit or worst price, or the rest of its money. */
export function openUnitsOf(order: Bound, market: Market): number {
  if (order.spendUnits > 0) return order.spendUnits - order.filledQuoteUnits;
  return notionalUnits(order.limitTicks, order.sizeLots - order.filledLots, market);
}

/** What the live orders of a delegation may still take. */
export function openUnitsBy(
  state: NaiveState,
  { account, digest }: { account: string; digest: string },
  without?: NaiveOrder,
): number {
  let openUnits = 0;
  for (const order of state.live) {
    if (order === without || order.account !== account || order.delegation !== digest) continue;
    openUnits += openUnitsOf(order, listedMarket(state, order.marketId).market);
  }
  return openUnits;
}

/** "The day is the UTC day of the engine's clock." */
function today(state: NaiveState): number {
  return Math.floor(state.nowMs / dayMs);
}

/** What counts against the limit now. */
function usedUnits(state: NaiveState, row: NaiveDelegation, without?: NaiveOrder): number {
  const matchedUnits = row.day === today(state) ? row.matchedUnits : 0;
  return openUnitsBy(state, row, without) + matchedUnits;
}

/** "Refused where open + matched today + the order's worth is more than the limit", or where its owner has too many in use. */
export function isBeyondLimit(
  state: NaiveState,
  { account, marketId, amounts, delegation }: PlaceOrder,
  without: NaiveOrder | undefined,
): boolean {
  if (!delegation) return false;
  const { digest, limitUnits } = delegation;
  assert(Number.isSafeInteger(limitUnits) && limitUnits >= 0, 'a limit that is no amount');
  const rows = state.delegations.filter((row) => row.account === account);
  const others = rows.filter((row) => row.digest !== digest && usedUnits(state, row, without) > 0);
  if (others.length >= delegationsPerAccount) return true;
  const own = rows.find((row) => row.digest === digest);
  const used = own ? usedUnits(state, own, without) : 0;
  const unfilled = { ...amounts, filledLots: 0, filledQuoteUnits: 0 };
  const worth = openUnitsOf(unfilled, listedMarket(state, marketId).market);
  return worth > limitUnits - used;
}

/** An order is admitted: those of its account's delegations that nothing counts for any more are forgotten, its own is known. */
export function enterDelegation(state: NaiveState, order: NaiveOrder): void {
  const { account, delegation: digest } = order;
  if (digest === undefined) return;
  state.delegations = state.delegations.filter(
    (row) => row.account !== account || usedUnits(state, row) > 0,
  );
  const isKnown = state.delegations.some((row) => row.account === account && row.digest === digest);
  if (!isKnown) state.delegations.push({ account, digest, matchedUnits: 0, day: 0 });
}

/** "A fill moves its share from open to matched." */
export function matchByDelegation(state: NaiveState, order: NaiveOrder, units: number): void {
  const row = rowOf(state, order);
  if (!row) return;
  if (row.day !== today(state)) row.matchedUnits = 0;
  row.day = today(state);
  row.matchedUnits += units;
}

/** An order is over and no longer among the live ones. */
export function leaveDelegation(state: NaiveState, order: NaiveOrder): void {
  const left = rowOf(state, order);
  if (!left || usedUnits(state, left) > 0) return;
  state.delegations = state.delegations.filter((row) => row !== left);
}

function rowOf(state: NaiveState, { account, delegation }: NaiveOrder) {
  if (delegation === undefined) return undefined;
  const row = state.delegations.find(
    (each) => each.account === account && each.digest === delegation,
  );
  assert(row, `nothing is known of delegation ${delegation}`);
  return row;
}
