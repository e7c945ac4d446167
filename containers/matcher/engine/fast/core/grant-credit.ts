/** Credit that comes in and goes back. */
import { findLine, lineOf, moveUnits, receive } from './credit-lines.ts';
import { noAccount, noLine } from './engine-state.ts';
import { tellGranted, tellReturned } from './event-rows.ts';
import { accepted, notionalTooLarge } from './refusal-code.ts';
import { Request } from './rows.ts';

/** A grant's identity is its number: one that was applied is accepted again and changes nothing. */
export function grantRefusal(request: Request): i32 {
  const line = findLine(request.account, request.asset);
  if (line !== noLine && line.past.grantNumber >= request.grantNumber) return accepted;
  const roomUnits = f64.MAX_SAFE_INTEGER - request.asset.insideUnits;
  return request.sizeLots > roomUnits ? notionalTooLarge : accepted;
}

/** `sizeLots` are the units. */
export function grantCredit(request: Request): void {
  const line = lineOf(request.account, request.asset);
  const units = request.sizeLots;
  const past = line.past;
  if (request.grantNumber <= past.grantNumber) return;
  assert(request.grantNumber === past.grantNumber + 1, 'a grant out of turn');
  assert(isCount(units), 'a grant of nothing');
  past.grantNumber = request.grantNumber;
  line.freeUnits += units;
  moveUnits(line.asset, units);
  tellGranted(line, units);
}

/** Gives back at most `sizeLots` units, and what is free if that is less. */
export function returnCredit(request: Request): void {
  assert(isCount(request.sizeLots), 'a return of nothing');
  if (request.account === noAccount || changetype<usize>(request.asset) === 0) return;
  const line = findLine(request.account, request.asset);
  const units = line === noLine ? 0 : min(request.sizeLots, line.freeUnits);
  if (units === 0) return;
  const past = line.past;
  past.returnNumber += 1;
  // Modulo 2^53, as `addReturned` of the domain.
  past.returnedUnits = <f64>((<i64>past.returnedUnits + <i64>units) & 0x1f_ffff_ffff_ffff);
  receive(line, -units);
  moveUnits(line.asset, -units);
  tellReturned(line, units);
}

function isCount(units: f64): bool {
  return units > 0 && units <= f64.MAX_SAFE_INTEGER && floor(units) === units;
}
