/** What accounts may spend and what their orders hold, in the naive engine. */
import { assert } from '#domain/assertion.ts';
import type { GrantCredit, ReturnCredit } from '#domain/command.ts';
import { feeUnits } from '#domain/fee.ts';
import type { Market } from '#domain/market.ts';
import { notionalUnits, type Side } from '#domain/order.ts';
import { addReturned } from '#domain/returned-units.ts';
import { listedMarket, type NaiveLine, type NaiveMarket, type NaiveState } from './naive-state.ts';

/** An account's line of an asset; made where there is none. */
export function lineOf(state: NaiveState, account: string, asset: string): NaiveLine {
  const found = state.lines.find((line) => line.account === account && line.asset === asset);
  if (found) return found;
  const none = { freeUnits: 0, grantNumber: 0, returnNumber: 0, returnedUnits: 0 };
  const line = { account, asset, ...none };
  state.lines.push(line);
  return line;
}

export function freeUnitsOf(state: NaiveState, account: string, asset: string): number {
  const found = state.lines.find((line) => line.account === account && line.asset === asset);
  return found ? found.freeUnits : 0;
}

/** What the account's live orders hold of an asset. */
export function heldUnitsOf(state: NaiveState, account: string, asset: string): number {
  let heldUnits = 0;
  for (const order of state.live) {
    const listed = listedMarket(state, order.marketId);
    if (order.account !== account || holdAsset(order.side, listed) !== asset) continue;
    heldUnits += holdFor(order, listed.market);
  }
  return heldUnits;
}

export function holdAsset(side: Side, { base, quote }: NaiveMarket): string {
  return side === 'buy' ? quote.id : base.id;
}

export type Holding = {
  side: Side;
  limitTicks: number;
  sizeLots: number;
  spendUnits: number;
  filledLots: number;
  filledQuoteUnits: number;
  makerFeeBps: number;
  takerFeeBps: number;
};

/** "Buy: holds notional at the limit price plus the fee (the higher of maker and taker rate). Sell: holds the lots." Of what is left. */
export function holdFor(order: Holding, market: Market): number {
  if (order.side === 'sell') return (order.sizeLots - order.filledLots) * market.baseUnitsPerLot;
  const notional =
    order.spendUnits > 0
      ? order.spendUnits - order.filledQuoteUnits
      : notionalUnits(order.limitTicks, order.sizeLots - order.filledLots, market);
  return notional + feeUnits(notional, Math.max(order.makerFeeBps, order.takerFeeBps));
}

/** All credit of an asset that is inside: free or held, whoever's. */
export function insideUnitsOf(state: NaiveState, asset: string): bigint {
  let insideUnits = 0n;
  for (const line of state.lines) {
    if (line.asset !== asset) continue;
    insideUnits += BigInt(line.freeUnits) + BigInt(heldUnitsOf(state, line.account, asset));
  }
  return insideUnits;
}

/** "A grant's identity is its number, not its id: sent again it is accepted and changes nothing." */
export function grant(state: NaiveState, command: GrantCredit): void {
  const { account, asset, grantNumber, units } = command;
  const line = lineOf(state, account, asset);
  if (grantNumber <= line.grantNumber) return;
  assert(grantNumber === line.grantNumber + 1, `grant ${grantNumber} after ${line.grantNumber}`);
  assert(Number.isSafeInteger(units) && units > 0, 'a grant of nothing');
  line.grantNumber = grantNumber;
  line.freeUnits += units;
  state.emit({ type: 'credit_granted', account, asset, grantNumber, units });
}

/** "Gives free credit back: at most `units`, and what is free if that is less." */
export function giveBack(state: NaiveState, { account, asset, units }: ReturnCredit): void {
  assert(Number.isSafeInteger(units) && units > 0, 'a return of nothing');
  const given = Math.min(units, freeUnitsOf(state, account, asset));
  if (given === 0) return;
  const line = lineOf(state, account, asset);
  line.freeUnits -= given;
  line.returnNumber += 1;
  line.returnedUnits = addReturned(line.returnedUnits, given);
  const { returnNumber } = line;
  state.emit({ type: 'credit_returned', account, asset, returnNumber, units: given });
}
