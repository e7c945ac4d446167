/** What travels over the WebSocket, both ways. Messages to clients come in arrays, at most 32 KB a frame. */
import * as z from 'zod';
import type { StateChangeReason } from '#domain/event.ts';
import { assetsOf, type MarketState } from '#domain/market.ts';
import type { OrderType, SelfTradePrevention, TimeInForce } from '#domain/order.ts';
import type { OrderStatus } from './matcher-api.ts';
import type { EntryJson } from './rest-api.ts';

/** API Gateway's bound on a frame. */
export const frameBytes = 32 * 1024;

/** Channels: `depth:ETH-USDC`, `trades:ETH-USDC`, `market:ETH-USDC`, and `account:0x…` for a signed-in owner. */
export const channelPattern =
  /^(depth|trades|market):[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$|^account:0x[0-9a-f]{40}$/;

const requestId = z.union([z.string().max(64), z.number().int()]).optional();
const channels = z.array(z.string().max(64)).min(1).max(20);

/** `action` selects the route. */
export const feedRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('authenticate'), token: z.string().max(2048), id: requestId }),
  z.strictObject({ action: z.literal('subscribe'), channels, id: requestId }),
  z.strictObject({ action: z.literal('unsubscribe'), channels, id: requestId }),
  z.strictObject({ action: z.literal('ping'), id: requestId }),
]);
export type FeedRequest = z.infer<typeof feedRequest>;

/** Prices, sizes and amounts are decimal text, times ms. */
export type TextLevel = [price: string, size: string];

/** What an auction's uncross would do now. */
export type AuctionJson = {
  price: string;
  size: string;
  /** What one side has more at that price. */
  imbalance: string;
};

export type DepthDelta = {
  type: 'depth';
  market: string;
  /** The first and last sequence that this delta covers; first = the previous delta's last + 1, so that a gap shows. */
  firstSequence: number;
  lastSequence: number;
  /** Changed levels with their new size; "0" removes a level. */
  bids: TextLevel[];
  asks: TextLevel[];
  /** CRC-32C of the top 10 levels, see `depthChecksum`. */
  checksum: number;
  /** While an auction collects crossing orders. */
  auction?: AuctionJson;
};

export type DepthSnapshot = {
  type: 'depth_snapshot';
  market: string;
  sequence: number;
  bids: TextLevel[];
  asks: TextLevel[];
  checksum: number;
  auction?: AuctionJson;
};

/** Where a market stands; the highest `sequence` is the newest. */
export type MarketStatusJson = {
  market: string;
  state: MarketState;
  sequence: number;
  /** When the state ends by itself; absent where only an operator ends it. */
  untilMs?: number;
  lastPrice?: string;
  /** What price bands count from. */
  referencePrice?: string;
  auction?: AuctionJson;
};

/** A market's state or terms changed; `listed`: fetch its terms anew. */
export type MarketMessage = MarketStatusJson & {
  type: 'market';
  reason: StateChangeReason | 'listed';
  atMs: number;
};

export type TradeMessage = {
  type: 'trade';
  market: string;
  tradeId: string;
  price: string;
  size: string;
  takerSide: 'buy' | 'sell';
  atMs: number;
};

/** An order of one's own changed: accepted, triggered, traded, amended or done. It is shown as it is then. */
export type OrderMessage = { type: 'order'; order: OrderJson; sequence: number };
export type FillMessage = { type: 'fill'; fill: FillJson };
/** Credit of one's own in a pair group after a durable frame. */
export type CreditMessage = {
  type: 'credit';
  group: string;
  asset: string;
  free: string;
  held: string;
  sequence: number;
};

/**
 * One's own money moved, by an operation or by the clearing of trades: an entry of `GET /v1/account/entries`, told when it
 * is booked. It may come twice, and later than others: `entryId` says which it is, and orders entries by time.
 */
export type EntryMessage = {
  type: 'entry';
  entry: EntryJson;
  /** Trade lines that are left out here, the last ones: a frame has an end. REST has all of them. */
  tradesLeftOut?: number;
};

/** A private channel has ended with its session; sign in again and subscribe anew. What came after is not sent. */
export type SessionExpired = { type: 'session_expired'; channel: string };

export type FeedMessage =
  | DepthDelta
  | DepthSnapshot
  | TradeMessage
  | MarketMessage
  | OrderMessage
  | FillMessage
  | CreditMessage
  | EntryMessage
  | SessionExpired;

/** What the feed answers to a request. */
export type FeedReply =
  | { type: 'authenticated'; account: string; expiresAtMs: number; id?: string | number }
  | {
      type: 'subscribed';
      channels: string[];
      /** Of the depth channels. */
      snapshots: DepthSnapshot[];
      /** Of the market channels. */
      markets: MarketStatusJson[];
      id?: string | number;
    }
  | { type: 'unsubscribed'; channels: string[]; id?: string | number }
  | { type: 'pong'; atMs: number; id?: string | number }
  | {
      type: 'error';
      code: string;
      message: string;
      requestId: string;
      id?: string | number;
      details?: unknown;
    };

/** An order as the API shows it. */
export type OrderJson = {
  digest: string;
  clientOrderId?: string;
  account: string;
  market: string;
  side: 'buy' | 'sell';
  type: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  /** Self-trade prevention. */
  stp: SelfTradePrevention;
  price: string;
  triggerPrice?: string;
  /** Fills included; lower than what was signed where the order was amended. */
  size?: string;
  spend?: string;
  /** The slice that an iceberg shows. */
  displaySize?: string;
  filledSize: string;
  filledQuote: string;
  /** Negative where rebates are more than fees. */
  fee: string;
  status: OrderStatus;
  createdAtMs: number;
  expiresAtMs: number;
  /** When it ended; of one that is in the history. */
  doneAtMs?: number;
  /** By which Delegation a session key signed it; of a live order that is read, not in the feed. */
  delegation?: string;
};

export type FillJson = {
  tradeId: string;
  market: string;
  orderDigest: string;
  side: 'buy' | 'sell';
  role: 'maker' | 'taker';
  price: string;
  size: string;
  quote: string;
  fee: string;
  feeAsset: string;
  atMs: number;
};

/** One Lambda invocation of the fan-out: bundles of messages for slices of channels. */
export type FanOutRequest = {
  bundles: { channel: string; slices: number[]; scope: string; messages: FeedMessage[] }[];
};

/** The market of a market channel; undefined for a private one or none at all. */
export function marketOfChannel(channel: string): string | undefined {
  if (!channelPattern.test(channel) || channel.startsWith('account:')) return undefined;
  const marketId = channel.slice(channel.indexOf(':') + 1);
  assetsOf(marketId);
  return marketId;
}
