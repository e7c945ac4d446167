/** An order inside the engine: what was admitted, what became of it, and its place in the book. */
import { assert } from '#domain/assertion.ts';
import type { OrderDone } from '#domain/event.ts';
import type { Market, MarketId } from '#domain/market.ts';
import {
  type Address,
  type Digest,
  type DoneReason,
  holdUnits,
  type OrderProgress,
  type OrderType,
  type Side,
  type TimeInForce,
} from '#domain/order.ts';
import type { CreditLine } from './credit-book.ts';
import type { EngineOrder } from './engine.ts';

/** All resting orders of one price, oldest first. */
export type Level = {
  readonly side: Side;
  readonly priceTicks: number;
  /** Always the sum of what its orders have left. */
  sizeLots: number;
  head: BookOrder | undefined;
  tail: BookOrder | undefined;
};

export type BookOrder = {
  readonly digest: Digest;
  readonly clientOrderId: string | undefined;
  readonly account: Address;
  readonly marketId: MarketId;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly limitTicks: number;
  readonly sizeLots: number;
  readonly spendUnits: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Fee rates at admission: a later change of the market's terms does not touch them. */
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
  /** Sequence number of its `accepted`: the order of time. */
  readonly admitted: number;
  /** Credit that the order holds from, and credit that its proceeds go to. */
  readonly holdLine: CreditLine;
  readonly proceedsLine: CreditLine;

  filledLots: number;
  filledQuoteUnits: number;
  feeUnits: number;
  /** Always `heldFor` of what is left; 0 when done. */
  heldUnits: number;
  status: 'open' | DoneReason;

  /** Links of the level's queue; all undefined while the order does not rest. */
  level: Level | undefined;
  previous: BookOrder | undefined;
  next: BookOrder | undefined;
  /** Place in the expiry heap; -1 while the order does not rest. */
  expiryIndex: number;
};

/** The rate that a hold must cover: an order may trade as taker and as maker, whichever is dearer. */
export const holdFeeBps = (rates: { makerFeeBps: number; takerFeeBps: number }): number =>
  Math.max(rates.makerFeeBps, rates.takerFeeBps);

/** What an order must hold for what is left of it. The parts' floors never exceed the whole's, so it shrinks with every fill by at least the fill's cost. */
export function heldFor(order: BookOrder, market: Market): number {
  const isBySize = order.spendUnits === 0;
  return holdUnits(
    {
      side: order.side,
      limitTicks: order.limitTicks,
      sizeLots: isBySize ? order.sizeLots - order.filledLots : 0,
      spendUnits: isBySize ? 0 : order.spendUnits - order.filledQuoteUnits,
      takerFeeBps: holdFeeBps(order),
    },
    market,
  );
}

export function orderView(order: BookOrder): EngineOrder {
  return { ...progressOf(order), status: order.status };
}

export function orderDone(order: BookOrder, sequence: number, atMs: number): OrderDone {
  const { status } = order;
  assert(status !== 'open', 'an open order is not done');
  return { type: 'order_done', sequence, ...progressOf(order), reason: status, atMs };
}

function progressOf(order: BookOrder): OrderProgress {
  return {
    digest: order.digest,
    account: order.account,
    marketId: order.marketId,
    side: order.side,
    orderType: order.orderType,
    timeInForce: order.timeInForce,
    limitTicks: order.limitTicks,
    sizeLots: order.sizeLots,
    spendUnits: order.spendUnits,
    filledLots: order.filledLots,
    filledQuoteUnits: order.filledQuoteUnits,
    feeUnits: order.feeUnits,
    createdAtMs: order.createdAtMs,
    expiresAtMs: order.expiresAtMs,
    ...(order.clientOrderId === undefined ? {} : { clientOrderId: order.clientOrderId }),
  };
}
