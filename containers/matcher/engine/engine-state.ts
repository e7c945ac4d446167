/** Everything an engine knows, as its verbs pass it around. */
import type { Asset, AssetId } from '#domain/asset.ts';
import type { MarketId } from '#domain/market.ts';
import { CreditBook } from './credit-book.ts';
import { EventOut } from './event-out.ts';
import { ExpiryQueue } from './expiry.ts';
import type { Listing } from './listing.ts';
import { LiveOrders } from './live-orders.ts';
import { Remembered } from './remembered.ts';

export type EngineState = {
  /** Of the newest command. */
  nowMs: number;
  readonly groupId: string | undefined;
  readonly listings: Map<MarketId, Listing>;
  readonly assets: Map<AssetId, Asset>;
  readonly credit: CreditBook;
  readonly live: LiveOrders;
  readonly expiry: ExpiryQueue;
  readonly remembered: Remembered;
  readonly out: EventOut;
};

export function emptyState(groupId: string | undefined): EngineState {
  return {
    nowMs: 0,
    groupId,
    listings: new Map(),
    assets: new Map(),
    credit: new CreditBook(),
    live: new LiveOrders(),
    expiry: new ExpiryQueue(),
    remembered: new Remembered(),
    out: new EventOut(),
  };
}
