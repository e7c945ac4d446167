import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assetsOf,
  formatPrice,
  formatSize,
  type Market,
  noProtections,
  parsePrice,
  parseSize,
  tickIsDecimal,
} from '#domain/market.ts';

const eth = { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xaa' };
const usdc = { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: '0xbb' };
/** A lot is 0.0001 ETH, a tick 0.01 USDC. */
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

describe('a price', () => {
  test('is its ticks, exactly', () => {
    expect(parsePrice('1850.25', market, eth, usdc)).toBe(185_025);
    expect(formatPrice(185_025, market, eth, usdc)).toBe('1850.25');
    expect(parsePrice('1850', market, eth, usdc)).toBe(185_000);
  });

  test.each(['1850.255', '-1', '1e3', '', '9999999999999999999999'])('%j is on no tick', (text) => {
    expect(parsePrice(text, market, eth, usdc)).toBeUndefined();
  });

  test('survives being written and read', () => {
    const ticks = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(ticks, (priceTicks) => {
        const text = formatPrice(priceTicks, market, eth, usdc);
        expect(parsePrice(text, market, eth, usdc)).toBe(priceTicks);
      }),
    );
  });

  test('a tick that is no decimal number is a bug of the catalog', () => {
    const thirds = { ...market, baseUnitsPerLot: 30_000 };
    expect(() => formatPrice(1, thirds, eth, usdc)).toThrow('the tick is not a decimal number');
    expect(tickIsDecimal(thirds, eth, usdc)).toBe(false);
    expect(tickIsDecimal(market, eth, usdc)).toBe(true);
  });
});

describe('a size', () => {
  test('is its lots, exactly', () => {
    expect(parseSize('1.2345', market, eth)).toBe(12_345);
    expect(formatSize(12_345, market, eth)).toBe('1.2345');
    expect(parseSize('0.00001', market, eth)).toBeUndefined();
    expect(parseSize('-1', market, eth)).toBeUndefined();
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (lots) => {
        expect(parseSize(formatSize(lots, market, eth), market, eth)).toBe(lots);
      }),
    );
  });
});

test('a market names its two assets', () => {
  expect(assetsOf('ETH-USDC')).toEqual({ base: 'ETH', quote: 'USDC' });
  for (const id of ['ETH', 'ETH-', '-USDC', 'A-B-C', '']) {
    expect(() => assetsOf(id)).toThrow('is not BASE-QUOTE');
  }
});
