/** What a stage trades: assets and markets as data. Settings give it to every room; the engine learns it by journaled commands. */
import * as z from 'zod';
import type { Asset } from '#domain/asset.ts';
import type { Market } from '#domain/market.ts';

const asset: z.ZodType<Asset> = z.strictObject({
  id: z.string().regex(/^[A-Z0-9]{1,16}$/),
  decimals: z.number().int().min(0).max(8),
  chainDecimals: z.number().int().min(0).max(36),
  chainAsset: z.string().regex(/^0x[0-9a-f]{1,64}$/),
});

const positive = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);

const market: z.ZodType<Market> = z.strictObject({
  id: z.string().regex(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/),
  groupId: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  baseUnitsPerLot: positive,
  quoteUnitsPerTickLot: positive,
  minSizeLots: positive,
  minNotionalUnits: positive,
  makerFeeBps: z.number().int().min(0).max(1_000),
  takerFeeBps: z.number().int().min(0).max(1_000),
  state: z.enum(['pre_open', 'open', 'cancel_only', 'halted', 'closed', 'auction']),
});

export const catalogSchema = z.strictObject({
  assets: z.array(asset).min(1),
  markets: z.array(market).min(1),
});

export type Catalog = z.infer<typeof catalogSchema>;

/** A market with its two assets: what conversions to and from decimal text need. */
export type ListedMarket = { market: Market; base: Asset; quote: Asset };

/** Joins markets with their assets; throws where a market names an asset that is not listed. */
export function listedMarkets(catalog: Catalog): Map<string, ListedMarket> {
  const assets = new Map(catalog.assets.map((each) => [each.id, each]));
  return new Map(
    catalog.markets.map((each) => {
      const [baseId = '', quoteId = ''] = each.id.split('-');
      const base = assets.get(baseId);
      const quote = assets.get(quoteId);
      if (!base || !quote) throw new Error(`market ${each.id} names an asset that is not listed`);
      return [each.id, { market: each, base, quote }];
    }),
  );
}

/** The pair groups that the markets name, in order of first mention. */
export const groupsOf = (catalog: Catalog): string[] => [
  ...new Set(catalog.markets.map((each) => each.groupId)),
];
