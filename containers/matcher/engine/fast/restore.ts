/** Fills an empty state with what these records were saved from: an engine over it goes on the same. */
import { assert, unreachable } from '#domain/assertion.ts';
import { maxPriceTicks } from '#domain/market.ts';
import type { OrderProgress } from '#domain/order.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import { doneReasons } from '../event-hash.ts';
import { nameWords, readDigest } from '../name-words.ts';
import type {
  CreditRecord,
  MarketRecord,
  OrderRecord,
  RememberedRecord,
  SnapshotRecord,
} from '../snapshot-record.ts';
import { type CoreInstance, nobody } from './core-instance.ts';
import {
  accountRow,
  assetRow,
  orderRow as at,
  creditLineRow,
  creditPastRow,
  delegationRow,
  digestAt,
  engineState,
  feeTiersAt,
  marketRow,
  orderExtrasRow,
  stateAt,
} from './core-layout.ts';
import { restoreWork } from './engine-work.ts';
import type { FastState } from './fast-state.ts';
import { openMarket } from './list-market.ts';
import { orderPlace } from './order-place.ts';
import { extrasOf, setFees, setPlace } from './order-row.ts';
import { packTraits } from './order-traits.ts';
import { accepted } from './request.ts';
import { restoreWindow } from './volatility-window.ts';

export function restore(state: FastState, records: Iterable<SnapshotRecord>): void {
  let hasClock = false;
  for (const record of records) {
    restoreRecord(state, record);
    hasClock ||= record.kind === 'clock';
  }
  finishRestore(state, hasClock);
}

/** The next of an engine's records. */
export function restoreRecord(state: FastState, record: SnapshotRecord): void {
  if (record.kind === 'order') takeOrder(state, record);
  else take(state, record);
}

/** All records were there. */
export function finishRestore({ core }: FastState, hasClock: boolean): void {
  assert(hasClock, 'a snapshot without a clock');
  // An account's orders are linked by age; the books were written by price.
  core.calls.enlistRestored();
  core.calls.findNextDue();
}

function take(state: FastState, record: Exclude<SnapshotRecord, OrderRecord>): void {
  const { core } = state;
  switch (record.kind) {
    case 'market':
      takeMarket(state, record);
      return;
    case 'credit':
      takeLine(state, record);
      return;
    case 'fee_tier': {
      const tier = feeTiersAt + record.tier * 8;
      core.setInt(tier, 0, record.makerFeeBps);
      core.setInt(tier, 4, record.takerFeeBps);
      return;
    }
    case 'account_tier':
      core.setInt(state.accountFor(record.account), accountRow.feeTier, record.tier);
      return;
    case 'switch':
      core.calls.armSwitch(state.accountFor(record.account), record.dueMs);
      return;
    case 'delegation': {
      const row = delegationFor(state, record);
      core.setInt(row, delegationRow.day, record.day);
      core.setDouble(row, delegationRow.openUnits, record.openUnits);
      core.setDouble(row, delegationRow.matchedUnits, record.matchedUnits);
      return;
    }
    case 'work':
      restoreWork(state, record.work);
      return;
    case 'clock':
      core.setDouble(stateAt, engineState.nowMs, record.nowMs);
      core.setDouble(stateAt, engineState.sequence, record.sequence);
      core.ints.set(record.eventLanes, (stateAt + engineState.chainLeft) >>> 2);
      return;
    case 'remembered':
      takeRemembered(state, record);
      return;
    case 'ended': {
      const ended = core.calls.newEnded();
      takeProgress(state, ended, record);
      setPlace(core, ended, {
        place: orderPlace.ended + doneReasons.indexOf(record.status),
        traits: packTraits(record, record.side),
      });
      core.setDouble(ended, at.endedAtMs, record.atMs);
      core.calls.restoreEnded(ended);
      return;
    }
    default:
      unreachable(record);
  }
}

function takeMarket(state: FastState, record: MarketRecord): void {
  const { core } = state;
  const { market, base, quote } = record;
  const { row } = openMarket(state, { market, base, quote });
  core.setDouble(row, marketRow.untilMs, record.untilMs);
  core.setInt(row, marketRow.lastTicks, record.lastTicks);
  core.setDouble(row, marketRow.referenceTicks, record.referenceTicks);
  restoreWindow(core, row, record.window);
}

