import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal, parseDecimal } from '#domain/amount.ts';
import { atomsPerUnit } from '#domain/asset.ts';

const decimals = fc.integer({ min: 0, max: 18 });
const value = fc.bigInt({ min: 0n, max: 10n ** 30n - 1n });

describe('decimal text', () => {
  test.each([
    ['12.5', 2, 1250n],
    ['0', 8, 0n],
    ['0.00000001', 8, 1n],
    ['1.50000', 1, 15n],
    ['1.000', 0, 1n],
    ['999999999999999999999999999999', 0, 10n ** 30n - 1n],
  ])('%s at %i decimals is %s', (text, digits, integer) => {
    expect(parseDecimal(text, digits)).toBe(integer);
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '1e3',
    '1E3',
    '.5',
    '5.',
    '01',
    '1,000',
    '1_000',
    '0x10',
    'NaN',
    'Infinity',
    '１',
    '1.2.3',
    '--1',
    '1\n',
  ])('%j is no amount', (text) => {
    expect(parseDecimal(text, 18)).toBeUndefined();
  });

  test('more digits than the asset has are refused, not rounded', () => {
    expect(parseDecimal('1.239', 2)).toBeUndefined();
    expect(parseDecimal('1.230', 2)).toBe(123n);
  });

  test('more than 30 integer digits are no amount', () => {
    expect(parseDecimal('1'.repeat(31), 0)).toBeUndefined();
  });

  test('every amount survives being written and read', () => {
    fc.assert(
      fc.property(value, decimals, (integer, digits) => {
        expect(parseDecimal(formatDecimal(integer, digits), digits)).toBe(integer);
      }),
    );
  });

  test('the shortest exact text is written', () => {
    expect(formatDecimal(1250n, 2)).toBe('12.5');
    expect(formatDecimal(100, 2)).toBe('1');
    expect(formatDecimal(5, 8)).toBe('0.00000005');
    expect(formatDecimal(-1250n, 2)).toBe('-12.5');
    expect(formatDecimal(0, 3)).toBe('0');
  });
});

test('a unit is a whole power of ten of atoms', () => {
  const asset = { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xaa' };
  expect(atomsPerUnit(asset)).toBe(10n ** 10n);
  expect(() => atomsPerUnit({ ...asset, chainDecimals: 6 })).toThrow('ETH: bad decimals');
  expect(() => atomsPerUnit({ ...asset, decimals: 9 })).toThrow('ETH: bad decimals');
});
