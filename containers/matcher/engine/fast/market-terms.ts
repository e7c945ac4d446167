/** A market as TypeScript knows it: its texts and terms; what changes with trading stands in its row. */

import type { Asset } from '#domain/asset.ts';
import type { StateChangeReason } from '#domain/event.ts';
import type { Market, MarketState } from '#domain/market.ts';
import type { CoreInstance } from './core-instance.ts';
import { marketRow } from './core-layout.ts';

export type Terms = { market: Market; base: Asset; quote: Asset };

/** By the numbers that the core has for them. */
export const marketStates: MarketState[] = [
  'pre_open',
  'open',
  'cancel_only',
  'halted',
  'closed',
  'auction',
];
export const stateReasons: StateChangeReason[] = ['operator', 'volatility', 'schedule'];

/** `terms.market.state` is that of the listing: ask `marketOf`. */
export type ListedMarket = { readonly row: number; readonly id: string; terms: Terms };

export function stateOf(core: CoreInstance, { row }: ListedMarket): MarketState {
  return marketStates[core.int(row, marketRow.state)] as MarketState;
}

/** The terms with the state of this moment. */
export function marketOf(core: CoreInstance, listed: ListedMarket): Market {
  return { ...listed.terms.market, state: stateOf(core, listed) };
}

/** Writes the terms into the market's row; its state and reference price are the caller's. */
export function writeTerms(core: CoreInstance, row: number, market: Market): void {
  core.setInt(row, marketRow.makerFeeBps, market.makerFeeBps);
  core.setInt(row, marketRow.takerFeeBps, market.takerFeeBps);
  for (const name of termNames) core.setDouble(row, marketRow[name], market[name]);
}

const termNames = [
  'baseUnitsPerLot',
  'quoteUnitsPerTickLot',
  'minSizeLots',
  'minNotionalUnits',
  'maxNotionalUnits',
  'bandBps',
  'auctionBandBps',
  'haltBps',
  'haltWindowMs',
  'haltMs',
  'auctionMs',
] as const;
