/** What a stage trades: assets and markets as data. Settings give it to every room; the engine learns it by journaled commands. */
import * as z from 'zod';
import type { Asset } from '#domain/asset.ts';
import { type Market, type MarketState, maxPriceTicks, tickIsDecimal } from '#domain/market.ts';

export const assetSchema: z.ZodType<Asset> = z
  .strictObject({
    id: z.string().regex(/^[A-Z0-9]{1,16}$/),
    decimals: z.number().int().min(0).max(8),
    chainDecimals: z.number().int().min(0).max(36),
    // Orders name it in this one spelling: listed in another, it could never be traded, nor be mended.
    chainAsset: z
      .string()
      .regex(/^0x(0|[1-9a-f][0-9a-f]{0,63})$/, 'lower-case hex without zeros in front'),
  })
  .refine((asset) => asset.decimals <= asset.chainDecimals, {
    message: 'an asset has no more decimals than its chain',
    path: ['decimals'],
  });

const positive = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
/** Orders stay below half of 2^53, so a fee of 10 % at most keeps every sum a safe integer. */
export const feeBpsAtMost = 1_000;
export const takerFeeBps = z.number().int().min(0).max(feeBpsAtMost);
/** Negative: a rebate, out of the taker's fee. */
export const makerFeeBps = z.number().int().min(-feeBpsAtMost).max(feeBpsAtMost);
export const rebateIsCovered = (fees: { makerFeeBps: number; takerFeeBps: number }): boolean =>
  fees.makerFeeBps >= -fees.takerFeeBps;
export const rebateProblem = {
  message: "a rebate is at most the taker's fee",
  path: ['makerFeeBps'],
};
const distanceBps = z.number().int().min(0).max(10_000).default(0);
const durationMs = z.number().int().min(0).max(86_400_000).default(0);

export const marketStates = [
  'pre_open',
  'open',
  'cancel_only',
  'halted',
  'closed',
  'auction',
] as const satisfies readonly MarketState[];

/** What a market may leave out has the values of `noProtections`. */
export const marketSchema: z.ZodType<Market> = z
  .strictObject({
    id: z.string().regex(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/),
    groupId: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
    baseUnitsPerLot: positive,
    quoteUnitsPerTickLot: positive,
    minSizeLots: positive,
    minNotionalUnits: positive,
    maxNotionalUnits: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
    makerFeeBps,
    takerFeeBps,
    bandBps: distanceBps,
    auctionBandBps: distanceBps,
    haltBps: distanceBps,
    haltWindowMs: durationMs,
    haltMs: durationMs,
    auctionMs: durationMs,
    referenceTicks: z.number().int().min(0).max(maxPriceTicks).default(0),
    state: z.enum(marketStates),
  })
  .refine(rebateIsCovered, rebateProblem)
  .refine((market) => market.haltBps === 0 || market.haltWindowMs > 0, {
    message: 'a halt by volatility needs a window',
    path: ['haltWindowMs'],
  });

export const catalogSchema = z.strictObject({
  assets: z.array(assetSchema).min(1),
  markets: z.array(marketSchema).min(1),
});

export type Catalog = z.infer<typeof catalogSchema>;

/** A market with its two assets: what conversions to and from decimal text need. */
export type ListedMarket = {
  market: Market;
  base: Asset;
  quote: Asset;
  /** When the market's state ends by itself; absent or 0 where only an operator ends it. */
  untilMs?: number;
};

/** Joins markets with their assets; throws where a market names an asset that is not listed. */
export function listedMarkets(catalog: Catalog): Map<string, ListedMarket> {
  const assets = new Map(catalog.assets.map((each) => [each.id, each]));
  return new Map(
    catalog.markets.map((each) => {
      const [baseId = '', quoteId = ''] = each.id.split('-');
      const base = assets.get(baseId);
      const quote = assets.get(quoteId);
      if (!base || !quote) throw new Error(`market ${each.id} names an asset that is not listed`);
      if (!tickIsDecimal(each, base, quote))
        throw new Error(`market ${each.id} has a tick that is not a decimal number`);
      return [each.id, { market: each, base, quote }];
    }),
  );
}

/** The pair groups that the markets name, in order of first mention. */
export const groupsOf = (catalog: Catalog): string[] => [
  ...new Set(catalog.markets.map((each) => each.groupId)),
];
