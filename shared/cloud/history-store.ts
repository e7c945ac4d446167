/** What has happened in markets and to orders, for reading: trades, candles, tickers, fills, finished orders. */
import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type Candle, type CandleInterval, candleOpenAtMs } from '#domain/candle.ts';
import type { MarketId } from '#domain/market.ts';
import type { Digest } from '#domain/order.ts';
import type { FillView, OrderView } from '#wire/matcher-api.ts';
import { historyKeys, padded } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type Clock, systemClock } from './clock.ts';
import { readCandle, readFill, readOrder, readTrade, type TradeView } from './history-item.ts';
import { type PageOf, queryPage } from './query.ts';
import { type TimePage, timeBounds } from './time-page.ts';

export type { TradeView };

/** The last 24 hours of a market, to the 5-minute candle. */
export type Ticker = {
  marketId: MarketId;
  lastTicks: number;
  /** The window's first price, and its extremes; all three are `lastTicks` where nothing traded in it. */
  openTicks: number;
  highTicks: number;
  lowTicks: number;
  baseUnits: bigint;
  quoteUnits: bigint;
  trades: number;
};

/** Fills by the time of the trade, orders by that of their end; `marketId` leaves out the other markets, `digest` the other orders. */
export type HistoryPage = TimePage & { marketId?: MarketId; digest?: Digest };

export type HistoryStore = {
  /** Newest first; only those before a sequence number where it is given. */
  trades(marketId: MarketId, page: { limit: number; before?: number }): Promise<TradeView[]>;
  /** Oldest first: the newest `limit` candles that open at or after `fromMs` and before `toMs`. Intervals without trades have none. */
  candles(
    marketId: MarketId,
    interval: CandleInterval,
    range: { fromMs: number; toMs: number; limit: number },
  ): Promise<Candle[]>;
  /** Undefined where the market has never traded. */
  ticker(marketId: MarketId, nowMs: number): Promise<Ticker | undefined>;
  /** Newest first, or oldest. */
  fills(account: string, page: HistoryPage): Promise<{ fills: FillView[]; cursor?: string }>;
  /** The last to end first, or the first. */
  doneOrders(account: string, page: HistoryPage): Promise<{ orders: OrderView[]; cursor?: string }>;
  /** A finished order; a live one is known to its matcher only. */
  order(digest: string): Promise<OrderView | undefined>;
};

type Where = { client: DynamoDBDocumentClient; table: string };

const dayMs = 86_400_000;

export function createHistoryStore(options: Where & { clock?: Clock }): HistoryStore {
  const { client, table, clock = systemClock } = options;
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000);
  return {
    async trades(marketId, { limit, before }) {
      const { items } = await queryPage(options, historyKeys.trade(marketId, 0).pk, {
        limit,
        nowSeconds: nowSeconds(),
        ...(before === undefined ? {} : { before: padded(before) }),
      });
      return items.map(readTrade);
    },
    candles: (marketId, interval, range) =>
      readCandles(options, marketId, interval, { ...range, nowSeconds: nowSeconds() }),
    ticker: (marketId, nowMs) => readTicker(options, marketId, nowMs),
    async fills(account, page) {
      const pk = historyKeys.fill(account, 0, '', 0, 'maker').pk;
      const { items, cursor } = await queryPage(options, pk, ownPage(page));
      const fills = items.map(readFill);
      return cursor === undefined ? { fills } : { fills, cursor };
    },
    async doneOrders(account, page) {
      const pk = historyKeys.doneOrder(account, 0, '').pk;
      const { items, cursor } = await queryPage(options, pk, ownPage(page));
      const orders = items.map(readOrder);
      return cursor === undefined ? { orders } : { orders, cursor };
    },
    async order(digest) {
      const get = new GetCommand({ TableName: table, Key: historyKeys.orderByDigest(digest) });
      const { Item: item } = await client.send(get);
      return item && readOrder(item);
    },
  };
}

function ownPage(page: HistoryPage): PageOf {
  const { marketId, digest } = page;
  const equal = (name: string, value: string | undefined) =>
    value === undefined ? [] : [{ name, value }];
  return {
    ...timeBounds(page),
    where: [...equal('marketId', marketId), ...equal('digest', digest)],
  };
}

type CandleRange = { fromMs: number; toMs: number; limit: number; nowSeconds: number };

async function readCandles(
  { client, table }: Where,
  marketId: MarketId,
  interval: CandleInterval,
  { fromMs, toMs, limit, nowSeconds }: CandleRange,
): Promise<Candle[]> {
  assert(limit > 0, 'a page of nothing');
  if (fromMs >= toMs) return [];
  const found: Item[] = [];
  let after: Item | undefined;
  do {
    const answer = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        FilterExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
        ExpressionAttributeValues: {
          ':pk': historyKeys.candle(marketId, interval, 0).pk,
          ':from': padded(Math.max(0, fromMs)),
          ':to': padded(Math.max(0, toMs - 1)),
          ':now': nowSeconds,
        },
        ScanIndexForward: false,
        Limit: limit,
        ...(after ? { ExclusiveStartKey: after } : {}),
      }),
    );
    found.push(...(answer.Items ?? []));
    // Only the newest are wanted, and rows expire oldest first: once some are filtered out, the rest is too.
    const someExpired = (answer.Items?.length ?? 0) < (answer.ScannedCount ?? 0);
    after = someExpired ? undefined : answer.LastEvaluatedKey;
  } while (after && found.length < limit);
  return found.slice(0, limit).map(readCandle).reverse();
}

async function readTicker(
  where: Where,
  marketId: MarketId,
  nowMs: number,
): Promise<Ticker | undefined> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const toMs = nowMs + 1;
  const fromMs = candleOpenAtMs('5m', nowMs - dayMs);
  const day = await readCandles(where, marketId, '5m', { fromMs, toMs, limit: 300, nowSeconds });
  const [first] = day;
  const last = day.at(-1);
  if (first && last) {
    return {
      marketId,
      lastTicks: last.closeTicks,
      openTicks: first.openTicks,
      highTicks: Math.max(...day.map((candle) => candle.highTicks)),
      lowTicks: Math.min(...day.map((candle) => candle.lowTicks)),
      baseUnits: day.reduce((sum, candle) => sum + candle.baseUnits, 0n),
      quoteUnits: day.reduce((sum, candle) => sum + candle.quoteUnits, 0n),
      trades: day.reduce((sum, candle) => sum + candle.trades, 0),
    };
  }
  const ever = { fromMs: 0, toMs, limit: 1, nowSeconds };
  const [newest] = await readCandles(where, marketId, '1d', ever);
  if (!newest) return undefined;
  const lastTicks = newest.closeTicks;
  const nothing = { baseUnits: 0n, quoteUnits: 0n, trades: 0 };
  return {
    marketId,
    lastTicks,
    openTicks: lastTicks,
    highTicks: lastTicks,
    lowTicks: lastTicks,
    ...nothing,
  };
}
