/**
 * The `terms` text of a signed order: what a wallet shows and the engine obeys.
 * Canonical form: `MARKET TYPE TIME_IN_FORCE`, one space between, then `key=value` pairs in the order of the keys' list.
 */
import type { MarketId } from '#domain/market.ts';
import type { OrderType, TimeInForce } from '#domain/order.ts';

export type Terms = { marketId: MarketId; orderType: OrderType; timeInForce: TimeInForce };

const pattern = /^([A-Z0-9]{1,16}-[A-Z0-9]{1,16}) (limit|market) (gtc|ioc)$/;

/** Reads canonical terms; undefined for anything else, so that two texts never mean one order. */
export function parseTerms(text: string): Terms | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, marketId = '', orderType, timeInForce] = match;
  // A market order never rests, so "market gtc" would promise what cannot be.
  if (orderType === 'market' && timeInForce !== 'ioc') return undefined;
  return { marketId, orderType: orderType as OrderType, timeInForce: timeInForce as TimeInForce };
}

export function formatTerms({ marketId, orderType, timeInForce }: Terms): string {
  return `${marketId} ${orderType} ${timeInForce}`;
}
