/** Makes events of the rows of a command, with the texts that they are known by. */
import type { EngineEvent, OrderDone, Trade } from '#domain/event.ts';
import type { Digest, DoneReason, OrderProgress } from '#domain/order.ts';
import { type EngineRefusal, numberedRefusals } from '#domain/refusal.ts';
import { amendReasons, doneReasons, eventTags } from '../event-hash.ts';
import { nobody } from './core-instance.ts';
import {
  eventRow as at,
  creditLineRow,
  engineState,
  eventsAt,
  orderRow,
  stateAt,
} from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { marketOf, marketStates, stateReasons } from './market-terms.ts';
import { clientOf, type ExtraAmounts, extraAmountsOf, type Rows, traitsOf } from './order-row.ts';
import { unpackTraits } from './order-traits.ts';

/** As far as the core's rows lie from each other. */
export const eventBytes = 64;

export function renderEvents(
  state: FastState,
  commandId: string,
  emit: (event: EngineEvent) => void,
): void {
  const { core } = state;
  const count = core.int(stateAt, engineState.eventCount);
  const before = state.sequence - count;
  for (let nth = 1; nth <= count; nth += 1) {
    const row = eventsAt + (nth - 1) * eventBytes;
    emit(eventAt(state, commandId, row, before + nth));
  }
}

/** The event of one row; `commandId` is that of the command. */
export function eventAt(
  state: FastState,
  commandId: string,
  row: number,
  sequence: number,
): EngineEvent {
  const { core, nowMs: atMs } = state;
  switch (core.int(row, at.tag)) {
    case eventTags.accepted:
      return { type: 'accepted', sequence, commandId };
    case eventTags.refused: {
      const code = numberedRefusals[core.int(row, at.detail)] as EngineRefusal;
      return { type: 'refused', sequence, commandId, code };
    }
    case eventTags.trade:
      return tradeOf(state, row, sequence);
    case eventTags.order_done:
      return doneOf(state, row, sequence);
    case eventTags.order_amended: {
      const sizeLots = core.double(row, at.sizeLots);
      const spendUnits = core.double(row, at.quoteUnits);
      const reason = amendReasons[core.int(row, at.detail)] as 'amended' | 'self_trade';
      const party = partyOf(state, core.int(row, at.order));
      return { type: 'order_amended', ...party, sizeLots, spendUnits, reason, atMs, sequence };
    }
    case eventTags.order_triggered: {
      const party = partyOf(state, core.int(row, at.order));
      return { type: 'order_triggered', ...party, atMs, sequence };
    }
    default:
      return rareOf(state, row, sequence);
  }
}

function rareOf(state: FastState, row: number, sequence: number): EngineEvent {
  const { core, nowMs: atMs } = state;
  const tag = core.int(row, at.tag);
  if (tag === eventTags.market_listed || tag === eventTags.market_state_changed) {
    const listed = state.marketAt(core.int(row, at.market));
    const { id: marketId, terms } = listed;
    if (tag === eventTags.market_listed) {
      return { type: 'market_listed', ...terms, market: marketOf(core, listed), sequence };
    }
    const now = marketStates[core.double(row, at.sizeLots)] as (typeof marketStates)[number];
    const reason = stateReasons[core.int(row, at.detail)] as (typeof stateReasons)[number];
    const untilMs = core.double(row, at.quoteUnits);
    return { type: 'market_state_changed', marketId, state: now, reason, atMs, untilMs, sequence };
  }
  const line = core.int(row, at.line);
  const account = state.accountName(core.int(line, creditLineRow.account));
  const asset = state.assetName(core.int(line, creditLineRow.asset));
  const units = core.double(row, at.quoteUnits);
  const number = core.double(row, at.sizeLots);
  if (tag === eventTags.credit_granted) {
    return { type: 'credit_granted', account, asset, grantNumber: number, units, sequence };
  }
  return { type: 'credit_returned', account, asset, returnNumber: number, units, sequence };
}

