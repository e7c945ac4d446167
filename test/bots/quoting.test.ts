import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { feeUnits } from '#domain/fee.ts';
import { notionalUnits } from '#domain/order.ts';
import {
  decideQuotes,
  type LiveQuote,
  type Quote,
  type Style,
  skewOf,
  wishedQuotes,
} from '../../containers/bots/quoting.ts';
import { ethUsdc } from '../client/listed-market.ts';

const { market } = ethUsdc;
const nowMs = 1_700_000_000_000;
const style: Style = {
  layers: 3,
  halfSpreadBps: 6,
  layerBps: 8,
  layerQuoteUnits: 600e6,
  skewBps: 20,
  toleranceBps: 4,
  cancels: 2,
};
const fairTicks = 300_000;
/** 10 ETH and 30,000 USDC: as much of one as of the other. */
const funds = { baseUnits: 10e8, quoteUnits: 30_000e6 };
const given = { fairTicks, funds, live: [] as LiveQuote[], nowMs, market, style };

const liveOf = (quotes: Quote[], expiresAtMs = nowMs + 100_000): LiveQuote[] =>
  quotes.map(({ side, priceTicks, sizeLots }, index) => ({
    digest: `0x${index}`,
    side,
    priceTicks,
    leftLots: sizeLots,
    expiresAtMs,
  }));

const anyFunds = fc.record({
  baseUnits: fc.integer({ min: 0, max: 1_000e8 }),
  quoteUnits: fc.integer({ min: 0, max: 1_000_000e6 }),
});
const anyPrice = fc.integer({ min: 1, max: 10_000_000 });

describe('a maker’s wish', () => {
  test('never needs more than its funds, never crosses itself, never breaks the market’s rules', () => {
    fc.assert(
      fc.property(anyPrice, anyFunds, (price, purse) => {
        const quotes = wishedQuotes({ ...given, fairTicks: price, funds: purse });
        const bids = quotes.filter(({ side }) => side === 'buy');
        const asks = quotes.filter(({ side }) => side === 'sell');
        const cost = bids.map((bid) => {
          const notional = notionalUnits(bid.priceTicks, bid.sizeLots, market);
          return notional + feeUnits(notional, market.takerFeeBps);
        });
        const lots = asks.map(({ sizeLots }) => sizeLots);
        expect(cost.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(purse.quoteUnits);
        expect(
          lots.reduce((sum, each) => sum + each, 0) * market.baseUnitsPerLot,
        ).toBeLessThanOrEqual(purse.baseUnits);
        const best = Math.max(0, ...bids.map(({ priceTicks }) => priceTicks));
        for (const ask of asks) expect(ask.priceTicks).toBeGreaterThan(best);
        for (const { priceTicks, sizeLots } of quotes) {
          expect(sizeLots).toBeGreaterThanOrEqual(market.minSizeLots);
          const notional = notionalUnits(priceTicks, sizeLots, market);
          expect(notional).toBeGreaterThanOrEqual(market.minNotionalUnits);
        }
      }),
    );
  });

  test('is layers on both sides of the fair price, larger the further they are', () => {
    const quotes = wishedQuotes(given);
    const bids = quotes.filter(({ side }) => side === 'buy');
    const asks = quotes.filter(({ side }) => side === 'sell');

    expect([bids.length, asks.length]).toEqual([3, 3]);
    expect(bids.map(({ priceTicks }) => priceTicks)).toEqual([299_820, 299_580, 299_340]);
    expect(asks.map(({ priceTicks }) => priceTicks)).toEqual([300_180, 300_420, 300_660]);
    expect(bids.map(({ sizeLots }) => sizeLots)).toEqual([200, 399, 599]);
  });

  test('leans against its inventory', () => {
    const heavy = { ...funds, baseUnits: 20e8 };
    const light = { ...funds, baseUnits: 5e8 };
    expect(skewOf(given)).toBe(0);
    expect(skewOf({ ...given, funds: heavy })).toBeLessThan(0);
    expect(skewOf({ ...given, funds: light })).toBeGreaterThan(0);
    expect(Math.abs(skewOf({ ...given, funds: { baseUnits: 0, quoteUnits: 1 } }))).toBe(20);
    expect(skewOf({ ...given, funds: { baseUnits: 0, quoteUnits: 0 } })).toBe(0);
  });
});

describe('a round of a maker', () => {
  test('places what is missing and leaves alone what is there', () => {
    const wished = wishedQuotes(given);
    expect(decideQuotes(given)).toEqual({ cancel: [], place: wished });
    expect(decideQuotes({ ...given, live: liveOf(wished) })).toEqual({ cancel: [], place: [] });
    const live = liveOf(wished.slice(1));
    expect(decideQuotes({ ...given, live })).toEqual({ cancel: [], place: wished.slice(0, 1) });
  });

  test('cancels the most exposed quotes first, and few at a time', () => {
    const live = liveOf(wishedQuotes({ ...given, fairTicks: fairTicks * 1.01 }));
    const { cancel } = decideQuotes({ ...given, live });

    const bids = live.filter(({ side }) => side === 'buy');
    expect(cancel).toEqual(bids.slice(0, 2));
  });

  test('replaces a quote before it expires, and one that is mostly filled', () => {
    const wished = wishedQuotes(given);
    const [first, ...others] = liveOf(wished) as [LiveQuote, ...LiveQuote[]];
    const ending = [{ ...first, expiresAtMs: nowMs + 1_000 }, ...others];
    expect(decideQuotes({ ...given, live: ending })).toEqual({
      cancel: [],
      place: wished.slice(0, 1),
    });

    const filled = [{ ...first, leftLots: 1 }, ...others];
    const plan = decideQuotes({ ...given, live: filled });
    expect(plan.cancel).toEqual([{ ...first, leftLots: 1 }]);
    expect(plan.place).toEqual(wished.slice(0, 1));
  });

  test('never places into its own quotes, wherever the price has gone', () => {
    fc.assert(
      fc.property(anyPrice, anyPrice, anyFunds, (before, after, purse) => {
        const live = liveOf(wishedQuotes({ ...given, fairTicks: before, funds: purse }));
        const { cancel, place } = decideQuotes({ ...given, fairTicks: after, funds: purse, live });
        const staying = live.filter((quote) => !cancel.includes(quote));
        for (const wish of place)
          for (const own of staying)
            if (own.side !== wish.side) {
              const [bid, ask] = wish.side === 'buy' ? [wish, own] : [own, wish];
              expect(bid.priceTicks).toBeLessThan(ask.priceTicks);
            }
        expect(staying.length + place.length).toBeLessThanOrEqual(2 * style.layers + style.cancels);
      }),
    );
  });
});
