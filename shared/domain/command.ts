/** The matcher's one input. Whoever wants to influence trading sends one of these; each is journaled with the engine time at which it was taken. */
import type { Asset, AssetId } from './asset.ts';
import type { Market, MarketId, MarketState } from './market.ts';
import type {
  Address,
  Cap,
  Digest,
  FittedAmounts,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from './order.ts';

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

/** By whose leave a session key signed: what its orders may be worth a UTC day, in quote units of this pair group. */
export type DelegatedLimit = { digest: Digest; limitUnits: number };

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
  postOnly: boolean;
  selfTrade: SelfTradePrevention;
  cap: Cap;
  /** The signed amounts in ticks and lots by the market's terms at `nowMs`: journaled, so that a replay converts nothing. */
  amounts: FittedAmounts;
  maxFeeBps: number;
  createdAtMs: number;
  expiresAtMs: number;
  clientOrderId?: string;
  /** A live order of the same owner and market that ends in the same moment; it stays where this one is refused. */
  replaces?: Digest;
  /** Absent where the account itself signed. A limit above 2^53 − 1 units is that. */
  delegation?: DelegatedLimit;
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

/** Lowers what an order is bound by, fills included; it keeps its place in the queue. */
export type AmendOrder = {
  type: 'amend';
  /** The Amend's own digest, or a random id where a session asked. */
  commandId: string;
  nowMs: number;
  account: Address;
  digest: Digest;
  /** The new whole size, or the new amount of money where that bounds the order; the other is 0. */
  sizeLots: number;
  spendUnits: number;
  /** The signed amount is no whole number of lots or units. */
  misfit?: 'size_off_lot';
};

/** Cancels all live orders of an account; those of one market or side where named. */
export type CancelAll = {
  type: 'cancel_all';
  commandId: string;
  nowMs: number;
  account: Address;
  marketId?: MarketId;
  side?: Side;
};

/** Dead man's switch: cancels all of the account's orders so long from now, unless it is sent again before; 0 disarms. */
export type CancelAllAfter = {
  type: 'cancel_all_after';
  commandId: string;
  nowMs: number;
  account: Address;
  afterMs: number;
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

/** Who ordered a change of settings, and the reason: for whoever reads the journal later. */
export type Ordered = { by: string; why: string };

/**
 * Lists a market or changes its terms. Settings are commands, so that a replay knows them.
 * A new market begins in `market.state`; a listed one keeps its own.
 */
export type ListMarket = Ordered & {
  type: 'list_market';
  commandId: string;
  nowMs: number;
  market: Market;
  base: Asset;
  quote: Asset;
};

export type SetMarketState = Ordered & {
  type: 'set_market_state';
  commandId: string;
  nowMs: number;
  marketId: MarketId;
  state: MarketState;
};

/** The rates of a fee tier in every market of the group; for orders from now on. */
export type DefineFeeTier = Ordered & {
  type: 'define_fee_tier';
  commandId: string;
  nowMs: number;
  /** 1 to 255; 0 is each market's own rates. */
  tier: number;
  makerFeeBps: number;
  takerFeeBps: number;
};

/** Puts an account into a fee tier; 0 gives it the markets' own rates again. */
export type AssignFeeTier = Ordered & {
  type: 'assign_fee_tier';
  commandId: string;
  nowMs: number;
  account: Address;
  tier: number;
};

/** Moves the engine's clock and does what is due: nothing else may come before it where something is due. */
export type Tick = { type: 'tick'; commandId: string; nowMs: number };

/** Goes on with what one command's bound on events left undone: nothing else may come before it. */
export type Continue = { type: 'continue'; commandId: string; nowMs: number };

export type Command =
  | PlaceOrder
  | CancelOrder
  | AmendOrder
  | CancelAll
  | CancelAllAfter
  | GrantCredit
  | ReturnCredit
  | ListMarket
  | SetMarketState
  | DefineFeeTier
  | AssignFeeTier
  | Tick
  | Continue;
