/** Commands and events as bytes: the body of a journal frame. */
import type { Asset } from '#domain/asset.ts';
import type {
  AmendOrder,
  AssignFeeTier,
  CancelAll,
  CancelAllAfter,
  CancelOrder,
  Command,
  Continue,
  DefineFeeTier,
  DelegatedLimit,
  GrantCredit,
  ListMarket,
  PlaceOrder,
  ReturnCredit,
  SetMarketState,
  SignedOrder,
  Tick,
} from '#domain/command.ts';
import type {
  Accepted,
  CreditGranted,
  CreditReturned,
  EngineEvent,
  MarketListed,
  MarketStateChanged,
  OrderAmended,
  OrderDone,
  OrderTriggered,
  Refused,
  Trade,
} from '#domain/event.ts';
import type { Market } from '#domain/market.ts';
import type { FittedAmounts } from '#domain/order.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import {
  bareHex,
  bigUint,
  bool,
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

// By the numbers that they have on disk: these lists grow at their ends only.
export const sideNames = ['buy', 'sell'] as const;
export const orderTypeNames = [
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
] as const;
export const timeInForceNames = ['gtc', 'ioc', 'fok', 'gtd'] as const;
export const selfTradeNames = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;
export const capNames = ['base', 'quote'] as const;
export const misfitNames = ['price_off_tick', 'size_off_lot', 'notional_too_large'] as const;

export const doneReasonNames = ['filled', 'cancelled', 'expired', 'self_trade', 'halted'] as const;

/** Of the commands and events that most of a journal is. */
export const commandTags = { place: 7, cancel: 8, delegatedPlace: 17 } as const;
export const eventTags = { accepted: 1, refused: 2, trade: 3, order_done: 8 } as const;

const side = oneOf(...sideNames);
const orderType = oneOf(...orderTypeNames);
const timeInForce = oneOf(...timeInForceNames);
const selfTrade = oneOf(...selfTradeNames);
const marketState = oneOf('pre_open', 'open', 'cancel_only', 'halted', 'closed', 'auction');
const cap = oneOf(...capNames);
const bit = oneOf(0, 1);

const asset = record<Asset>({ id: text, decimals: uint, chainDecimals: uint, chainAsset: text });

const market = record<Market>({
  id: text,
  groupId: text,
  baseUnitsPerLot: uint,
  quoteUnitsPerTickLot: uint,
  minSizeLots: uint,
  minNotionalUnits: uint,
  maxNotionalUnits: uint,
  makerFeeBps: int,
  takerFeeBps: int,
  bandBps: uint,
  auctionBandBps: uint,
  haltBps: uint,
  haltWindowMs: uint,
  haltMs: uint,
  auctionMs: uint,
  referenceTicks: uint,
  state: marketState,
});

