/** The matcher's one output: what each command did. Numbers are safe integers; `sequence` counts the events of a pair group without a gap. */
import type { Asset, AssetId } from './asset.ts';
import type { Market, MarketId, MarketState } from './market.ts';
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

/** A live order is bound by less than before; `sizeLots` and `spendUnits` are the new wholes, fills included. */
export type OrderAmended = {
  type: 'order_amended';
  sequence: number;
  digest: Digest;
  account: Address;
  marketId: MarketId;
  sizeLots: number;
  spendUnits: number;
  /** Its owner asked, or it met one of its owner's and both were decremented. */
  reason: 'amended' | 'self_trade';
  atMs: number;
};

/** A stop or take-profit enters the market; its place in time is this event's sequence. */
export type OrderTriggered = {
  type: 'order_triggered';
  sequence: number;
  digest: Digest;
  account: Address;
  marketId: MarketId;
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

/** Why a market's state changed: by command, because the next fill was too far from the mean, or because a time was over. */
export type StateChangeReason = 'operator' | 'volatility' | 'schedule';

export type MarketStateChanged = {
  type: 'market_state_changed';
  sequence: number;
  marketId: MarketId;
  state: MarketState;
  reason: StateChangeReason;
  atMs: number;
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs: number;
};

export type EngineEvent =
  | Accepted
  | Refused
  | Trade
  | OrderDone
  | OrderAmended
  | OrderTriggered
  | CreditGranted
  | CreditReturned
  | MarketListed
  | MarketStateChanged;

/** One command and everything it did, as a journal frame holds it. */
export type Outcome<C> = { command: C; events: EngineEvent[] };
