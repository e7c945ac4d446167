import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Market, maxPriceTicks, noProtections } from '#domain/market.ts';
import {
  fitAmounts,
  holdUnits,
  notionalUnits,
  type OrderType,
  type SignedAmounts,
} from '#domain/order.ts';

const eth = { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xaa' };
const usdc = { id: 'USDC', decimals: 4, chainDecimals: 6, chainAsset: '0xbb' };
/** A lot is 0.0001 ETH, a tick 1 USDC: a lot costs one unit of 0.0001 USDC a tick. */
const market: Market = {
  id: 'ETH-USDC',
  groupId: 'main',
  baseUnitsPerLot: 10_000,
  quoteUnitsPerTickLot: 1,
  minSizeLots: 1,
  minNotionalUnits: 1,
  ...noProtections,
  makerFeeBps: 0,
  takerFeeBps: 0,
  state: 'open',
};
const lotAtoms = 10n ** 14n;
const unitAtoms = 100n;

const converted = (signed: Partial<SignedAmounts>) =>
  fitAmounts(
    {
      side: 'buy',
      orderType: 'limit',
      cap: 'base',
      baseAtoms: 10n ** 18n,
      quoteAtoms: 1_850n * 10n ** 6n,
      ...signed,
    },
    market,
    eth,
    usdc,
  );

const nothing = { limitTicks: 0, sizeLots: 0, spendUnits: 0, triggerTicks: 0, displayLots: 0 };

const safe = BigInt(Number.MAX_SAFE_INTEGER);
const side = fc.constantFrom('buy' as const, 'sell' as const);

describe('signed amounts', () => {
  test('1 ETH for 1850 USDC is 10,000 lots at 1,850 ticks', () => {
    expect(converted({})).toEqual({ ...nothing, limitTicks: 1_850, sizeLots: 10_000 });
  });

  test('that are whole ticks and lots are taken exactly', () => {
    const ticks = fc.bigInt({ min: 1n, max: 10n ** 7n });
    const lots = fc.bigInt({ min: 1n, max: 10n ** 8n });
    fc.assert(
      fc.property(ticks, lots, side, (limitTicks, sizeLots, side) => {
        const baseAtoms = sizeLots * lotAtoms;
        const quoteAtoms = limitTicks * sizeLots * unitAtoms;
        expect(converted({ side, baseAtoms, quoteAtoms })).toEqual({
          ...nothing,
          limitTicks: Number(limitTicks),
          sizeLots: Number(sizeLots),
        });
      }),
    );
  });

  test('are never rounded in a limit order: what is taken converts back to what was signed', () => {
    // Halves of lots and of units, so that some fit and most do not.
    const base = fc.bigInt({ min: 1n, max: 40n }).map((halves) => (halves * lotAtoms) / 2n);
    const quote = fc.bigInt({ min: 1n, max: 4_000n }).map((halves) => (halves * unitAtoms) / 2n);
    fc.assert(
      fc.property(base, quote, side, (baseAtoms, quoteAtoms, side) => {
        const fitted = converted({ baseAtoms, quoteAtoms, side });
        if (fitted.misfit) return;
        expect(BigInt(fitted.sizeLots) * lotAtoms).toBe(baseAtoms);
        expect(BigInt(fitted.limitTicks) * BigInt(fitted.sizeLots) * unitAtoms).toBe(quoteAtoms);
      }),
    );
  });

  test('never loosen the worst price of a market order, conditional or not', () => {
    const marketLike = fc.constantFrom<OrderType>('market', 'stop', 'take_profit');
    const lots = fc.bigInt({ min: 1n, max: 10n ** 6n });
    const quote = fc.bigInt({ min: 1n, max: 10n ** 15n });
    fc.assert(
      fc.property(marketLike, lots, quote, side, (orderType, sizeLots, quoteAtoms, side) => {
        const fitted = converted({
          orderType,
          baseAtoms: sizeLots * lotAtoms,
          quoteAtoms,
          side,
        });
        if (fitted.misfit) return;
        // In atoms of quote for the whole size: price × size against what was signed.
        const worst = BigInt(fitted.limitTicks) * sizeLots * unitAtoms;
        if (side === 'buy') expect(worst <= quoteAtoms).toBe(true);
        else expect(worst >= quoteAtoms).toBe(true);
        expect(worst - quoteAtoms < sizeLots * unitAtoms).toBe(true);
        expect(quoteAtoms - worst < sizeLots * unitAtoms).toBe(true);
      }),
    );
  });

  test('of a market order that a session key signed by size are not rounded, by money they are', () => {
    const offTick = { orderType: 'market', quoteAtoms: 1_850n * 10n ** 6n + 1n } as const;
    expect(converted(offTick)).toMatchObject({ limitTicks: 1_850 });
    expect(converted({ ...offTick, isDelegated: true }).misfit).toBe('price_off_tick');
    const byMoney = { ...offTick, cap: 'quote', quoteAtoms: 1_850n * 10n ** 6n + 100n } as const;
    expect(converted({ ...byMoney, isDelegated: true })).toMatchObject({ limitTicks: 1_850 });
    expect(converted({ orderType: 'market', isDelegated: true })).toMatchObject({
      limitTicks: 1_850,
    });
  });

  test('that fit leave no hold outside safe integers, at any fee below 100 %', () => {
    const atoms = fc.bigInt({ min: 0n, max: 10n ** 38n });
    const cap = fc.constantFrom('base' as const, 'quote' as const);
    fc.assert(
      fc.property(atoms, atoms, side, cap, (baseAtoms, quoteAtoms, side, cap) => {
        const fitted = converted({ orderType: 'market', cap, baseAtoms, quoteAtoms, side });
        if (fitted.misfit) return;
        const hold = holdUnits({ side, ...fitted, takerFeeBps: 9_999 }, market);
        expect(Number.isSafeInteger(hold) && hold >= 0).toBe(true);
      }),
    );
  });
});

describe('a trigger and the slice that an iceberg shows', () => {
  test('are converted beside the amounts', () => {
    const signed = { orderType: 'stop_limit', trigger: '1851', display: '0.05' } as const;
    expect(converted(signed)).toEqual({
      limitTicks: 1_850,
      sizeLots: 10_000,
      spendUnits: 0,
      triggerTicks: 1_851,
      displayLots: 500,
    });
  });

  test('are exact also where the worst price is rounded', () => {
    const rounded = { orderType: 'stop', quoteAtoms: 1_850_500_000n } as const;
    expect(converted({ ...rounded, trigger: '1851' }).limitTicks).toBe(1_850);
    expect(converted({ ...rounded, trigger: '1851.5' }).misfit).toBe('price_off_tick');
  });

  test.each<[string, Partial<SignedAmounts>, string]>([
    ['a trigger between two ticks', { trigger: '1850.5' }, 'price_off_tick'],
    ['a trigger of nothing', { trigger: '0' }, 'price_off_tick'],
    ['a trigger that is no number', { trigger: 'abc' }, 'price_off_tick'],
    ['a trigger beyond all prices', { trigger: `${maxPriceTicks + 1}` }, 'notional_too_large'],
    ['a trigger beyond safe integers', { trigger: '9'.repeat(30) }, 'notional_too_large'],
    ['half a lot shown', { display: '0.00005' }, 'size_off_lot'],
    ['nothing shown', { display: '0' }, 'size_off_lot'],
    ['more shown than can be counted', { display: '9'.repeat(30) }, 'notional_too_large'],
    ['a price and a size that do not fit', { trigger: '0.5', display: '0' }, 'price_off_tick'],
    ['no size and a trigger off tick', { baseAtoms: 0n, trigger: '0.5' }, 'price_off_tick'],
  ])('do not fit: %s', (_, signed, misfit) => {
    expect(converted({ orderType: 'stop_limit', ...signed })).toEqual({ ...nothing, misfit });
  });
});

describe('amounts that do not fit', () => {
  test.each<[string, Partial<SignedAmounts>, string]>([
    ['a price between two ticks', { quoteAtoms: 1_850_500_000n }, 'price_off_tick'],
    ['a price of nothing', { quoteAtoms: 0n }, 'price_off_tick'],
    ['a size of nothing', { baseAtoms: 0n }, 'size_off_lot'],
    ['negative atoms', { baseAtoms: -1n }, 'size_off_lot'],
    ['half a lot', { baseAtoms: lotAtoms / 2n, quoteAtoms: 1_850n * 50n }, 'size_off_lot'],
    ['a market buy below one tick', { orderType: 'market', quoteAtoms: 1n }, 'price_off_tick'],
    [
      'more than safe integers hold',
      { baseAtoms: safe * lotAtoms, quoteAtoms: safe * unitAtoms },
      'notional_too_large',
    ],
    [
      'a price beyond 31 bits',
      { baseAtoms: lotAtoms, quoteAtoms: BigInt(maxPriceTicks + 1) * unitAtoms },
      'notional_too_large',
    ],
    [
      'money between two units',
      { orderType: 'market', cap: 'quote', quoteAtoms: 1_850_000_001n },
      'size_off_lot',
    ],
  ])('%s', (_, signed, misfit) => {
    expect(converted(signed)).toEqual({ ...nothing, misfit });
  });

  test('the highest price is taken', () => {
    const quoteAtoms = BigInt(maxPriceTicks) * unitAtoms;
    expect(converted({ baseAtoms: lotAtoms, quoteAtoms }).limitTicks).toBe(maxPriceTicks);
  });

  test('a market buy by money spends quote units, up to its worst price', () => {
    const signed = { orderType: 'market', cap: 'quote' } as const;
    expect(converted(signed)).toEqual({
      ...nothing,
      limitTicks: 1_850,
      spendUnits: 18_500_000,
    });
  });
});

describe('a hold', () => {
  const order = {
    side: 'buy',
    limitTicks: 1_850,
    sizeLots: 10,
    spendUnits: 0,
    takerFeeBps: 20,
  } as const;

  test('of a buy is notional and taker fee, of a sell its lots', () => {
    expect(notionalUnits(1_850, 10, market)).toBe(18_500);
    expect(holdUnits(order, market)).toBe(18_500 + 37);
    expect(holdUnits({ ...order, side: 'sell' }, market)).toBe(100_000);
  });

  test('of a buy by money is the money and its fee', () => {
    expect(holdUnits({ ...order, sizeLots: 0, spendUnits: 20_000 }, market)).toBe(20_040);
  });
});
