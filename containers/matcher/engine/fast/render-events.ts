/** Makes events of the rows of a command, with the texts that they are known by. */
import { assert } from '#domain/assertion.ts';
import type { EngineEvent, OrderDone, Trade } from '#domain/event.ts';
import type { DoneReason, OrderProgress } from '#domain/order.ts';
import { type EngineRefusal, engineRefusals } from '#domain/refusal.ts';
import { doneReasons, eventTags } from '../event-hash.ts';
import type { FastState } from './fast-state.ts';
import { unpackTraits } from './order-traits.ts';

export function renderEvents(
  state: FastState,
  commandId: string,
  emit: (event: EngineEvent) => void,
): void {
  const { events } = state;
  const { count } = events;
  const first = events.sequence - count + 1;
  for (let row = 0; row < count; row += 1) {
    emit(rendered(state, commandId, row, first + row));
    events.events[row] = undefined;
  }
}

function rendered(state: FastState, commandId: string, row: number, sequence: number): EngineEvent {
  const { events } = state;
  switch (events.tags[row]) {
    case eventTags.accepted:
      return { type: 'accepted', sequence, commandId };
    case eventTags.refused: {
      const code = engineRefusals[events.details[row] as number] as EngineRefusal;
      return { type: 'refused', sequence, commandId, code };
    }
    case eventTags.trade:
      return tradeOf(state, row, sequence);
    case eventTags.order_done:
      return doneOf(state, row, sequence);
    default: {
      const event = events.events[row];
      assert(event, 'an event without a row');
      return event;
    }
  }
}

function tradeOf(state: FastState, row: number, sequence: number): Trade {
  const { events, orders, accounts } = state;
  const maker = events.slots[row] as number;
  const taker = events.takers[row] as number;
  return {
    type: 'trade',
    sequence,
    marketId: state.book(maker).id,
    atMs: state.nowMs,
    priceTicks: events.details[row] as number,
    sizeLots: events.sizeLots[row] as number,
    baseUnits: events.baseUnits[row] as number,
    quoteUnits: events.quoteUnits[row] as number,
    takerSide: unpackTraits(orders.traits[taker] as number).side,
    makerDigest: state.digestOf(maker),
    takerDigest: state.digestOf(taker),
    makerAccount: accounts.names[orders.account[maker] as number] as string,
    takerAccount: accounts.names[orders.account[taker] as number] as string,
    makerFeeUnits: events.makerFeeUnits[row] as number,
    takerFeeUnits: events.takerFeeUnits[row] as number,
  };
}

/** What an order was when it ended, it stays: reading it after the command is soon enough. */
function doneOf(state: FastState, row: number, sequence: number): OrderDone {
  const { events } = state;
  const reason = doneReasons[events.details[row] as number] as DoneReason;
  const progress = progressOf(state, events.slots[row] as number);
  return { type: 'order_done', sequence, ...progress, reason, atMs: state.nowMs };
}

/** Of an order that ended before. */
export function endedProgress(state: FastState, serial: number): OrderProgress {
  const { ended, accounts, ids, markets } = state;
  const { account, market, id } = ended.handles(serial);
  return {
    digest: ids.text(id),
    account: accounts.names[account] as string,
    marketId: markets[market]?.id as string,
    ...ended.progress(serial),
  };
}

export function progressOf(state: FastState, slot: number): OrderProgress {
  const { orders, accounts } = state;
  const clientOrderId = orders.clientOrderIdOf(slot);
  return {
    digest: state.digestOf(slot),
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    account: accounts.names[orders.account[slot] as number] as string,
    marketId: state.book(slot).id,
    ...unpackTraits(orders.traits[slot] as number),
    limitTicks: orders.limitTicks[slot] as number,
    triggerTicks: orders.triggerTicks[slot] as number,
    sizeLots: orders.sizeLots[slot] as number,
    displayLots: orders.displayLots[slot] as number,
    spendUnits: orders.spendUnits[slot] as number,
    filledLots: orders.filledLots[slot] as number,
    filledQuoteUnits: orders.filledQuoteUnits[slot] as number,
    feeUnits: orders.feeUnits[slot] as number,
    createdAtMs: orders.createdAtMs[slot] as number,
    expiresAtMs: orders.expiresAtMs[slot] as number,
  };
}
