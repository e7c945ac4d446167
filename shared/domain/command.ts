/** The matcher's one input. Whoever wants to influence trading sends one of these; each is journaled with the engine time at which it was taken. */
import type { Asset, AssetId } from './asset.ts';
import type { Market, MarketId } from './market.ts';
import type { Address, Cap, Digest, FittedAmounts, OrderType, Side, TimeInForce } from './order.ts';

/** Everything the owner signed. The engine does not read it; settlement on the chain needs it whole, so the journal carries it. */
export type SignedOrder = {
  account: Address;
  signer: Address;
  baseAsset: string;
  quoteAsset: string;
  /** 0 buy, 1 sell. */
  side: 0 | 1;
  /** 0 base, 1 quote. */
  cap: 0 | 1;
  baseAmount: bigint;
  quoteAmount: bigint;
  maxFeeBps: number;
  createdAtMs: number;
  expiresAtMs: number;
  epoch: bigint;
  salt: bigint;
  terms: string;
};

export type PlaceOrder = {
  type: 'place';
  /** The order's digest; also its `commandId`. */
  commandId: Digest;
  nowMs: number;
  account: Address;
  marketId: MarketId;
  side: Side;
  orderType: OrderType;
  timeInForce: TimeInForce;
  cap: Cap;
  /** The signed amounts in ticks and lots by the market's terms at `nowMs`: journaled, so that a replay converts nothing. */
  amounts: FittedAmounts;
  maxFeeBps: number;
  createdAtMs: number;
  expiresAtMs: number;
  clientOrderId?: string;
  signed: SignedOrder;
  /** 65 bytes as lower-case hex. */
  signature: string;
};

export type CancelOrder = {
  type: 'cancel';
  /** The Cancel's own digest, or a random id where a session asked. */
  commandId: string;
  nowMs: number;
  account: Address;
  digest: Digest;
};

/** Funds that the ledger has set aside for this group: number n of (account, asset). */
export type GrantCredit = {
  type: 'grant';
  commandId: string;
  nowMs: number;
  account: Address;
  asset: AssetId;
  grantNumber: number;
  units: number;
  /** The stamp that the grant copied from the ledger's available balance: orders settlement across groups. */
  clock: number;
};

/** Gives free credit back to the ledger: at most `units`, and what is free if that is less. */
export type ReturnCredit = {
  type: 'return';
  commandId: string;
  nowMs: number;
  account: Address;
  asset: AssetId;
  units: number;
};

/** Lists a market or changes its terms. Settings are commands, so that a replay knows them. */
export type ListMarket = {
  type: 'list_market';
  commandId: string;
  nowMs: number;
  market: Market;
  base: Asset;
  quote: Asset;
};

/** Moves the engine's clock, so that orders expire although nobody trades. */
export type Tick = { type: 'tick'; commandId: string; nowMs: number };

export type Command = PlaceOrder | CancelOrder | GrantCredit | ReturnCredit | ListMarket | Tick;
