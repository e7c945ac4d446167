/**
 * All markets that are listed, with their terms and states of a moment ago: as the journal said them, and as the
 * deployment's catalog says them where the journal has not come to it yet.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Asset } from '#domain/asset.ts';
import type { MarketId } from '#domain/market.ts';
import { type Catalog, listedMarkets } from '#wire/catalog.ts';
import { historyKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import type { Clock } from './clock.ts';
import { type DirectoryEntry, readMarketRow } from './market-row.ts';
import { queryAll } from './query.ts';

export type { DirectoryEntry };

export type MarketDirectory = {
  /** By id; markets of the catalog first, then by id. Closed ones stay: their trades must stay readable. */
  listed(): Promise<Map<MarketId, DirectoryEntry>>;
  find(marketId: MarketId): Promise<DirectoryEntry | undefined>;
  /** Of the catalog and of all markets, each once. */
  assets(): Promise<Asset[]>;
};

/** How old an answer may be: a reader sees a new market or state this much later at most, beside the journal's way. */
const freshForMs = 2_000;
/** How long an old answer stands in while the table cannot be read: orders need terms, and these change rarely. */
const staleMs = 60_000;

export function createMarketDirectory(options: {
  client: DynamoDBDocumentClient;
  /** The history table. */
  table: string;
  catalog: Catalog;
  clock: Pick<Clock, 'monotonicMs'>;
  freshMs?: number;
}): MarketDirectory {
  const { catalog, clock, freshMs = freshForMs } = options;
  let known: { markets: Map<MarketId, DirectoryEntry>; atMs: number } | undefined;
  let reading: Promise<Map<MarketId, DirectoryEntry>> | undefined;

  const read = async () => {
    try {
      const items = await queryAll(options, historyKeys.markets);
      const markets = merged(catalog, items);
      known = { markets, atMs: clock.monotonicMs() };
      return markets;
    } catch (error) {
      if (known && clock.monotonicMs() < known.atMs + staleMs) return known.markets;
      throw error;
    } finally {
      reading = undefined;
    }
  };
  const listed = async () => {
    if (known && clock.monotonicMs() < known.atMs + freshMs) return known.markets;
    reading ??= read();
    return reading;
  };

  return {
    listed,
    find: async (marketId) => (await listed()).get(marketId),
    assets: async () => assetsOf(catalog, await listed()),
  };
}

function merged(catalog: Catalog, rows: readonly Item[]): Map<MarketId, DirectoryEntry> {
  const markets = new Map<MarketId, DirectoryEntry>();
  for (const [id, listed] of listedMarkets(catalog))
    markets.set(id, { ...listed, untilMs: 0, sequence: 0 });
  for (const item of rows) {
    const id = String(item['sk']);
    const row = readMarketRow(item, markets.get(id));
    if (row) markets.set(id, row);
  }
  return markets;
}

function assetsOf(catalog: Catalog, markets: Map<MarketId, DirectoryEntry>): Asset[] {
  const assets = new Map(catalog.assets.map((asset) => [asset.id, asset]));
  for (const { base, quote } of markets.values())
    for (const asset of [base, quote]) assets.set(asset.id, asset);
  return [...assets.values()];
}
