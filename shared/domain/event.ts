/** The matcher's one output: what each command did. Numbers are safe integers; `sequence` counts the events of a pair group without a gap. */
import type { Asset, AssetId } from './asset.ts';
import type { Market, MarketId } from './market.ts';
import type { Address, Digest, DoneReason, OrderProgress, Side } from './order.ts';
import type { EngineRefusal } from './refusal.ts';

/** The command was taken; exactly one of accepted and refused opens every command's events. */
export type Accepted = { type: 'accepted'; sequence: number; commandId: string };
export type Refused = { type: 'refused'; sequence: number; commandId: string; code: EngineRefusal };

/** Two orders met at the maker's price. Its identity is its sequence number within the group. */
export type Trade = {
  type: 'trade';
  sequence: number;
  marketId: MarketId;
  atMs: number;
  priceTicks: number;
  sizeLots: number;
  baseUnits: number;
  quoteUnits: number;
  takerSide: Side;
  makerDigest: Digest;
  takerDigest: Digest;
  makerAccount: Address;
  takerAccount: Address;
  makerFeeUnits: number;
  takerFeeUnits: number;
};

/** An order is over: nothing of it can match any more. Carries what its history row needs. */
export type OrderDone = OrderProgress & {
  type: 'order_done';
  sequence: number;
  reason: DoneReason;
  atMs: number;
};

export type CreditGranted = {
  type: 'credit_granted';
  sequence: number;
  account: Address;
  asset: AssetId;
  grantNumber: number;
  units: number;
};

export type CreditReturned = {
  type: 'credit_returned';
  sequence: number;
  account: Address;
  asset: AssetId;
  /** Counts the returns of (account, asset) in this group. */
  returnNumber: number;
  units: number;
};

export type MarketListed = {
  type: 'market_listed';
  sequence: number;
  market: Market;
  base: Asset;
  quote: Asset;
};

export type EngineEvent =
  | Accepted
  | Refused
  | Trade
  | OrderDone
  | CreditGranted
  | CreditReturned
  | MarketListed;

/** One command and everything it did, as a journal frame holds it. */
export type Outcome<C> = { command: C; events: EngineEvent[] };
