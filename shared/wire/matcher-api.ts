/** What functions say to a matcher and what it answers, as JSON over HTTP inside the VPC. Numbers are safe integers in units, ticks and lots. */
import * as z from 'zod';
import type { SignedOrder } from '#domain/command.ts';
import type { MarketId, MarketState } from '#domain/market.ts';
import type { Address, Digest, DoneReason, OrderProgress, Side } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import { batchLimit, clientOrderId, digestText, orderJson, signedOrder } from './order-body.ts';

const place = z.strictObject({
  type: z.literal('place'),
  digest: digestText,
  order: signedOrder,
  signature: z.string(),
  clientOrderId: clientOrderId.optional(),
});

const cancel = z.strictObject({
  type: z.literal('cancel'),
  commandId: z.string().min(1).max(80),
  account: z.string(),
  digest: digestText,
  /** Of a signed Cancel; absent where a session asked. */
  createdAtMs: z.number().int().optional(),
});

/** `POST /commands`: verified by the function that sends it; the matcher trusts its security group. */
export const commandsRequest = z.strictObject({
  commands: z
    .array(z.discriminatedUnion('type', [place, cancel]))
    .min(1)
    .max(batchLimit),
});

export type CommandRequest = z.infer<typeof commandsRequest>['commands'][number];

/** A command request as JSON. */
export function commandJson(request: CommandRequest) {
  return request.type === 'place'
    ? { ...request, order: orderJson(request.order as SignedOrder) }
    : request;
}

export type OrderStatus = 'open' | DoneReason;

export type OrderView = OrderProgress & { status: OrderStatus };

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
      repeated?: true;
    }
  | { status: 'refused'; commandId: string; code: Refusal; repeated?: true };

export type CommandsResponse = { epoch: number; results: CommandResult[] };

/** `[priceTicks, sizeLots]`, best first. */
export type DepthLevel = [priceTicks: number, sizeLots: number];
/** `GET /depth?market=ETH-USDC&levels=50`. */
export type DepthView = {
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
  orders: OrderView[];
};

/** `GET /orders/{digest}`: durable state only; empty where the matcher does not, or no longer, remember the order. */
export type RememberedOrder = { order?: OrderView };

/** `POST /credit/demand`: give back what is free of an account, because another group or a withdrawal needs it. */
export const creditDemand = z.strictObject({ account: z.string(), asset: z.string() });
export type CreditDemandResponse = { returnedUnits: number };

/** `GET /health`: 200 while it leads and answers. */
export type MatcherHealth = {
  groupId: string;
  leading: boolean;
  epoch: number;
  frame: number;
  sequence: number;
  stateHash: string;
};