function partyOf(state: FastState, order: number) {
  const { core } = state;
  return {
    digest: state.idText(core.int(order, orderRow.id)),
    account: state.accountName(core.int(order, orderRow.account)),
    marketId: state.marketAt(core.int(order, orderRow.market)).id,
  };
}

function tradeOf(state: FastState, row: number, sequence: number): Trade {
  const { core } = state;
  const maker = core.int(row, at.order);
  const taker = core.int(row, at.taker);
  const { digest: makerDigest, account: makerAccount, marketId } = partyOf(state, maker);
  return {
    type: 'trade',
    sequence,
    marketId,
    atMs: state.nowMs,
    priceTicks: core.int(row, at.detail),
    sizeLots: core.double(row, at.sizeLots),
    baseUnits: core.double(row, at.baseUnits),
    quoteUnits: core.double(row, at.quoteUnits),
    takerSide: unpackTraits(traitsOf(core, taker)).side,
    makerDigest,
    takerDigest: state.idText(core.int(taker, orderRow.id)),
    makerAccount,
    takerAccount: state.accountName(core.int(taker, orderRow.account)),
    makerFeeUnits: core.double(row, at.makerFeeUnits),
    takerFeeUnits: core.double(row, at.takerFeeUnits),
  };
}

/** What an order was when it ended, it stays: reading it after the command is soon enough. */
function doneOf(state: FastState, row: number, sequence: number): OrderDone {
  const { core, nowMs: atMs } = state;
  const reason = doneReasons[core.int(row, at.detail)] as DoneReason;
  const progress = progressOf(state, core.int(row, at.order));
  // Copied first and then added to: an object that begins otherwise is copied field by field.
  return { ...progress, type: 'order_done', sequence, reason, atMs };
}

/** Of an order, live or ended. */
export function progressOf(state: FastState, order: number): OrderProgress {
  const { core } = state;
  const client = clientOf(core, order);
  return progressIn(state, core, order, {
    digest: state.idText(core.int(order, orderRow.id)),
    clientOrderId: client === nobody ? undefined : state.clientText(client),
    amounts: extraAmountsOf(core, order),
  });
}

/** The same where rows were copied. All are made alike, field by field: they are made with every order, and more than once. */
export function progressIn(
  state: FastState,
  rows: Rows,
  order: number,
  {
    digest,
    clientOrderId,
    amounts,
  }: { digest: Digest; clientOrderId: string | undefined; amounts: ExtraAmounts },
): OrderProgress {
  const { ints, doubles } = rows;
  const traits = unpackTraits(traitsOf(rows, order));
  const doubleAt = (field: number) => doubles[(order + field) >>> 3] as number;
  const progress: OrderProgress = {
    digest,
    account: state.accountName(ints[(order + orderRow.account) >>> 2] as number),
    marketId: state.marketAt(ints[(order + orderRow.market) >>> 2] as number).id,
    side: traits.side,
    orderType: traits.orderType,
    timeInForce: traits.timeInForce,
    postOnly: traits.postOnly,
    selfTrade: traits.selfTrade,
    limitTicks: ints[(order + orderRow.limitTicks) >>> 2] as number,
    triggerTicks: amounts.triggerTicks,
    sizeLots: doubleAt(orderRow.sizeLots),
    displayLots: amounts.displayLots,
    spendUnits: amounts.spendUnits,
    filledLots: doubleAt(orderRow.filledLots),
    filledQuoteUnits: doubleAt(orderRow.filledQuoteUnits),
    feeUnits: doubleAt(orderRow.feeUnits),
    createdAtMs: doubleAt(orderRow.createdAtMs),
    expiresAtMs: doubleAt(orderRow.expiresAtMs),
  };
  if (clientOrderId !== undefined) progress.clientOrderId = clientOrderId;
  return progress;
}
