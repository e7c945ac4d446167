/** What the REST API answers, route by route. Amounts, prices and sizes are decimal text; times are ms; `…Atoms` are chain integers as text. */
import type { MarketState } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { ExportFilters, ExportFormat, ExportKind } from './export-request.ts';
import type { DepthSnapshot, FillJson, MarketStatusJson, OrderJson } from './feed-message.ts';
import type { LiabilityProofJson, PublishedLiability } from './liability-proof.ts';

/** Public data that changes slowly may be kept so long by caches. */
export const marketListMaxAgeSeconds = 10;

export type AssetJson = {
  asset: string;
  decimals: number;
  chainDecimals: number;
  chainAsset: string;
};

/** A market's terms: as text for people, in atoms for whoever builds a signed order. */
export type MarketJson = {
  market: string;
  base: string;
  quote: string;
  group: string;
  state: MarketState;
  /** When the state ends by itself; absent where only an operator ends it. */
  untilMs?: number;
  tickSize: string;
  lotSize: string;
  minSize: string;
  minNotional: string;
  /** Absent where nothing but exact arithmetic bounds an order's worth. */
  maxNotional?: string;
  /** Negative: a rebate. */
  makerFeeBps: number;
  takerFeeBps: number;
  /** How far from the reference price an order may be; 0: anywhere. So the next two, for auctions and for fills. */
  bandBps: number;
  auctionBandBps: number;
  /** How far from the mean price of the last `haltWindowMs` a fill may be: beyond, the market halts. 0: no halts. */
  haltBps: number;
  haltWindowMs: number;
  /** How long such a halt and an auction last; 0: until an operator ends them. */
  haltMs: number;
  auctionMs: number;
  baseChainAsset: string;
  quoteChainAsset: string;
  /** Base atoms in one lot: a size is a multiple of it. */
  lotAtoms: string;
  /** Quote atoms that one lot costs per tick: quoteAmount = ticks × lots × this. */
  tickLotAtoms: string;
};

/** `GET /v1/markets`: with it a client can sign orders. */
export type MarketsJson = {
  chainId: number;
  verifyingContract: Address;
  markets: MarketJson[];
  assets: AssetJson[];
};

export type TimeJson = { nowMs: number };
export type GroupHealthJson = {
  group: string;
  status: 'ok' | 'unavailable';
  epoch?: number;
  frame?: number;
  sequence?: number;
};
export type HealthJson = { status: 'ok'; groups: GroupHealthJson[] };

export type DepthJson = Omit<DepthSnapshot, 'type'> & MarketStatusJson;

export type TradeJson = {
  tradeId: string;
  market: string;
  /** Pages backwards: `?before=` takes it. */
  sequence: number;
  price: string;
  size: string;
  takerSide: 'buy' | 'sell';
  atMs: number;
};
export type TradesJson = { trades: TradeJson[] };

export type CandleJson = {
  openAtMs: number;
  open: string;
  high: string;
  low: string;
  close: string;
  /** In base, and in quote. */
  volume: string;
  quoteVolume: string;
  trades: number;
};
/** Oldest first; an interval without a trade has no candle. */
export type CandlesJson = { market: string; interval: string; candles: CandleJson[] };

/** The last 24 h; prices are absent where nothing was traded. */
export type TickerJson = {
  market: string;
  open?: string;
  high?: string;
  low?: string;
  last?: string;
  volume: string;
  quoteVolume: string;
  trades: number;
  atMs: number;
};

export type PlacedJson = {
  status: 'accepted';
  digest: Digest;
  /** The pair group's sequence number of the acceptance. */
  sequence: number;
  /** Absent where the request is a repetition and the order is long over. */
  order?: OrderJson;
  fills: FillJson[];
  repeated?: true;
};

/** One order of a batch; `unknown` only with `outcome_unknown`: send the same order again to learn it. */
export type BatchResultJson =
  | PlacedJson
  | {
      status: 'refused' | 'unknown';
      digest: Digest;
      code: string;
      message: string;
      repeated?: true;
    };
export type BatchJson = { results: BatchResultJson[] };

/** `POST /v1/orders/amend`, `PATCH /v1/orders/{digest}`: the order as it is now. */
export type AmendedJson = {
  status: 'accepted';
  digest: Digest;
  sequence: number;
  order?: OrderJson;
  repeated?: true;
};

