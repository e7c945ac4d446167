/** Turns a command's texts into rows and words: the core reads no text. */
import { assert } from '#domain/assertion.ts';
import type {
  CancelOrder,
  Command,
  DelegatedLimit,
  GrantCredit,
  PlaceOrder,
} from '#domain/command.ts';
import { maxPriceTicks } from '#domain/market.ts';
import type { Address } from '#domain/order.ts';
import type { RawCommand, RawPlace } from '#domain/raw-command.ts';
import { type OrderTerms, type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';
import { addressText, nameWords, readDigest } from '../name-words.ts';
import { type CoreInstance, nobody } from './core-instance.ts';
import { requestRow as at, creditLineRow, creditPastRow, digestAt } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { marketStates } from './market-terms.ts';
import { packTraits } from './order-traits.ts';
import { requestNames, writeCancelNames } from './raw-names.ts';
import { misfits, requestKinds } from './request.ts';

const placeKind = requestKinds.indexOf('place');
const cancelKind = requestKinds.indexOf('cancel');

/** Fills the request at `row`. */
export function resolve(command: Command, state: FastState, row: number): void {
  if (command.type === 'cancel' && resolveCancel(command, state, row)) return;
  const { core } = state;
  core.setDouble(row, at.nowMs, command.nowMs);
  core.setInt(row, at.target, nobody);
  core.setInt(row, at.delegation, nobody);
  if (command.type === 'place') {
    core.setInt(row, at.kind, placeKind);
    core.setInt(row, at.account, state.account(command.account));
    resolveClient(command.account, command.clientOrderId, state, row);
    fillOrder(command, command, command.amounts, state, row);
    core.calls.resolveLines(row);
    if (command.replaces !== undefined) resolveTarget(command.replaces, state, row);
    if (command.delegation !== undefined) resolveDelegation(command.delegation, state, row);
  } else {
    core.setInt(row, at.kind, requestKinds.indexOf(command.type));
    resolveOther(command, state, row);
  }
  resolveId(command, state, row);
}

/** A cancel as nearly all are. False where it is another. */
function resolveCancel(command: CancelOrder, state: FastState, row: number): boolean {
  const { core } = state;
  if (!writeCancelNames(command, core, requestNames)) return false;
  beginRaw(command.nowMs, cancelKind, core, row);
  core.calls.resolveRaw(row, requestNames.row, 1);
  // Its order's end will be told by this text.
  state.noteDigest(command.digest, core.int(row, at.target));
  return true;
}

/** The same where names are bytes: account, ids and credit lines are found with others' (`resolveRaw` of the core). */
export function resolveRaw(command: RawCommand, state: FastState, row: number): void {
  const kind = command.type === 'raw_place' ? placeKind : cancelKind;
  beginRaw(command.nowMs, kind, state.core, row);
  if (command.type === 'raw_cancel') return;
  resolveRawClient(command, command.accountAt, state, row);
  fillOrder(command, command, command.amounts, state, row);
}

/** The same of a new order as it came. */
export function resolvePlacement(placement: RawPlacement, state: FastState, row: number): void {
  const { order, nowMs, amounts } = placement;
  const { terms, delegation } = order;
  beginRaw(nowMs, placeKind, state.core, row);
  resolveRawClient(order, order.at + rawOrderAt.account, state, row);
  fillOrder(order, terms, amounts, state, row);
  if (terms.replaces !== undefined) resolveTarget(terms.replaces, state, row);
  if (delegation !== undefined) resolveDelegation(delegation, state, row);
}

function beginRaw(nowMs: number, kind: number, core: CoreInstance, row: number): void {
  core.setDouble(row, at.nowMs, nowMs);
  core.setInt(row, at.kind, kind);
  core.setInt(row, at.target, nobody);
  core.setInt(row, at.delegation, nobody);
}

/** Ids of grants, ticks and continues are not remembered. */
const unremembered: Command['type'][] = ['grant', 'tick', 'continue'];

function resolveId({ type, commandId }: Command, state: FastState, row: number): void {
  const { core } = state;
  const isKept = type === 'place' || type === 'cancel' || !unremembered.includes(type);
  if (isKept && readDigest(commandId, core.ints, digestAt >>> 2)) {
    core.calls.resolveId(row);
    if (type === 'place') state.noteDigest(commandId, core.int(row, at.id));
    return;
  }
  const { left, right } = nameWords(commandId);
  core.setInt(row, at.nameLeft, left);
  core.setInt(row, at.nameRight, right);
  if (isKept) core.calls.resolveTextId(row, state.textIdFor(commandId));
  else core.setInt(row, at.id, nobody);
}

function resolveRawClient(
  { bytes, clientOrderId }: Pick<RawPlace, 'bytes' | 'clientOrderId'>,
  accountAt: number,
  state: FastState,
  row: number,
): void {
  const owner = clientOrderId === undefined ? '' : addressText(bytes, accountAt);
  resolveClient(owner, clientOrderId, state, row);
}

/** What its owner calls an order. */
function resolveClient(
  owner: Address,
  clientOrderId: string | undefined,
  state: FastState,
  row: number,
): void {
  const { core } = state;
  if (clientOrderId === undefined) core.setInt(row, at.client, nobody);
  else core.calls.resolveClient(row, state.clientFor(owner, clientOrderId));
}

/** What was signed. */
type Signed = Pick<PlaceOrder, 'side' | 'cap' | 'maxFeeBps' | 'createdAtMs' | 'expiresAtMs'>;
type Terms = Pick<OrderTerms, 'marketId' | 'orderType' | 'timeInForce' | 'postOnly' | 'selfTrade'>;

/** Writes down all of an order that is no name of a row, but its market. */
function fillOrder(
  signed: Signed,
  terms: Terms,
  amounts: RawPlace['amounts'] | PlaceOrder['amounts'],
  state: FastState,
  row: number,
): void {
  // Messages without figures: they would be made of every order.
  assert(amounts.limitTicks <= maxPriceTicks, 'a limit of more ticks than there are');
  assert(amounts.triggerTicks <= maxPriceTicks, 'a trigger of more ticks than there are');
  const { core } = state;
  const misfit = amounts.misfit === undefined ? 0 : misfits.indexOf(amounts.misfit);
  const isByMoney = signed.cap === 'quote' || amounts.spendUnits > 0;
  const { ints, doubles } = core;
  ints[(row + at.market) >>> 2] = state.market(terms.marketId)?.row ?? nobody;
  ints[(row + at.traits) >>> 2] = packTraits(terms, signed.side);
  ints[(row + at.isByMoney) >>> 2] = isByMoney ? 1 : 0;
  ints[(row + at.misfit) >>> 2] = misfit;
  ints[(row + at.limitTicks) >>> 2] = amounts.limitTicks;
  ints[(row + at.triggerTicks) >>> 2] = amounts.triggerTicks;
  ints[(row + at.maxFeeBps) >>> 2] = signed.maxFeeBps;
  doubles[(row + at.sizeLots) >>> 3] = amounts.sizeLots;
  doubles[(row + at.displayLots) >>> 3] = amounts.displayLots;
  doubles[(row + at.spendUnits) >>> 3] = amounts.spendUnits;
  doubles[(row + at.createdAtMs) >>> 3] = signed.createdAtMs;
  doubles[(row + at.expiresAtMs) >>> 3] = signed.expiresAtMs;
}

function resolveDelegation(
  { digest, limitUnits }: DelegatedLimit,
  state: FastState,
  row: number,
): void {
  const { core } = state;
  assert(Number.isSafeInteger(limitUnits) && limitUnits >= 0, 'a limit that is no amount');
  core.setDouble(row, at.limitUnits, limitUnits);
  if (readDigest(digest, core.ints, digestAt >>> 2)) core.calls.resolveDelegation(row);
  else core.calls.resolveTextDelegation(row, state.textIdFor(digest));
}

/** The order that a command names. */
function resolveTarget(digest: string, state: FastState, row: number): void {
  const { core } = state;
  if (readDigest(digest, core.ints, digestAt >>> 2)) core.calls.resolveTarget(row);
  else core.calls.resolveTextTarget(row, state.textIdFor(digest));
}

function resolveOther(
  command: Exclude<Command, { type: 'place' }>,
  state: FastState,
  row: number,
): void {
  const { core } = state;
  switch (command.type) {
    case 'cancel':
      core.setInt(row, at.account, state.account(command.account));
      resolveTarget(command.digest, state, row);
      return;
    case 'amend':
      core.setInt(row, at.account, state.account(command.account));
      core.setInt(row, at.misfit, command.misfit ? 1 : 0);
      core.setDouble(row, at.sizeLots, command.sizeLots);
      core.setDouble(row, at.spendUnits, command.spendUnits);
      resolveTarget(command.digest, state, row);
      return;
    case 'cancel_all': {
      const { marketId, side } = command;
      const market = marketId === undefined ? undefined : state.market(marketId);
      core.setInt(row, at.account, state.account(command.account));
      core.setInt(row, at.isByMoney, marketId === undefined ? 0 : 1);
      core.setInt(row, at.market, market?.row ?? nobody);
      core.setInt(row, at.detail, side === undefined ? -1 : side === 'sell' ? 1 : 0);
      return;
    }
    case 'cancel_all_after': {
      const { account, afterMs } = command;
      assert(Number.isSafeInteger(afterMs) && afterMs >= 0, 'a switch without a time');
      // Whoever was never heard of and disarms nothing is not worth a row: those are kept for ever.
      core.setDouble(row, at.afterMs, afterMs);
      core.setInt(
        row,
        at.account,
        afterMs > 0 ? state.accountFor(account) : state.account(account),
      );
      return;
    }
    default:
      resolveSetting(command, state, row);
  }
}

function resolveSetting(
  command: Exclude<
    Command,
    { type: 'place' | 'cancel' | 'amend' | 'cancel_all' | 'cancel_all_after' }
  >,
  state: FastState,
  row: number,
): void {
  const { core } = state;
  switch (command.type) {
    case 'grant':
      core.setInt(row, at.account, state.accountFor(command.account));
      core.setInt(row, at.asset, state.assetFor(command.asset));
      assertInTurn(command, state, row);
      core.setDouble(row, at.grantNumber, command.grantNumber);
      core.setDouble(row, at.sizeLots, command.units);
      return;
    case 'return':
      core.setInt(row, at.account, state.account(command.account));
      core.setInt(row, at.asset, state.asset(command.asset));
      core.setDouble(row, at.sizeLots, command.units);
      return;
    case 'set_market_state':
      core.setInt(row, at.market, state.market(command.marketId)?.row ?? nobody);
      core.setInt(row, at.detail, marketStates.indexOf(command.state));
      return;
    case 'define_fee_tier': {
      const { tier, makerFeeBps, takerFeeBps } = command;
      assert(Number.isInteger(tier) && tier >= 1 && tier <= 255, `${tier} is no fee tier`);
      assertSoundFees(command, `fee tier ${tier}`);
      core.setInt(row, at.detail, tier);
      core.setInt(row, at.makerFeeBps, makerFeeBps);
      core.setInt(row, at.takerFeeBps, takerFeeBps);
      return;
    }
    case 'assign_fee_tier': {
      const { tier } = command;
      assert(Number.isInteger(tier) && tier >= 0, 'a fee tier is no number of one');
      core.setInt(row, at.account, state.accountFor(command.account));
      core.setInt(row, at.detail, Math.min(tier, 256));
      return;
    }
    default:
      return;
  }
}

function assertInTurn({ grantNumber }: GrantCredit, { core }: FastState, row: number): void {
  const line = core.calls.findLine(core.int(row, at.account), core.int(row, at.asset));
  const last =
    line === nobody
      ? 0
      : core.double(core.int(line, creditLineRow.past), creditPastRow.grantNumber);
  assert(grantNumber <= last + 1, `grant ${grantNumber} after ${last}`);
}

/** Whole basis points below 100 %; only a maker may be paid. */
export function assertSoundFees(
  { makerFeeBps, takerFeeBps }: { makerFeeBps: number; takerFeeBps: number },
  name: string,
): void {
  const areWhole = Number.isInteger(makerFeeBps) && Number.isInteger(takerFeeBps);
  const areSound = Math.abs(makerFeeBps) < 10_000 && takerFeeBps >= 0 && takerFeeBps < 10_000;
  assert(areWhole && areSound, `${name}: bad fee`);
}
