/**
 * A new order as a function sends it to a matcher. What only the journal, settlement and the chain read stays bytes from the matcher's
 * door to the journal's frame: no text is made of it.
 */
import type { DelegatedLimit } from './command.ts';
import type { MarketId } from './market.ts';
import type {
  Cap,
  Digest,
  FittedAmounts,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from './order.ts';

/** Where the fixed part of an order has its fields, in bytes from where it begins; numbers are big-endian. */
export const rawOrderAt = {
  digest: 0,
  account: 32,
  signer: 52,
  signature: 72,
  /** 16 bytes each, chain atoms. */
  baseAmount: 137,
  quoteAmount: 153,
  /** 8 bytes each. */
  epoch: 169,
  salt: 177,
} as const;

export type RawOrder = {
  bytes: Uint8Array;
  /** Where its fixed part begins. */
  at: number;
  side: Side;
  cap: Cap;
  maxFeeBps: number;
  createdAtMs: number;
  expiresAtMs: number;
  baseAsset: string;
  quoteAsset: string;
  /** The canonical text that was signed. */
  termsText: string;
  terms: OrderTerms;
  clientOrderId: string | undefined;
  /** Of an order that a session key signed: by whose leave. */
  delegation: DelegatedLimit | undefined;
  /** Where a session key asks: its valid Delegations; the order that this one replaces must be by one of them. */
  delegations: readonly Digest[] | undefined;
};

/** What an order's terms text says. */
export type OrderTerms = {
  marketId: MarketId;
  orderType: OrderType;
  timeInForce: TimeInForce;
  /** Shortest decimal text: a price, a size. */
  trigger?: string;
  display?: string;
  postOnly: boolean;
  selfTrade: SelfTradePrevention;
  replaces?: Digest;
};

/** An order whose turn it is, or soon: at which time, and its amounts in ticks and lots by the market's terms of then. */
export type RawPlacement = { order: RawOrder; nowMs: number; amounts: FittedAmounts };
