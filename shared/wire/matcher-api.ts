/**
 * What functions say to a matcher and what it answers over HTTP inside the VPC: new orders and their answers as bytes (order-request.ts,
 * order-answers.ts), all else as JSON. Numbers are safe integers in units, ticks and lots.
 */
import * as z from 'zod';
import type { DelegatedLimit, SignedOrder } from '#domain/command.ts';
import type { MarketId, MarketState } from '#domain/market.ts';
import type { Address, Digest, DoneReason, OrderProgress, Side } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import { delegationsOfKeyAtMost } from './delegation-body.ts';
import {
  addressText,
  atomsText,
  batchLimit,
  digestText,
  marketName,
  switchDelayMs,
  timeMs,
} from './order-body.ts';

/** Where a session key asks: its valid Delegations. The order must be by one of them; whatever else is its owner's alone. */
const ofKey = z.array(digestText).min(1).max(delegationsOfKeyAtMost);

/** The digest of what was signed, or 32 random bytes where a session asked. */
const commandId = digestText;

const cancel = z.strictObject({
  type: z.literal('cancel'),
  commandId,
  account: addressText,
  digest: digestText,
  delegations: ofKey.optional(),
  /** Of a signed Cancel; absent where a session asked. */
  createdAtMs: timeMs.optional(),
});

const amend = z.strictObject({
  type: z.literal('amend'),
  commandId,
  account: addressText,
  digest: digestText,
  /** Chain atoms as text: of base, or of quote where money bounds the order. */
  newAmount: atomsText,
  delegations: ofKey.optional(),
  /** Of a signed Amend; absent where a session asked. */
  createdAtMs: timeMs.optional(),
});

const cancelAll = z.strictObject({
  type: z.literal('cancel_all'),
  commandId,
  account: addressText,
  market: marketName.optional(),
  side: z.enum(['buy', 'sell']).optional(),
  /** Only orders that a session key signed by this Delegation. */
  delegation: digestText.optional(),
});

const cancelAllAfter = z.strictObject({
  type: z.literal('cancel_all_after'),
  commandId,
  account: addressText,
  afterMs: switchDelayMs,
});

/** `POST /commands`: verified by the function that sends it; the matcher trusts its security group. */
export const commandsRequest = z.strictObject({
  commands: z
    .array(z.discriminatedUnion('type', [cancel, amend, cancelAll, cancelAllAfter]))
    .min(1)
    .max(batchLimit),
});

/** What users ask for, new orders aside. */
export type OtherRequest = z.infer<typeof commandsRequest>['commands'][number];

/** A new order, verified by the function that sends it. */
export type PlaceRequest = {
  type: 'place';
  digest: Digest;
  order: SignedOrder;
  /** 65 bytes as lower-case hex. */
  signature: string;
  clientOrderId?: string;
  /** Of an order that a session key signed: its Delegation, and its limit a day in quote units (at most 2^53 − 1). */
  delegation?: DelegatedLimit;
  /** Where a session key asks: its valid Delegations. The order that this one replaces must be by one of them. */
  delegations?: Digest[];
};

export type CommandRequest = PlaceRequest | OtherRequest;

/** A request of `POST /commands` as JSON. */
export function commandJson(request: OtherRequest) {
  return request.type === 'amend'
    ? { ...request, newAmount: request.newAmount.toString() }
    : request;
}

export type OrderStatus = 'untriggered' | 'open' | DoneReason;

/** `doneAtMs`: of an order that the history has. */
export type OrderView = OrderProgress & {
  status: OrderStatus;
  doneAtMs?: number;
  /** Of a live order that a session key signed. */
  delegation?: Digest;
};

/** One side of a trade, as its owner sees it. */
export type FillView = {
  sequence: number;
  marketId: MarketId;
  atMs: number;
  digest: Digest;
  side: Side;
  role: 'maker' | 'taker';
  priceTicks: number;
  sizeLots: number;
  quoteUnits: number;
  feeUnits: number;
};

/** The answer to one command; `repeated` where it was taken before and this is its first result. */
export type CommandResult =
  | {
      status: 'accepted';
      commandId: string;
      sequence: number;
      order?: OrderView;
      fills: FillView[];
      /** Of a mass cancel: how many orders it ended. */
      cancelled?: number;
      /** Of a dead man's switch: when it fires; 0 where it is disarmed. */
      switchDueMs?: number;
      repeated?: true;
    }
  | { status: 'refused'; commandId: string; code: Refusal; repeated?: true };

export type CommandsResponse = { epoch: number; results: CommandResult[] };

/** `[priceTicks, sizeLots]`, best first. */
export type DepthLevel = [priceTicks: number, sizeLots: number];
/** What an auction's uncross would do now. */
export type AuctionView = { priceTicks: number; sizeLots: number; imbalanceLots: number };

/** Where a market stands; 0 where there is no such time or price. */
export type MarketStatusView = {
  /** When the state ends by itself; 0 where only an operator ends it. */
  untilMs: number;
  lastTicks: number;
  referenceTicks: number;
  auction?: AuctionView;
};

/** `GET /depth?market=ETH-USDC&levels=50`: durable state only. */
export type DepthView = MarketStatusView & {
  marketId: MarketId;
  state: MarketState;
  sequence: number;
  bids: DepthLevel[];
  asks: DepthLevel[];
  checksum: number;
};

export type CreditView = {
  asset: string;
  freeUnits: number;
  heldUnits: number;
  /** The newest grant that the engine has applied. */
  grantNumber: number;
  /** How often it has returned, and how much in all, modulo 2^53. */
  returnNumber: number;
  returnedUnits: number;
};
/** `GET /accounts/{address}`: durable state only. */
export type AccountView = {
  account: Address;
  sequence: number;
  credit: CreditView[];
  /** Live ones, those that wait for their trigger included. */
  orders: OrderView[];
  /** When the dead man's switch fires; absent where it is not armed. */
  switchDueMs?: number;
  /** 0: the markets' own rates. */
  feeTier: number;
};

/** `GET /orders/{digest}`: durable state only; empty where the matcher does not, or no longer, remember the order. */
export type RememberedOrder = { order?: OrderView };

/** `POST /credit/demand`: give back what is free of an account, because another group or a withdrawal needs it. */
export const creditDemand = z.strictObject({ account: z.string(), asset: z.string() });
export type CreditDemandResponse = { returnedUnits: number };

/**
 * `POST /chain-head`: the newest block of the chain whose restrictive acts (exits, cancels, epochs, revocations) were all acted on,
 * and its own time.
 */
export const chainHead = z.strictObject({ number: z.int().nonnegative(), atMs: timeMs });
export type ChainHead = z.infer<typeof chainHead>;

/** `GET /health`: 200 while it leads and answers. */
export type MatcherHealth = {
  groupId: string;
  leading: boolean;
  epoch: number;
  frame: number;
  sequence: number;
  stateHash: string;
};

/** `GET /standby`: 200 of a process that follows the journal and does not lead. */
export type StandbyView = Omit<MatcherHealth, 'leading'> & {
  leading: false;
  /** Whether it has seen the end of the journal lately. */
  caughtUp: boolean;
  /** How many of its states were compared with the leader's. */
  compared: number;
};
