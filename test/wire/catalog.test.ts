import { describe, expect, test } from 'vitest';
import { catalogSchema, groupsOf, listedMarkets } from '#wire/catalog.ts';
import { padded } from '#wire/table-keys.ts';

const asset = (id: string) => ({ id, decimals: 6, chainDecimals: 18, chainAsset: '0xaa' });
const market = (id: string, groupId = 'majors') => ({
  id,
  groupId,
  baseUnitsPerLot: 1,
  quoteUnitsPerTickLot: 1,
  minSizeLots: 1,
  minNotionalUnits: 1,
  makerFeeBps: 10,
  takerFeeBps: 20,
  state: 'open' as const,
});
const catalog = {
  assets: ['ETH', 'BTC', 'USDC'].map(asset),
  markets: [market('ETH-USDC'), market('BTC-USDC', 'alts'), market('ETH-BTC')],
};

test('markets are joined with their assets', () => {
  const listed = listedMarkets(catalogSchema.parse(catalog));
  expect([...listed.keys()]).toEqual(['ETH-USDC', 'BTC-USDC', 'ETH-BTC']);
  expect(listed.get('ETH-BTC')).toMatchObject({ base: { id: 'ETH' }, quote: { id: 'BTC' } });
  expect(groupsOf(catalog)).toEqual(['majors', 'alts']);
});

test('a market of an asset that is not listed is an error that names it', () => {
  const broken = { ...catalog, markets: [market('SOL-USDC')] };
  expect(() => listedMarkets(broken)).toThrow('market SOL-USDC names an asset that is not listed');
});

describe('a catalog is refused for', () => {
  test.each([
    ['a fee of half a point', { takerFeeBps: 0.5 }],
    ['a lot of nothing', { baseUnitsPerLot: 0 }],
    ['a name that is no pair', { id: 'ETHUSDC' }],
    ['an unknown state', { state: 'ajar' }],
    ['an unknown field', { colour: 'red' }],
  ])('%s', (_, change) => {
    const broken = { ...catalog, markets: [{ ...market('ETH-USDC'), ...change }] };
    expect(catalogSchema.safeParse(broken).success).toBe(false);
  });
});

test('padded numbers sort as numbers', () => {
  const numbers = [0, 9, 10, 99, 1_000, Number.MAX_SAFE_INTEGER];
  expect(numbers.map(padded).toSorted()).toEqual(numbers.map(padded));
  expect(new Set(numbers.map((number) => padded(number).length)).size).toBe(1);
});
