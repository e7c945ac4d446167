/** Three markets in two pair groups, and where orders for them are signed. */
import type { Asset } from '#domain/asset.ts';
import {
  type Catalog,
  catalogSchema,
  groupsOf,
  type ListedMarket,
  listedMarkets,
} from '#wire/catalog.ts';
import { digests, type SigningDomain } from '#wire/eip712.ts';

const market = {
  minSizeLots: 1,
  minNotionalUnits: 1_000_000,
  makerFeeBps: 5,
  takerFeeBps: 10,
  state: 'open' as const,
};

export const demoCatalog: Catalog = catalogSchema.parse({
  assets: [
    { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xe1' },
    { id: 'BTC', decimals: 8, chainDecimals: 8, chainAsset: '0xb1' },
    { id: 'SOL', decimals: 8, chainDecimals: 9, chainAsset: '0x501' },
    { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: '0xd1' },
  ],
  markets: [
    {
      ...market,
      id: 'ETH-USDC',
      groupId: 'majors',
      baseUnitsPerLot: 100_000,
      quoteUnitsPerTickLot: 10,
    },
    {
      ...market,
      id: 'BTC-USDC',
      groupId: 'majors',
      baseUnitsPerLot: 1_000,
      quoteUnitsPerTickLot: 1,
    },
    {
      ...market,
      id: 'SOL-USDC',
      groupId: 'alts',
      baseUnitsPerLot: 1_000_000,
      quoteUnitsPerTickLot: 100,
    },
  ],
});

export const demoMarkets = listedMarkets(demoCatalog);
export const demoGroups = groupsOf(demoCatalog);

/** A directory that never changes. */
export function fixedDirectory(markets: Map<string, ListedMarket>, assets: Asset[] = []) {
  const entries = new Map(
    [...markets].map(([id, listed]) => [id, { ...listed, untilMs: 0, sequence: 0 }]),
  );
  return {
    listed: async () => entries,
    find: async (marketId: string) => entries.get(marketId),
    assets: async () => assets,
  };
}

export const demoDirectory = fixedDirectory(demoMarkets, demoCatalog.assets);
export const demoDomain: SigningDomain = {
  chainId: 31337n,
  verifyingContract: '0x00000000000000000000000000000000000000ff',
};
export const demoDigests = digests(demoDomain);
