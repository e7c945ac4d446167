/** Credit that comes in and goes back. */
import { assert } from '#domain/assertion.ts';
import type { GrantCredit, ReturnCredit } from '#domain/command.ts';
import type { CreditGranted, CreditReturned } from '#domain/event.ts';
import { addReturned } from '#domain/returned-units.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './id-table.ts';
import { none } from './order-table.ts';
import { refusal } from './refusal-code.ts';

/** A grant's identity is its number: one that was applied is accepted again and changes nothing. */
export function grantRefusal(state: FastState, grant: GrantCredit): number {
  const { credit } = state;
  const line = lineOf(state, grant);
  if (line !== none && (credit.grantNumber[line] as number) >= grant.grantNumber) return accepted;
  const asset = state.assetHandles.get(grant.asset);
  const insideUnits = asset === undefined ? 0 : (credit.insideUnits[asset] ?? 0);
  const roomUnits = Number.MAX_SAFE_INTEGER - insideUnits;
  return grant.units > roomUnits ? refusal.notional_too_large : accepted;
}

export function grantCredit(state: FastState, grant: GrantCredit): void {
  const { account, asset, grantNumber, units } = grant;
  const { credit } = state;
  const assetHandle = state.assetHandle(asset);
  const line = credit.line(state.accounts.handle(account), assetHandle);
  const last = credit.grantNumber[line] as number;
  if (grantNumber <= last) return;
  assert(grantNumber === last + 1, `grant ${grantNumber} after ${last}`);
  assert(Number.isSafeInteger(units) && units > 0, 'a grant of nothing');
  credit.grantNumber[line] = grantNumber;
  credit.receive(line, units);
  credit.move(assetHandle, units);
  state.events.rare<CreditGranted>({ type: 'credit_granted', account, asset, grantNumber, units });
}

/** Gives back at most `units`, and what is free if that is less. */
export function returnCredit(state: FastState, command: ReturnCredit): void {
  const { account, asset } = command;
  const { credit } = state;
  assert(Number.isSafeInteger(command.units) && command.units > 0, 'a return of nothing');
  const line = lineOf(state, command);
  const units = line === none ? 0 : Math.min(command.units, credit.freeUnits[line] as number);
  if (units === 0) return;
  const returnNumber = (credit.returnNumber[line] as number) + 1;
  credit.returnNumber[line] = returnNumber;
  credit.returnedUnits[line] = addReturned(credit.returnedUnits[line] as number, units);
  credit.receive(line, -units);
  credit.move(credit.asset[line] as number, -units);
  state.events.rare<CreditReturned>({
    type: 'credit_returned',
    account,
    asset,
    returnNumber,
    units,
  });
}

function lineOf(state: FastState, { account, asset }: { account: string; asset: string }): number {
  const accountHandle = state.accounts.find(account);
  const assetHandle = state.assetHandles.get(asset);
  if (accountHandle === none || assetHandle === undefined) return none;
  return state.credit.find(accountHandle, assetHandle);
}
