/** Turns a command's texts into handles and words: what comes behind reads no text, but stores some for whoever asks later. */

import { assert } from '#domain/assertion.ts';
import type { CancelOrder, Command, PlaceOrder } from '#domain/command.ts';
import { maxPriceTicks } from '#domain/market.ts';
import { leftOfDigest, nameWords, readDigest, rightOfDigest } from '../name-words.ts';
import type { FastState } from './fast-state.ts';
import { none } from './order-table.ts';
import { packTraits } from './order-traits.ts';
import { kind, misfits, type Request } from './request.ts';

export function resolve(command: Command, state: FastState, into: Request): Request {
  into.nowMs = command.nowMs;
  into.commandId = command.commandId;
  resolveId(command.commandId, state, into);
  if (command.type === 'place') resolvePlace(command, state, into);
  else if (command.type === 'cancel') resolveCancel(command, state, into);
  else {
    into.kind = kind.other;
    into.command = command;
  }
  return into;
}

function resolveId(commandId: string, { ids }: FastState, into: Request): void {
  into.isDigest = readDigest(commandId, into.words);
  if (into.isDigest) {
    into.hash = ids.hashOf(into.words);
    into.nameLeft = leftOfDigest(into.words);
    into.nameRight = rightOfDigest(into.words);
    return;
  }
  const { left, right } = nameWords(commandId);
  into.nameLeft = left;
  into.nameRight = right;
}

function resolvePlace(command: PlaceOrder, state: FastState, into: Request): void {
  const { amounts } = command;
  assert(amounts.limitTicks <= maxPriceTicks, `a limit of ${amounts.limitTicks} ticks`);
  assert(amounts.triggerTicks <= maxPriceTicks, `a trigger of ${amounts.triggerTicks} ticks`);
  into.kind = kind.place;
  into.accountName = command.account;
  into.account = state.accounts.find(command.account);
  into.market = state.marketHandles.get(command.marketId) ?? none;
  into.traits = packTraits(command);
  into.isByMoney = command.cap === 'quote' || amounts.spendUnits > 0;
  into.misfit = amounts.misfit === undefined ? 0 : misfits.indexOf(amounts.misfit);
  into.limitTicks = amounts.limitTicks;
  into.triggerTicks = amounts.triggerTicks;
  into.sizeLots = amounts.sizeLots;
  into.displayLots = amounts.displayLots;
  into.spendUnits = amounts.spendUnits;
  into.maxFeeBps = command.maxFeeBps;
  into.createdAtMs = command.createdAtMs;
  into.expiresAtMs = command.expiresAtMs;
  into.clientOrderId = command.clientOrderId;
  resolveTarget(command.replaces, state, into);
}

function resolveCancel(command: CancelOrder, state: FastState, into: Request): void {
  into.kind = kind.cancel;
  into.accountName = command.account;
  into.account = state.accounts.find(command.account);
  resolveTarget(command.digest, state, into);
}

function resolveTarget(digest: string | undefined, { ids }: FastState, into: Request): void {
  into.hasTarget = digest !== undefined;
  if (digest === undefined) return;
  into.target = digest;
  into.isTargetDigest = readDigest(digest, into.targetWords);
  if (into.isTargetDigest) into.targetHash = ids.hashOf(into.targetWords);
}
