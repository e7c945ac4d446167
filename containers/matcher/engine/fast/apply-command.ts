/** Applies one command: what is forgotten by now goes, the answer comes, then what the command does, as far as its bound on events allows. */
import { assert, unreachable } from '#domain/assertion.ts';
import type { AssignFeeTier, CancelAllAfter, Command, DefineFeeTier } from '#domain/command.ts';
import { memoryMs } from '../limits.ts';
import { amendOrder, amendRefusal } from './amend.ts';
import { done } from './event-rows.ts';
import type { FastState } from './fast-state.ts';
import { grantCredit, grantRefusal, returnCredit } from './grant-credit.ts';
import { accepted } from './id-table.ts';
import {
  assertSoundFees,
  listMarket,
  listRefusal,
  setMarketState,
  stateRefusal,
} from './list-market.ts';
import { none } from './order-table.ts';
import { placeOrder } from './place-order.ts';
import { placeRefusal, targetOf } from './place-refusal.ts';
import { refusal } from './refusal-code.ts';
import { kind, type Request } from './request.ts';
import { endOrder } from './resting.ts';
import { workOff } from './work-off.ts';

export function applyRequest(state: FastState, request: Request): void {
  const { nowMs } = request;
  assert(nowMs >= state.nowMs, 'the clock went back');
  state.nowMs = nowMs;
  state.events.begin(nowMs);
  state.orders.releaseRetired();
  forget(state);
  if (request.kind === kind.other) {
    applyOther(state, request, request.command as Command);
    return;
  }
  assertNothingBefore(state, true);
  const idRow = findId(state, request);
  if (request.kind === kind.place) {
    const code = placeRefusal(state, request, idRow);
    const row = idRow === none ? addId(state, request) : idRow;
    const admitted = answer(state, request, row, code);
    if (code !== accepted) return;
    placeOrder(state, request, row, admitted);
    workOff(state, false);
    return;
  }
  const target = targetOf(state, request);
  const code = cancelRefusal(state, request, idRow, target);
  answer(state, request, idRow === none ? addId(state, request) : idRow, code);
  if (code === accepted) endOrder(state, target, done.cancelled);
}

function assertNothingBefore(state: FastState, minds: boolean): void {
  assert(!state.isUnfinished, 'something is left undone');
  assert(!minds || state.dueMs > state.nowMs, 'something is due');
}

/** Drops ids and ended orders that no signature can enter with any more. */
function forget({ ids, ended, nowMs }: FastState): void {
  const { remembered } = ids;
  const sinceMs = nowMs - memoryMs;
  while (remembered.count > 0 && ids.atMs(remembered.oldest) < sinceMs) ids.forgetOldest();
  while (ended.count > 0) {
    const oldest = ended.serialOf(0);
    if (ended.endedAtMs(oldest) >= sinceMs) return;
    ids.forgetEnded(ended.id(oldest), oldest);
    ended.dropOldest();
  }
}

function findId({ ids }: FastState, request: Request): number {
  return request.isDigest ? ids.find(request.words, request.hash) : ids.findText(request.commandId);
}

function addId({ ids }: FastState, request: Request): number {
  return request.isDigest ? ids.add(request.words, request.hash) : ids.addText(request.commandId);
}

/** Says accepted or refused, and remembers it: the first result of an id stays its result. Answers the event's number. */
function answer(state: FastState, request: Request, row: number, code: number): number {
  const { events, ids } = state;
  const { nameLeft, nameRight } = request;
  const sequence =
    code === accepted
      ? events.accepted(nameLeft, nameRight)
      : events.refused(nameLeft, nameRight, code);
  if (ids.sequence(row) === 0) ids.remember(row, { sequence, code, atMs: state.nowMs });
  return sequence;
}

function cancelRefusal(
  { ids, orders }: FastState,
  request: Request,
  idRow: number,
  target: number,
): number {
  if (idRow !== none && ids.sequence(idRow) > 0) return refusal.duplicate_order;
  if (target === none) return refusal.unknown_order;
  return orders.account[target] === request.account ? accepted : refusal.not_owner;
}

