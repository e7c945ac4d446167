import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Candle,
  type CandleTrade,
  candleIntervals,
  candleKey,
  foldTrades,
  touchedCandles,
} from '#domain/candle.ts';

const trade = (sequence: number, atMs: number, priceTicks: number, marketId = 'ETH-USDC') => ({
  marketId,
  sequence,
  atMs,
  priceTicks,
  baseUnits: 2,
  quoteUnits: priceTicks * 2,
});

const minute = (candles: Candle[]) => candles.filter((candle) => candle.interval === '1m');

describe('candles', () => {
  test('a candle opens with its first trade, closes with its last and spans the extremes', () => {
    const folded = foldTrades(
      [],
      [trade(1, 60_000, 10), trade(2, 60_001, 14), trade(5, 119_999, 9), trade(6, 120_000, 11)],
    );
    expect(minute(folded)).toEqual([
      {
        marketId: 'ETH-USDC',
        interval: '1m',
        openAtMs: 60_000,
        openTicks: 10,
        highTicks: 14,
        lowTicks: 9,
        closeTicks: 9,
        baseUnits: 6n,
        quoteUnits: 66n,
        trades: 3,
        lastSequence: 5,
      },
      expect.objectContaining({ openAtMs: 120_000, openTicks: 11, trades: 1, lastSequence: 6 }),
    ]);
  });

  test('every interval has its candle, aligned to 1970-01-01 UTC', () => {
    const atMs = Date.UTC(2026, 2, 4, 17, 48, 31);
    const opens = Object.fromEntries(
      foldTrades([], [trade(1, atMs, 10)]).map((candle) => [
        candle.interval,
        new Date(candle.openAtMs).toISOString().slice(8, 16),
      ]),
    );
    expect(opens).toEqual({
      '1m': '04T17:48',
      '5m': '04T17:45',
      '15m': '04T17:45',
      '1h': '04T17:00',
      '4h': '04T16:00',
      '1d': '04T00:00',
    });
  });

  test('markets do not mix', () => {
    const folded = foldTrades([], [trade(1, 0, 10), trade(2, 0, 99, 'BTC-USDC')]);
    expect(folded).toHaveLength(2 * candleIntervals.length);
    expect(minute(folded).map((candle) => candle.highTicks)).toEqual([10, 99]);
  });

  test('a trade that was counted is not counted again', () => {
    const trades = [trade(1, 0, 10), trade(2, 30_000, 12)];
    expect(foldTrades(foldTrades([], trades), trades)).toEqual([]);
  });
});

const anyTrades = fc
  .array(
    fc.record({
      laterMs: fc.integer({ min: 0, max: 400_000 }),
      priceTicks: fc.integer({ min: 1, max: 1_000 }),
      marketId: fc.constantFrom('ETH-USDC', 'BTC-USDC'),
    }),
    { maxLength: 30 },
  )
  .map((drawn) => {
    let atMs = 0;
    return drawn.map(({ laterMs, priceTicks, marketId }, index): CandleTrade => {
      atMs += laterMs;
      return trade(index + 1, atMs, priceTicks, marketId);
    });
  });

test('however the trades are cut and repeated, the candles are the same', () => {
  fc.assert(
    fc.property(anyTrades, fc.array(fc.nat(30), { maxLength: 8 }), (trades, cuts) => {
      const kept = new Map<string, Candle>();
      // Each batch begins at or before where the furthest one ended, as a retried batch does.
      let reached = 0;
      for (const cut of [...cuts, trades.length]) {
        const batch = trades.slice(Math.min(cut, reached), Math.max(cut, reached));
        reached = Math.min(trades.length, Math.max(cut, reached));
        const keys = new Set(touchedCandles(batch).map(candleKey));
        const known = [...kept.values()].filter((candle) => keys.has(candleKey(candle)));
        for (const candle of foldTrades(known, batch)) kept.set(candleKey(candle), candle);
      }
      const atOnce = new Map(foldTrades([], trades).map((candle) => [candleKey(candle), candle]));
      expect(kept).toEqual(atOnce);
    }),
  );
});
