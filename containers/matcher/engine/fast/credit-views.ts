/** Credit lines as the engine shows and saves them. */
import type { EngineCredit } from '../engine.ts';
import { nobody } from './core-instance.ts';
import { creditLineRow as at, creditPastRow, engineState, stateAt } from './core-layout.ts';
import type { FastState } from './fast-state.ts';

/** All lines, oldest first. */
export function linesOf({ core }: Pick<FastState, 'core'>): number[] {
  const lines: number[] = [];
  let line = core.int(stateAt, engineState.firstLine);
  for (; line !== nobody; line = core.int(line, at.next)) lines.push(line);
  return lines;
}

/** A line that was never granted and is empty is no credit: nothing tells it from none. */
export function isUsedLine({ core }: Pick<FastState, 'core'>, line: number): boolean {
  if (core.double(line, at.freeUnits) + core.double(line, at.heldUnits) > 0) return true;
  const past = core.int(line, at.past);
  const { grantNumber, returnNumber } = creditPastRow;
  return core.double(past, grantNumber) + core.double(past, returnNumber) > 0;
}

/** An account's lines, asset by asset: there are few, where there are lines of very many accounts. */
export function eachUsedLine(state: FastState, account: number, visit: (line: number) => void) {
  for (const asset of state.assetRows) {
    const line = state.core.calls.findLine(account, asset);
    if (line !== nobody && isUsedLine(state, line)) visit(line);
  }
}

export function creditOf(state: FastState, line: number): EngineCredit {
  const { core } = state;
  const past = core.int(line, at.past);
  return {
    account: state.accountName(core.int(line, at.account)),
    asset: state.assetName(core.int(line, at.asset)),
    freeUnits: core.double(line, at.freeUnits),
    heldUnits: core.double(line, at.heldUnits),
    grantNumber: core.double(past, creditPastRow.grantNumber),
    returnNumber: core.double(past, creditPastRow.returnNumber),
    returnedUnits: core.double(past, creditPastRow.returnedUnits),
  };
}
