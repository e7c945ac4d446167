import { describe, expect, test } from 'vitest';
import { noProtections } from '#domain/market.ts';
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
  expect(groupsOf(catalogSchema.parse(catalog))).toEqual(['majors', 'alts']);
});

test('a market of an asset that is not listed is an error that names it', () => {
  const broken = catalogSchema.parse({ ...catalog, markets: [market('SOL-USDC')] });
  expect(() => listedMarkets(broken)).toThrow('market SOL-USDC names an asset that is not listed');
});

test('a market whose prices have no decimal text is an error that names it', () => {
  const thirds = { ...market('ETH-USDC'), baseUnitsPerLot: 3 };
  const broken = catalogSchema.parse({ ...catalog, markets: [thirds] });
  expect(() => listedMarkets(broken)).toThrow('market ETH-USDC has a tick that is not a decimal');
});

test('bands, halts and bounds that a market leaves out are none', () => {
  const [parsed] = catalogSchema.parse(catalog).markets;
  expect(parsed).toEqual({ ...market('ETH-USDC'), ...noProtections });
  const banded = { ...market('ETH-USDC'), bandBps: 500, haltBps: 300, haltWindowMs: 60_000 };
  const [kept] = catalogSchema.parse({ ...catalog, markets: [banded] }).markets;
  expect(kept).toMatchObject({ bandBps: 500, haltBps: 300, haltWindowMs: 60_000, haltMs: 0 });
});

test("a maker's rebate may be the whole of the taker's fee", () => {
  const rebate = { ...market('ETH-USDC'), makerFeeBps: -20, takerFeeBps: 20 };
  expect(catalogSchema.safeParse({ ...catalog, markets: [rebate] }).success).toBe(true);
});

describe('a catalog is refused for', () => {
  test.each([
    ['a fee of half a point', { takerFeeBps: 0.5 }],
    ["a rebate above the taker's fee", { makerFeeBps: -21, takerFeeBps: 20 }],
    ["a negative taker's fee", { takerFeeBps: -1 }],
    ['a band of more than all', { bandBps: 10_001 }],
    ['a halt by volatility without a window', { haltBps: 100 }],
    ['a halt of more than a day', { haltMs: 86_400_001 }],
    ['a reference price beyond all ticks', { referenceTicks: 2 ** 31 }],
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