const fitted = record<FittedAmounts>({
  limitTicks: uint,
  sizeLots: uint,
  spendUnits: uint,
  triggerTicks: uint,
  displayLots: uint,
  misfit: optional(oneOf(...misfitNames)),
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

/** An order that the account itself signed, as most are. */
type OwnPlaceOrder = Omit<PlaceOrder, 'delegation'>;

const placeFields = {
  commandId: digest,
  nowMs: timeMs,
  account: address,
  marketId: text,
  side,
  orderType,
  timeInForce,
  postOnly: bool,
  selfTrade,
  cap,
  amounts: fitted,
  maxFeeBps: uint,
  createdAtMs: timeMs,
  expiresAtMs: uint,
  clientOrderId: optional(text),
  replaces: optional(digest),
  signed: signedOrder,
  signature: bareHex(65),
};

/** Of whoever ordered a change of settings. */
const ordered = { by: text, why: text };

/** Tags 1, 2 and 5 were records of the first rules: never to be used again. */
export const command: Codec<Command> = union<Command>({
  place: {
    tag: commandTags.place,
    codec: record<Omit<OwnPlaceOrder, 'type'>>(placeFields),
    extended: {
      tag: commandTags.delegatedPlace,
      by: 'delegation',
      codec: record<Omit<PlaceOrder, 'type'>>({
        ...placeFields,
        delegation: optional(record<DelegatedLimit>({ digest, limitUnits: uint })),
      }),
    },
  },
  cancel: {
    tag: commandTags.cancel,
    codec: record<Omit<CancelOrder, 'type'>>({
      commandId: digest,
      nowMs: timeMs,
      account: address,
      digest,
    }),
  },
  amend: {
    tag: 9,
    codec: record<Omit<AmendOrder, 'type'>>({
      commandId: digest,
      nowMs: timeMs,
      account: address,
      digest,
      sizeLots: uint,
      spendUnits: uint,
      misfit: optional(oneOf('size_off_lot')),
    }),
  },
  cancel_all: {
    tag: 10,
    codec: record<Omit<CancelAll, 'type'>>({
      commandId: digest,
      nowMs: timeMs,
      account: address,
      marketId: optional(text),
      side: optional(side),
    }),
  },
  cancel_all_after: {
    tag: 11,
    codec: record<Omit<CancelAllAfter, 'type'>>({
      commandId: digest,
      nowMs: timeMs,
      account: address,
      afterMs: uint,
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
    tag: 12,
    codec: record<Omit<ListMarket, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      ...ordered,
      market,
      base: asset,
      quote: asset,
    }),
  },
  set_market_state: {
    tag: 13,
    codec: record<Omit<SetMarketState, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      ...ordered,
      marketId: text,
      state: marketState,
    }),
  },
  define_fee_tier: {
    tag: 14,
    codec: record<Omit<DefineFeeTier, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      ...ordered,
      tier: uint,
      makerFeeBps: int,
      takerFeeBps: int,
    }),
  },
  assign_fee_tier: {
    tag: 15,
    codec: record<Omit<AssignFeeTier, 'type'>>({
      commandId: text,
      nowMs: timeMs,
      ...ordered,
      account: address,
      tier: uint,
    }),
  },
  tick: { tag: 6, codec: record<Omit<Tick, 'type'>>({ commandId: text, nowMs: timeMs }) },
  continue: { tag: 16, codec: record<Omit<Continue, 'type'>>({ commandId: text, nowMs: timeMs }) },
});

/**
 * An event without its sequence number, since a frame states its first one and numbers have no gaps, and without the id of its
 * command, which stands in the command.
 */
type Bare<T> = Omit<T, 'type' | 'sequence' | 'commandId'>;
type BareEvent<T> = T extends EngineEvent ? Omit<T, 'sequence' | 'commandId'> : never;

/** Tags 4 and 7 were records of the first rules: never to be used again. */
export const event: Codec<BareEvent<EngineEvent>> = union<BareEvent<EngineEvent>>({
  accepted: { tag: eventTags.accepted, codec: record<Bare<Accepted>>({}) },
  refused: {
    tag: eventTags.refused,
    codec: record<Bare<Refused>>({ code: oneOf(...numberedRefusals) }),
  },
  trade: {
    tag: eventTags.trade,
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
    tag: eventTags.order_done,
    codec: record<Bare<OrderDone>>({
      digest,
      account: address,
      marketId: text,
      side,
      orderType,
      timeInForce,
      postOnly: bool,
      selfTrade,
      limitTicks: uint,
      triggerTicks: uint,
      sizeLots: uint,
      displayLots: uint,
      spendUnits: uint,
      filledLots: uint,
      filledQuoteUnits: uint,
      feeUnits: int,
      reason: oneOf(...doneReasonNames),
      createdAtMs: timeMs,
      expiresAtMs: uint,
      atMs: timeMs,
      clientOrderId: optional(text),
    }),
  },
  order_amended: {
    tag: 9,
    codec: record<Bare<OrderAmended>>({
      digest,
      account: address,
      marketId: text,
      sizeLots: uint,
      spendUnits: uint,
      reason: oneOf('amended', 'self_trade'),
      atMs: timeMs,
    }),
  },
  order_triggered: {
    tag: 10,
    codec: record<Bare<OrderTriggered>>({
      digest,
      account: address,
      marketId: text,
      atMs: timeMs,
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
    tag: 11,
    codec: record<Bare<MarketListed>>({ market, base: asset, quote: asset }),
  },
  market_state_changed: {
    tag: 12,
    codec: record<Bare<MarketStateChanged>>({
      marketId: text,
      state: marketState,
      reason: oneOf('operator', 'volatility', 'schedule'),
      atMs: timeMs,
      untilMs: uint,
    }),
  },
});
