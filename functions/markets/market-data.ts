/** What happens in a market: its book from the matcher, its trades, candles and ticker from the history. */
import * as z from 'zod';
import type { Clock } from '#cloud/clock.ts';
import type { HistoryStore, Ticker, TradeView } from '#cloud/history-store.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, ok } from '#cloud/http-edge.ts';
import type { MatcherClient } from '#cloud/matcher-client.ts';
import { formatDecimal } from '#domain/amount.ts';
import { type Candle, candleIntervals } from '#domain/candle.ts';
import { formatPrice, formatSize } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { defaultPageLimit, pageLimit, timeMsText, wholeNumber } from '#wire/page-query.ts';
import { depthToJson, statusToJson, tradeId } from '#wire/present.ts';
import type { CandleJson, CandlesJson, DepthJson, TickerJson, TradeJson } from '#wire/rest-api.ts';

export type DataPorts = {
  matchers: Pick<MatcherClient, 'depth'>;
  history: Pick<HistoryStore, 'trades' | 'candles' | 'ticker'>;
  clock: Clock;
};

/** What is past changes once a second at most for a reader; a cache in front may say so. */
const briefly = { 'cache-control': 'public, max-age=1' };

const depthQuery = z.strictObject({ levels: wholeNumber({ min: 1, max: 500 }).default(50) });
const tradesQuery = z.strictObject({
  limit: pageLimit.default(defaultPageLimit),
  before: timeMsText.optional(),
});
const candlesQuery = z.strictObject({
  interval: z.enum(candleIntervals).default('1m'),
  from: timeMsText.default(0),
  to: timeMsText.optional(),
  limit: pageLimit.default(defaultPageLimit),
});
const noQuery = z.strictObject({});

/** `GET …/depth`: the book as of its newest durable frame. */
export async function showDepth(
  request: ApiRequest,
  listed: ListedMarket,
  { matchers }: DataPorts,
): Promise<ApiAnswer> {
  const query = checked(depthQuery, request.query);
  if (isRefused(query)) return query;
  const { id, groupId } = listed.market;
  const depth = await matchers.depth(groupId, id, query.value.levels);
  const { type: _, ...snapshot } = depthToJson(depth, listed);
  const answer: DepthJson = { ...snapshot, ...statusToJson(depth, listed) };
  return ok(answer);
}

/** `GET …/trades`: newest first. */
export async function listTrades(
  request: ApiRequest,
  listed: ListedMarket,
  { history }: DataPorts,
): Promise<ApiAnswer> {
  const query = checked(tradesQuery, request.query);
  if (isRefused(query)) return query;
  const { limit, before } = query.value;
  const trades = await history.trades(listed.market.id, {
    limit,
    ...(before === undefined ? {} : { before }),
  });
  return ok({ trades: trades.map((trade) => tradeJson(trade, listed)) }, briefly);
}

/** `GET …/candles`: oldest first, the newest of the range where it holds more than the limit. */
export async function listCandles(
  request: ApiRequest,
  listed: ListedMarket,
  { history, clock }: DataPorts,
): Promise<ApiAnswer> {
  const query = checked(candlesQuery, request.query);
  if (isRefused(query)) return query;
  const { interval, from: fromMs, to: toMs = clock.nowMs() + 1, limit } = query.value;
  const { id } = listed.market;
  const candles = await history.candles(id, interval, { fromMs, toMs, limit });
  const answer: CandlesJson = {
    market: id,
    interval,
    candles: candles.map((candle) => candleJson(candle, listed)),
  };
  return ok(answer, briefly);
}

/** `GET …/ticker`: the last 24 hours. */
export async function showTicker(
  request: ApiRequest,
  listed: ListedMarket,
  { history, clock }: DataPorts,
): Promise<ApiAnswer> {
  const query = checked(noQuery, request.query);
  if (isRefused(query)) return query;
  const atMs = clock.nowMs();
  const ticker = await history.ticker(listed.market.id, atMs);
  return ok(tickerJson(ticker, listed, atMs), briefly);
}

function tradeJson(trade: TradeView, { market, base, quote }: ListedMarket): TradeJson {
  return {
    tradeId: tradeId(market.groupId, trade.sequence),
    market: trade.marketId,
    sequence: trade.sequence,
    price: formatPrice(trade.priceTicks, market, base, quote),
    size: formatSize(trade.sizeLots, market, base),
    takerSide: trade.takerSide,
    atMs: trade.atMs,
  };
}

function candleJson(candle: Candle, { market, base, quote }: ListedMarket): CandleJson {
  const price = (ticks: number) => formatPrice(ticks, market, base, quote);
  return {
    openAtMs: candle.openAtMs,
    open: price(candle.openTicks),
    high: price(candle.highTicks),
    low: price(candle.lowTicks),
    close: price(candle.closeTicks),
    volume: formatDecimal(candle.baseUnits, base.decimals),
    quoteVolume: formatDecimal(candle.quoteUnits, quote.decimals),
    trades: candle.trades,
  };
}

function tickerJson(
  ticker: Ticker | undefined,
  { market, base, quote }: ListedMarket,
  atMs: number,
): TickerJson {
  if (!ticker) return { market: market.id, volume: '0', quoteVolume: '0', trades: 0, atMs };
  const price = (ticks: number) => formatPrice(ticks, market, base, quote);
  return {
    market: market.id,
    open: price(ticker.openTicks),
    high: price(ticker.highTicks),
    low: price(ticker.lowTicks),
    last: price(ticker.lastTicks),
    volume: formatDecimal(ticker.baseUnits, base.decimals),
    quoteVolume: formatDecimal(ticker.quoteUnits, quote.decimals),
    trades: ticker.trades,
    atMs,
  };
}
