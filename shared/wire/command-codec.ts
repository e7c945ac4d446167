/** Commands and events as bytes: the body of a journal frame. */
import type { Asset } from '#domain/asset.ts';
import type {
  CancelOrder,
  Command,
  GrantCredit,
  ListMarket,
  PlaceOrder,
  ReturnCredit,
  SignedOrder,
  Tick,
} from '#domain/command.ts';
import type {
  Accepted,
  CreditGranted,
  CreditReturned,
  EngineEvent,
  MarketListed,
  OrderDone,
  Refused,
  Trade,
} from '#domain/event.ts';
import type { Market } from '#domain/market.ts';
import type { FittedAmounts } from '#domain/order.ts';
import { engineRefusals } from '#domain/refusal.ts';
import {
  bigUint,
  type Codec,
  hex,
  int,
  oneOf,
  optional,
  record,
  text,
  timeMs,
  uint,
  union,
} from './codec.ts';

const address = hex(20);
const digest = hex(32);
const side = oneOf('buy', 'sell');
const orderType = oneOf('limit', 'market');
const timeInForce = oneOf('gtc', 'ioc');
const cap = oneOf('base', 'quote');
const bit = oneOf(0, 1);

const asset = record<Asset>({ id: text, decimals: uint, chainDecimals: uint, chainAsset: text });

const market = record<Market>({
  id: text,
  groupId: text,
  baseUnitsPerLot: uint,
  quoteUnitsPerTickLot: uint,
  minSizeLots: uint,
  minNotionalUnits: uint,
  makerFeeBps: int,
  takerFeeBps: int,
  state: oneOf('pre_open', 'open', 'cancel_only', 'halted', 'closed', 'auction'),
});

const fitted = record<FittedAmounts>({
  limitTicks: uint,
  sizeLots: uint,
  spendUnits: uint,
  misfit: optional(oneOf('price_off_tick', 'size_off_lot', 'notional_too_large')),
});

const signedOrder = record<SignedOrder>({
  account: address,
  signer: address,
  baseAsset: text,
  quoteAsset: text,
  side: bit,
  cap: bit,
  baseAmount: bigUint,
  quoteAmount: bigUint,
  maxFeeBps: uint,
  createdAtMs: timeMs,
  expiresAtMs: uint,
  epoch: bigUint,
  salt: bigUint,
  terms: text,
});

export const command: Codec<Command> = union<Command>({
  place: {
    tag: 1,
    codec: record<Omit<PlaceOrder, 'type'>>({
      commandId: digest,
      nowMs: timeMs,
      account: address,
      marketId: text,
      side,
      orderType,
      timeInForce,
      cap,
      amounts: fitted,
      maxFeeBps: uint,
      createdAtMs: timeMs,
      expiresAtMs: uint,
      clientOrderId: optional(text),
      signed: signedOrder,
      signature: hex(65),
    }),
  },
  cancel: {
    tag: 2,
    codec: record<Omit<CancelOrder, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      account: address,
      digest,
    }),
  },
  grant: {
    tag: 3,
    codec: record<Omit<GrantCredit, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      account: address,
      asset: text,
      grantNumber: uint,
      units: uint,
      clock: uint,
    }),
  },
  return: {
    tag: 4,
    codec: record<Omit<ReturnCredit, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      account: address,
      asset: text,
      units: uint,
    }),
  },
  list_market: {
    tag: 5,
    codec: record<Omit<ListMarket, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      market,
      base: asset,
      quote: asset,
    }),
  },
  tick: { tag: 6, codec: record<Omit<Tick, 'type'>>({ commandId: text, nowMs: timeMs }) },
});

/** An event without its sequence number: a frame states its first one, and numbers have no gaps. */
type Bare<T> = Omit<T, 'type' | 'sequence'>;
type Unnumbered<T> = T extends EngineEvent ? Omit<T, 'sequence'> : never;

export const event: Codec<Unnumbered<EngineEvent>> = union<Unnumbered<EngineEvent>>({
  accepted: { tag: 1, codec: record<Bare<Accepted>>({ commandId: text }) },
  refused: {
    tag: 2,
    codec: record<Bare<Refused>>({ commandId: text, code: oneOf(...engineRefusals) }),
  },
  trade: {
    tag: 3,
    codec: record<Bare<Trade>>({
      marketId: text,
      atMs: timeMs,
      priceTicks: uint,
      sizeLots: uint,
      baseUnits: uint,
      quoteUnits: uint,
      takerSide: side,
      makerDigest: digest,
      takerDigest: digest,
      makerAccount: address,
      takerAccount: address,
      makerFeeUnits: int,
      takerFeeUnits: int,
    }),
  },
  order_done: {
    tag: 4,
    codec: record<Bare<OrderDone>>({
      digest,
      account: address,
      marketId: text,
      side,
      orderType,
      timeInForce,
      limitTicks: uint,
      sizeLots: uint,
      spendUnits: uint,
      filledLots: uint,
      filledQuoteUnits: uint,
      feeUnits: int,
      reason: oneOf('filled', 'cancelled', 'expired', 'self_trade', 'halted'),
      createdAtMs: timeMs,
      expiresAtMs: uint,
      atMs: timeMs,
      clientOrderId: optional(text),
    }),
  },
  credit_granted: {
    tag: 5,
    codec: record<Bare<CreditGranted>>({
      account: address,
      asset: text,
      grantNumber: uint,
      units: uint,
    }),
  },
  credit_returned: {
    tag: 6,
    codec: record<Bare<CreditReturned>>({
      account: address,
      asset: text,
      returnNumber: uint,
      units: uint,
    }),
  },
  market_listed: {
    tag: 7,
    codec: record<Bare<MarketListed>>({ market, base: asset, quote: asset }),
  },
});
