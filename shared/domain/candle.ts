/** Candles: trades folded into open, high, low, close and volume per interval, each trade exactly once. */
import { assert } from './assertion.ts';
import type { Trade } from './event.ts';
import type { MarketId } from './market.ts';

export const candleIntervalMs = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
} as const;

export type CandleInterval = keyof typeof candleIntervalMs;
export const candleIntervals = Object.keys(candleIntervalMs) as CandleInterval[];

export type Candle = {
  marketId: MarketId;
  interval: CandleInterval;
  /** A whole multiple of the interval since 1970-01-01 UTC. */
  openAtMs: number;
  openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  baseUnits: bigint;
  quoteUnits: bigint;
  trades: number;
  /** The newest trade folded in; an older or equal one was counted before. */
  lastSequence: number;
};

/** What a candle needs of a trade. */
export type CandleTrade = Pick<
  Trade,
  'marketId' | 'sequence' | 'atMs' | 'priceTicks' | 'baseUnits' | 'quoteUnits'
>;

export const candleOpenAtMs = (interval: CandleInterval, atMs: number): number =>
  atMs - (atMs % candleIntervalMs[interval]);

/** Names a candle among all markets and intervals. */
export const candleKey = (candle: Pick<Candle, 'marketId' | 'interval' | 'openAtMs'>): string =>
  `${candle.marketId}#${candle.interval}#${candle.openAtMs}`;

/** The candles that trades touch, each once: what must be read before folding. */
export function touchedCandles(
  trades: readonly CandleTrade[],
): Pick<Candle, 'marketId' | 'interval' | 'openAtMs'>[] {
  const touched = new Map<string, Pick<Candle, 'marketId' | 'interval' | 'openAtMs'>>();
  for (const { marketId, atMs } of trades) {
    for (const interval of candleIntervals) {
      const candle = { marketId, interval, openAtMs: candleOpenAtMs(interval, atMs) };
      touched.set(candleKey(candle), candle);
    }
  }
  return [...touched.values()];
}

/**
 * Folds trades, in order of sequence, into the candles known so far and answers those that changed.
 * A trade that a candle already holds changes nothing, so a repeated batch is harmless.
 */
export function foldTrades(known: readonly Candle[], trades: readonly CandleTrade[]): Candle[] {
  const candles = new Map(known.map((candle) => [candleKey(candle), candle]));
  const changed = new Map<string, Candle>();
  let last = 0;
  for (const trade of trades) {
    assert(trade.sequence > last, 'trades out of order');
    last = trade.sequence;
    for (const interval of candleIntervals) {
      const openAtMs = candleOpenAtMs(interval, trade.atMs);
      const key = candleKey({ marketId: trade.marketId, interval, openAtMs });
      const candle = candles.get(key);
      if (candle && candle.lastSequence >= trade.sequence) continue;
      const grown = candle ? grow(candle, trade) : begin(interval, openAtMs, trade);
      candles.set(key, grown);
      changed.set(key, grown);
    }
  }
  return [...changed.values()];
}

function begin(interval: CandleInterval, openAtMs: number, trade: CandleTrade): Candle {
  return {
    marketId: trade.marketId,
    interval,
    openAtMs,
    openTicks: trade.priceTicks,
    highTicks: trade.priceTicks,
    lowTicks: trade.priceTicks,
    closeTicks: trade.priceTicks,
    baseUnits: BigInt(trade.baseUnits),
    quoteUnits: BigInt(trade.quoteUnits),
    trades: 1,
    lastSequence: trade.sequence,
  };
}

function grow(candle: Candle, trade: CandleTrade): Candle {
  return {
    ...candle,
    highTicks: Math.max(candle.highTicks, trade.priceTicks),
    lowTicks: Math.min(candle.lowTicks, trade.priceTicks),
    closeTicks: trade.priceTicks,
    baseUnits: candle.baseUnits + BigInt(trade.baseUnits),
    quoteUnits: candle.quoteUnits + BigInt(trade.quoteUnits),
    trades: candle.trades + 1,
    lastSequence: trade.sequence,
  };
}
