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
  moves: 2,
  icebergParts: 4,
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
    sizeLots,
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

const nothing = { move: [], lower: [], cancel: [], place: [] };

describe('a round of a maker', () => {
  test('places what is missing and leaves alone what is there', () => {
    const wished = wishedQuotes(given);
    expect(decideQuotes(given)).toEqual({ ...nothing, place: wished });
    expect(decideQuotes({ ...given, live: liveOf(wished) })).toEqual(nothing);
    const live = liveOf(wished.slice(1));
    expect(decideQuotes({ ...given, live })).toEqual({ ...nothing, place: wished.slice(0, 1) });
  });

  test('moves the most exposed quotes first, and few at a time', () => {
    const live = liveOf(wishedQuotes({ ...given, fairTicks: fairTicks * 1.01 }));
    const bids = live.filter(({ side }) => side === 'buy');
    const wishedBids = wishedQuotes(given).filter(({ side }) => side === 'buy');
    const { move, cancel, place } = decideQuotes({ ...given, live });

    expect(move.map(({ quote }) => quote)).toEqual(bids.slice(0, 2));
    expect(move.map(({ wish }) => wish)).toEqual(wishedBids.slice(0, 2));
    expect({ cancel, place }).toEqual({ cancel: [], place: [] });
  });

  test('renews a quote before it expires, and one that is mostly filled', () => {
    const wished = wishedQuotes(given);
    const [first, ...others] = liveOf(wished) as [LiveQuote, ...LiveQuote[]];
    for (const quote of [
      { ...first, expiresAtMs: nowMs + 1_000 },
      { ...first, leftLots: 1 },
    ]) {
      const plan = decideQuotes({ ...given, live: [quote, ...others] });
      expect(plan).toEqual({ ...nothing, move: [{ quote, wish: wished[0] }] });
    }
  });

  test('lowers a quote that is far too large to what is wished, with what is filled on top', () => {
    const wished = wishedQuotes(given);
    const [first, ...others] = liveOf(wished) as [LiveQuote, ...LiveQuote[]];
    const large = { ...first, sizeLots: 1_000, leftLots: 900 };
    const plan = decideQuotes({ ...given, live: [large, ...others] });
    const sizeLots = 100 + (wished[0]?.sizeLots ?? 0);
    expect(plan).toEqual({ ...nothing, lower: [{ quote: large, sizeLots }] });
  });

  test('cancels a quote that nothing is wished for any more', () => {
    const live = liveOf(wishedQuotes(given));
    const { cancel, move } = decideQuotes({
      ...given,
      live,
      funds: { baseUnits: 0, quoteUnits: 0 },
    });
    expect(cancel).toHaveLength(style.moves);
    expect(move).toEqual([]);
  });

  test('shows a part of its outermost layer only', () => {
    const shown = wishedQuotes(given).map(({ sizeLots, displayLots = sizeLots }) => [
      sizeLots,
      displayLots,
    ]);
    expect(shown).toEqual([
      ...[
        [200, 200],
        [200, 200],
        [399, 399],
        [399, 399],
      ],
      ...[
        [599, 150],
        [599, 150],
      ],
    ]);
  });
});

describe('a maker’s own quotes', () => {
  test('are never placed into, wherever the price has gone', () => {
    fc.assert(
      fc.property(anyPrice, anyPrice, anyFunds, (before, after, purse) => {
        const live = liveOf(wishedQuotes({ ...given, fairTicks: before, funds: purse }));
        const plan = decideQuotes({ ...given, fairTicks: after, funds: purse, live });
        let standing: Pick<Quote, 'side' | 'priceTicks'>[] = live.filter(
          (quote) => !plan.cancel.includes(quote),
        );
        const moves: { wish: Quote; quote?: LiveQuote }[] = [
          ...plan.move,
          ...plan.place.map((wish) => ({ wish })),
        ];
        for (const { wish, quote } of moves) {
          standing = standing.filter((own) => own !== quote);
          for (const own of standing)
            if (own.side !== wish.side) {
              const [bid, ask] = wish.side === 'buy' ? [wish, own] : [own, wish];
              expect(bid.priceTicks).toBeLessThan(ask.priceTicks);
            }
          standing = [...standing, wish];
        }
        expect(standing.length).toBeLessThanOrEqual(2 * style.layers);
      }),
    );
  });
});