/** A pair group that did not do what all were asked for; `unknown` only with `outcome_unknown`. */
export type GroupProblemJson = {
  group: string;
  status: 'refused' | 'unknown';
  code: string;
  message: string;
};

/** `DELETE /v1/orders`: each pair group answers for itself; `cancelled` is the sum. */
export type CancelledAllJson = {
  cancelled: number;
  groups: (
    | { group: string; status: 'accepted'; sequence: number; cancelled: number }
    | GroupProblemJson
  )[];
};

/** `POST /v1/orders/cancel-all-after`: `switchAtMs` says when a group's switch fires; absent where it is disarmed. */
export type SwitchJson = {
  groups: (
    | { group: string; status: 'accepted'; sequence: number; switchAtMs?: number }
    | GroupProblemJson
  )[];
};

export type NonceJson = { nonce: string; expiresAtMs: number };
export type SessionJson = { token: string; account: Address; expiresAtMs: number };

export type BalanceJson = {
  asset: string;
  free: string;
  /** By open orders. */
  held: string;
  /** Set aside for withdrawals. */
  withdrawing: string;
  /** All three. */
  total: string;
};
export type BalancesJson = { account: Address; balances: BalanceJson[] };
export type OrdersJson = { orders: OrderJson[]; cursor?: string };
/**
 * How far a fill is on its way to the chain, where the stage settles on one: in the journal; in the ledger; in a batch that was sent; in a
 * final block. `taken_back`: it could not settle by its owner's own act on the chain, and the ledger undid it.
 */
export type FillSettlementJson = {
  status: 'matched' | 'cleared' | 'submitted' | 'settled' | 'taken_back';
  /** Of its batch, from the first block that holds it. */
  transactionHash?: string;
};
export type OwnFillJson = FillJson & { settlement?: FillSettlementJson };
export type FillsJson = { fills: OwnFillJson[]; cursor?: string };
export type EntryJson = {
  entryId: string;
  asset: string;
  atMs: number;
  business: string;
  businessId: string;
  /** Signed: what the event moved into or out of the available, the withdrawing and the frozen side. */
  available: string;
  withdrawing: string;
  frozen: string;
  /** The balance after it, where the event knows it: a run of trades knows what is frozen in its pair group only. */
  availableAfter?: string;
  withdrawingAfter?: string;
  frozenAfter?: string;
  /** The account on the other side of an operation. */
  counterparty?: string;
  trades: { sequence: number; market: string; amount: string; fee: string }[];
};
/** Funds that came from outside. */
export type DepositJson = {
  depositId: string;
  /** Of a token that is not listed: its number on the chain. */
  asset: string;
  /** Of a credited one what was credited; before that what came in. Of a token that is not listed: in its atoms. */
  amount: string;
  /**
   * `pending` until its block is final; `reorged`: its block was taken back, and it is pending again once its transaction is mined
   * again; `dust`: less than the exchange counts, kept for the next deposit; `unknown_asset`: a token that is not listed, which
   * stays in the vault until its owner takes it out there.
   */
  status: 'pending' | 'credited' | 'reorged' | 'dust' | 'unknown_asset';
  /** Of a credited one when it was credited; before that when its block was mined. */
  atMs: number;
  /** Of a deposit on the chain: where it is written there. */
  chainId?: number;
  transactionHash?: string;
  logIndex?: number;
  /** Of a pending one: blocks that confirm it, its own among them, and how many are needed. */
  confirmations?: number;
  confirmationsNeeded?: number;
};
/** Those that are credited; beside a first page of the newest, the newest ones that the chain shows and that are not. */
export type DepositsJson = {
  deposits: DepositJson[];
  uncredited?: DepositJson[];
  cursor?: string;
};
/** How far a signed withdrawal is on its way to the chain. Whatever is signed may be paid until its deadline. */
export type WithdrawalStage =
  | 'requested'
  | 'held'
  | 'review'
  | 'signed'
  | 'broadcast'
  | 'confirmed'
  | 'failed'
  | 'returned';
