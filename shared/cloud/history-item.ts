/** The rows of the history table, from journal events to items and from items back to views. */
import { type Candle, type CandleInterval, candleIntervalMs } from '#domain/candle.ts';
import type { OrderDone, Trade } from '#domain/event.ts';
import type { GroupId, MarketId } from '#domain/market.ts';
import type { OrderType, SelfTradePrevention, Side, TimeInForce } from '#domain/order.ts';
import type { FillView, OrderStatus, OrderView } from '#wire/matcher-api.ts';
import { historyKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber, storedUnits } from './stored-number.ts';

/** A trade as everybody may see it. */
export type TradeView = Pick<
  Trade,
  | 'sequence'
  | 'marketId'
  | 'atMs'
  | 'priceTicks'
  | 'sizeLots'
  | 'baseUnits'
  | 'quoteUnits'
  | 'takerSide'
>;

/** Trades, and candles of a minute, are kept for 30 days; everything else for ever. */
const keptSeconds = 30 * 86_400;

const expiryOf = (atMs: number): number => Math.floor(atMs / 1000) + keptSeconds;

export function tradeItem(trade: Trade): Item {
  const { marketId, sequence, atMs, priceTicks, sizeLots, baseUnits, quoteUnits, takerSide } =
    trade;
  return {
    ...historyKeys.trade(marketId, sequence),
    marketId,
    sequence,
    atMs,
    priceTicks,
    sizeLots,
    baseUnits,
    quoteUnits,
    takerSide,
    expiresAt: expiryOf(atMs),
  };
}

export function readTrade(item: Item): TradeView {
  return {
    marketId: String(item['marketId']),
    sequence: storedNumber(item['sequence']),
    atMs: storedNumber(item['atMs']),
    priceTicks: storedNumber(item['priceTicks']),
    sizeLots: storedNumber(item['sizeLots']),
    baseUnits: storedNumber(item['baseUnits']),
    quoteUnits: storedNumber(item['quoteUnits']),
    takerSide: item['takerSide'] as Side,
  };
}

/** Both sides of a trade, each in its owner's partition. */
export function fillItems(groupId: GroupId, trade: Trade): Item[] {
  const makerSide: Side = trade.takerSide === 'buy' ? 'sell' : 'buy';
  const item = (
    role: 'maker' | 'taker',
    own: { account: string; digest: string; side: Side; feeUnits: number },
  ): Item => ({
    ...historyKeys.fill(own.account, trade.atMs, groupId, trade.sequence, role),
    groupId,
    sequence: trade.sequence,
    marketId: trade.marketId,
    atMs: trade.atMs,
    digest: own.digest,
    side: own.side,
    role,
    priceTicks: trade.priceTicks,
    sizeLots: trade.sizeLots,
    quoteUnits: trade.quoteUnits,
    feeUnits: own.feeUnits,
  });
  return [
    item('maker', {
      account: trade.makerAccount,
      digest: trade.makerDigest,
      side: makerSide,
      feeUnits: trade.makerFeeUnits,
    }),
    item('taker', {
      account: trade.takerAccount,
      digest: trade.takerDigest,
      side: trade.takerSide,
      feeUnits: trade.takerFeeUnits,
    }),
  ];
}

export function readFill(item: Item): FillView {
  return {
    sequence: storedNumber(item['sequence']),
    marketId: String(item['marketId']),
    atMs: storedNumber(item['atMs']),
    digest: String(item['digest']),
    side: item['side'] as Side,
    role: item['role'] as 'maker' | 'taker',
    priceTicks: storedNumber(item['priceTicks']),
    sizeLots: storedNumber(item['sizeLots']),
    quoteUnits: storedNumber(item['quoteUnits']),
    feeUnits: storedNumber(item['feeUnits']),
  };
}

/** A finished order twice: among its owner's by time, and by its digest. */
export function doneOrderItems(done: OrderDone): Item[] {
  const { type: _, sequence, reason, ...order } = done;
  const item = { ...order, doneSequence: sequence, status: reason };
  return [
    { ...historyKeys.doneOrder(done.account, done.atMs, done.digest), ...item },
    { ...historyKeys.orderByDigest(done.digest), ...item },
  ];
}

export function readOrder(item: Item): OrderView {
  return {
    digest: String(item['digest']),
    ...(item['clientOrderId'] === undefined
      ? {}
      : { clientOrderId: String(item['clientOrderId']) }),
    account: String(item['account']),
    marketId: String(item['marketId']),
    side: item['side'] as Side,
    orderType: item['orderType'] as OrderType,
    timeInForce: item['timeInForce'] as TimeInForce,
    // Rows of the first rules lack the four fields that came with later ones.
    postOnly: item['postOnly'] === true,
    selfTrade: (item['selfTrade'] ?? 'expire_taker') as SelfTradePrevention,
    limitTicks: storedNumber(item['limitTicks']),
    triggerTicks: storedNumber(item['triggerTicks'] ?? 0),
    sizeLots: storedNumber(item['sizeLots']),
    displayLots: storedNumber(item['displayLots'] ?? 0),
    spendUnits: storedNumber(item['spendUnits']),
    filledLots: storedNumber(item['filledLots']),
    filledQuoteUnits: storedNumber(item['filledQuoteUnits']),
    feeUnits: storedNumber(item['feeUnits']),
    status: item['status'] as OrderStatus,
    createdAtMs: storedNumber(item['createdAtMs']),
    expiresAtMs: storedNumber(item['expiresAtMs']),
    doneAtMs: storedNumber(item['atMs']),
  };
}

export function candleItem(candle: Candle): Item {
  const endsAtMs = candle.openAtMs + candleIntervalMs[candle.interval];
  return {
    ...historyKeys.candle(candle.marketId, candle.interval, candle.openAtMs),
    ...candle,
    ...(candle.interval === '1m' ? { expiresAt: expiryOf(endsAtMs) } : {}),
  };
}

export function readCandle(item: Item): Candle {
  return {
    marketId: String(item['marketId']) as MarketId,
    interval: item['interval'] as CandleInterval,
    openAtMs: storedNumber(item['openAtMs']),
    openTicks: storedNumber(item['openTicks']),
    highTicks: storedNumber(item['highTicks']),
    lowTicks: storedNumber(item['lowTicks']),
    closeTicks: storedNumber(item['closeTicks']),
    baseUnits: storedUnits(item['baseUnits']),
    quoteUnits: storedUnits(item['quoteUnits']),
    trades: storedNumber(item['trades']),
    lastSequence: storedNumber(item['lastSequence']),
  };
}