/** Commands that are rare: they are read as they came. */
function applyOther(state: FastState, request: Request, command: Command): void {
  const { type } = command;
  if (type !== 'continue') assertNothingBefore(state, type !== 'tick');
  const { events } = state;
  if (type === 'tick' || type === 'continue' || type === 'grant') {
    const code = type === 'grant' ? grantRefusal(state, command) : accepted;
    if (code === accepted) events.accepted(request.nameLeft, request.nameRight);
    else events.refused(request.nameLeft, request.nameRight, code);
    if (type === 'grant' && code === accepted) grantCredit(state, command);
  } else {
    const idRow = findId(state, request);
    const code = otherRefusal(state, command, idRow);
    answer(state, request, idRow === none ? addId(state, request) : idRow, code);
    if (code === accepted) perform(state, command);
  }
  workOff(state, type === 'tick');
}

function otherRefusal(state: FastState, command: Command, idRow: number): number {
  if (command.type === 'set_market_state' && !state.bookOf(command.marketId)) {
    return refusal.unknown_market;
  }
  if (idRow !== none && state.ids.sequence(idRow) > 0) return refusal.duplicate_order;
  switch (command.type) {
    case 'amend':
      return amendRefusal(state, command);
    case 'list_market':
      return listRefusal(state, command);
    case 'set_market_state':
      return stateRefusal(state, command);
    case 'assign_fee_tier':
      assert(Number.isInteger(command.tier) && command.tier >= 0, 'a fee tier is no number of one');
      if (command.tier === 0 || state.feeTiers.has(command.tier)) return accepted;
      return refusal.unknown_fee_tier;
    default:
      return accepted;
  }
}

function perform(state: FastState, command: Command): void {
  switch (command.type) {
    case 'amend':
      amendOrder(state, command);
      return;
    case 'cancel_all': {
      const { account, marketId, side } = command;
      const of = { ...(marketId === undefined ? {} : { marketId }), ...(side ? { side } : {}) };
      state.work.push({ work: 'cancel_all', account, ...of });
      return;
    }
    case 'cancel_all_after':
      setSwitch(state, command);
      return;
    case 'return':
      returnCredit(state, command);
      return;
    case 'list_market':
      listMarket(state, command);
      return;
    case 'set_market_state':
      setMarketState(state, command);
      return;
    case 'define_fee_tier':
      defineFeeTier(state, command);
      return;
    case 'assign_fee_tier':
      assignFeeTier(state, command);
      return;
    case 'place':
    case 'cancel':
    case 'grant':
    case 'tick':
    case 'continue':
      throw new Error(`${command.type} is performed elsewhere`);
    default:
      unreachable(command);
  }
}

/** Sent again, it starts anew; 0 disarms it. */
function setSwitch(state: FastState, { account, afterMs, nowMs }: CancelAllAfter): void {
  assert(Number.isSafeInteger(afterMs) && afterMs >= 0, 'a switch without a time');
  const known = state.accounts.find(account);
  if (known !== none) state.switches.remove(known);
  // Whoever was never heard of and disarms nothing is not worth a handle: those are kept for ever.
  if (afterMs > 0) state.switches.add(state.accounts.handle(account), nowMs + afterMs);
}

function defineFeeTier(state: FastState, command: DefineFeeTier): void {
  const { tier, makerFeeBps, takerFeeBps } = command;
  assert(Number.isInteger(tier) && tier >= 1 && tier <= 255, `${tier} is no fee tier`);
  assertSoundFees(command, `fee tier ${tier}`);
  state.feeTiers.set(tier, { makerFeeBps, takerFeeBps });
}

function assignFeeTier(state: FastState, { account, tier }: AssignFeeTier): void {
  state.accounts.feeTier[state.accounts.handle(account)] = tier;
}