/** Funds that go outside: `demanded` while credit comes back, `held` until they have left or will not. */
export type WithdrawalJson = {
  withdrawalId: string;
  asset: string;
  amount: string;
  status: 'demanded' | 'held' | 'finished' | 'returned';
  askedAtMs: number;
  heldAtMs?: number;
  /** When it was finished or returned. */
  endedAtMs?: number;
  /** What follows is of withdrawals by a signed Withdraw only. */
  stage?: WithdrawalStage;
  recipient?: string;
  deadlineMs?: number;
  /** Where the recipient is new: not paid before. */
  notBeforeMs?: number;
  /** The newest that pays it. */
  transactionHash?: string;
  /** With this anybody may have it paid by the vault, once it has settled the batch. */
  approval?: { afterBatch: string; signature: string };
  /** The vault has less for the account than this by now, since an exit took it: paid should that change, returned after `deadlineMs`. */
  waitsForDeadline?: true;
  failure?: 'deadline_passed' | 'rejected';
};
export type WithdrawalsJson = { withdrawals: WithdrawalJson[]; cursor?: string };
/** A Delegation as its owner signed it, and what became of it; amounts in atoms of `quoteAsset`. */
export type DelegationJson = {
  digest: Digest;
  account: string;
  sessionKey: string;
  quoteAsset: string;
  maxNotionalPerDay: string;
  maxFeeBps: number;
  marketsRoot: string;
  /** The leaves of `marketsRoot`; none where all markets are allowed. */
  markets: { base: string; quote: string }[];
  createdAtMs: number;
  expiresAtMs: number;
  epoch: string;
  salt: string;
  registeredBy: 'signature' | 'chain';
  registeredAtMs: number;
  /** Its key places nothing more since then. */
  revokedAtMs?: number;
};
export type DelegationsJson = { delegations: DelegationJson[]; cursor?: string };
export type EntriesJson = { entries: EntryJson[]; cursor?: string };
/** An export of a statement, and how far it is. */
export type ExportJson = {
  exportId: string;
  kind: ExportKind;
  format: ExportFormat;
  from: number;
  to: number;
  filters: ExportFilters;
  status: 'queued' | 'running' | 'done' | 'failed';
  createdAtMs: number;
  /** `atMs`: rows up to this time are in the file. */
  progress: { rows: number; fromMs: number; toMs: number; atMs: number; percent: number };
  /** Of a file that is there: its size, when it is deleted, and where it can be fetched for some minutes. */
  bytes?: number;
  expiresAtMs?: number;
  url?: string;
  urlExpiresAtMs?: number;
};
/** Newest first, of the last days. */
export type ExportsJson = { exports: ExportJson[] };

export type SettingsJson = { creditPolicy: 'exact' | 'sticky' };
/** `GET /v1/account/settings`: the policy, and what each pair group's matcher holds of the account. */
export type AccountSettingsJson = SettingsJson & {
  groups: {
    group: string;
    /** 0: the markets' own rates. */
    feeTier: number;
    /** When the dead man's switch fires; absent where it is not armed. */
    switchAtMs?: number;
  }[];
};

/** `GET /v1/chain`: where funds are paid in. Its vault is the signing domain's contract. */
export type ChainJson = {
  chainId: number;
  vault: Address;
  exchange: Address;
  /** Blocks that make a deposit count, its own among them, and how long one takes. */
  confirmations: number;
  blockMs: number;
  /** After which a user may leave without us. */
  exitDelaySeconds: number;
  tokens: {
    asset: string;
    /** Its address; the zero address is the chain's own coin. */
    token: string;
    /** On the chain. */
    decimals: number;
  }[];
  /** A node that everybody may ask, on stages that have one. */
  rpcUrl?: string;
};

export type FaucetJson = {
  account: Address;
  /** Minted to the account's own address: to trade with it, deposit it. */
  amounts: { asset: string; amount: string; transactionHash: string }[];
  /** The chain's own coin, for what depositing costs. */
  coinTransactionHash?: string;
  repeated?: true;
};

/** `GET /v1/liabilities`: what users were owed when each day ended, newest first; all that a proof is compared with. */
export type LiabilitiesJson = {
  days: {
    day: string;
    publishedAtMs: number;
    assets: (PublishedLiability & {
      /** The same as `totalUnits`; and what the vault held, and how much more that is than what is owed. */
      total: string;
      vault: string;
      surplus: string;
      /** Who said so: the exchange's own ledger until the vault's contract does. */
      vaultSource: 'ledger' | 'chain';
    })[];
  }[];
  /** Goes into `before`. */
  before?: string;
};

/** `GET /v1/account/liabilities`: a proof for each asset of which the account was owed anything. */
export type LiabilityProofsJson = { account: string; day: string; proofs: LiabilityProofJson[] };