function takeOrder(state: FastState, record: OrderRecord): void {
  const { core } = state;
  assert(record.limitTicks <= maxPriceTicks, `a limit of ${record.limitTicks} ticks`);
  const order = core.calls.newOrder();
  takeProgress(state, order, record);
  const traits = packTraits(record, record.side);
  setPlace(core, order, { place: orderPlace[record.place], traits });
  setFees(core, order, record);
  core.setDouble(order, at.admitted, record.admitted);
  core.setDouble(order, at.heldUnits, record.heldUnits);
  const { account, delegation: digest } = record;
  const delegation = digest === undefined ? nobody : delegationFor(state, { account, digest });
  const extras = extrasOf(core, order);
  if (delegation !== nobody) core.setInt(extras, orderExtrasRow.delegation, delegation);
  if (record.displayLots > 0) core.setDouble(extras, orderExtrasRow.shownLots, record.shownLots);
  const { left, right } = nameWords(record.digest);
  core.calls.restoreOrder(order, left, right);
}

/** What a live order and one that ended have in common. */
function takeProgress(state: FastState, order: number, record: OrderProgress): void {
  const { core } = state;
  const { clientOrderId } = record;
  const id = idFor(state, record.digest);
  const account = state.accountFor(record.account);
  const hasClient = clientOrderId !== undefined;
  const client = hasClient ? state.clientFor(record.account, clientOrderId) : nobody;
  core.setInt(order, at.id, id);
  core.setInt(order, at.account, account);
  core.setInt(order, at.market, state.market(record.marketId)?.row ?? nobody);
  core.setInt(order, at.extras, extrasFor(core, record, client));
  core.setInt(order, at.limitTicks, record.limitTicks);
  core.setDouble(order, at.sizeLots, record.sizeLots);
  core.setDouble(order, at.filledLots, record.filledLots);
  core.setDouble(order, at.filledQuoteUnits, record.filledQuoteUnits);
  core.setDouble(order, at.feeUnits, record.feeUnits);
  core.setDouble(order, at.createdAtMs, record.createdAtMs);
  core.setDouble(order, at.expiresAtMs, record.expiresAtMs);
}

/** Of an order that has anything that few have. */
function extrasFor(
  core: CoreInstance,
  record: OrderProgress & { delegation?: string },
  client: number,
): number {
  const { triggerTicks, displayLots, spendUnits } = record;
  const hasNames = client !== nobody || record.delegation !== undefined;
  if (!hasNames && triggerTicks === 0 && displayLots === 0 && spendUnits === 0) return nobody;
  const extras = core.calls.newExtras();
  core.setInt(extras, orderExtrasRow.client, client);
  core.setInt(extras, orderExtrasRow.triggerTicks, triggerTicks);
  core.setDouble(extras, orderExtrasRow.displayLots, displayLots);
  core.setDouble(extras, orderExtrasRow.spendUnits, spendUnits);
  return extras;
}

function idFor(state: FastState, text: string): number {
  const { core } = state;
  if (readDigest(text, core.ints, digestAt >>> 2)) return core.calls.idFor();
  return state.textIdFor(text);
}

/** Orders name theirs before its record comes. */
function delegationFor(state: FastState, of: { account: string; digest: string }): number {
  const account = state.accountFor(of.account);
  return state.core.calls.delegationFor(account, idFor(state, of.digest));
}

function takeLine(state: FastState, record: CreditRecord): void {
  const { core } = state;
  const asset = state.assetFor(record.asset);
  const line = core.calls.lineOf(state.accountFor(record.account), asset);
  core.setDouble(line, creditLineRow.freeUnits, record.freeUnits);
  core.setDouble(line, creditLineRow.heldUnits, record.heldUnits);
  const past = core.int(line, creditLineRow.past);
  core.setDouble(past, creditPastRow.grantNumber, record.grantNumber);
  core.setDouble(past, creditPastRow.returnNumber, record.returnNumber);
  core.setDouble(past, creditPastRow.returnedUnits, record.returnedUnits);
  const insideUnits = core.double(asset, assetRow.insideUnits);
  core.setDouble(asset, assetRow.insideUnits, insideUnits + record.freeUnits + record.heldUnits);
}

function takeRemembered(state: FastState, record: RememberedRecord): void {
  const code = record.code === undefined ? accepted : numberedRefusals.indexOf(record.code);
  const id = idFor(state, record.commandId);
  state.core.calls.restoreResult(id, code, record.sequence, record.atMs);
}
