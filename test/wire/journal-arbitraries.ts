/** Every command and event as random values within what the doors let in. */
import fc from 'fast-check';
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
  StateChangeReason,
  Trade,
} from '#domain/event.ts';
import type { Market, MarketState } from '#domain/market.ts';
import type {
  DoneReason,
  FittedAmounts,
  OrderType,
  SelfTradePrevention,
  TimeInForce,
} from '#domain/order.ts';
import { engineRefusals } from '#domain/refusal.ts';

/** What a record of T needs: exhaustive, so that a new field cannot be forgotten here. */
type Model<T> = { [K in keyof Required<T>]: fc.Arbitrary<Exclude<T[K], undefined>> };

const hexBytes = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const bigUint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });

/** Few of them, so that a record mentions the same one again. */
const address = fc.oneof(
  fc.constantFrom(`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`),
  hexBytes(20),
);
const digest = fc.oneof(fc.constant(`0x${'c3'.repeat(32)}`), hexBytes(32));
const uint = fc.maxSafeNat();
const id = fc.oneof(digest, fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }));
const clientOrderId = fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/);
const marketId = fc.constantFrom('ETH-USDC', 'BTC-USDC');
const assetId = fc.constantFrom('ETH', 'BTC', 'USDC');
const side = fc.constantFrom('buy' as const, 'sell' as const);
const orderType = fc.constantFrom<OrderType>(
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
);
const timeInForce = fc.constantFrom<TimeInForce>('gtc', 'ioc', 'fok', 'gtd');
const selfTrade = fc.constantFrom<SelfTradePrevention>(
  'expire_taker',
  'expire_maker',
  'expire_both',
  'decrement',
);
const marketState = fc.constantFrom<MarketState>(
  'pre_open',
  'open',
  'cancel_only',
  'halted',
  'closed',
  'auction',
);
const bit = fc.constantFrom(0 as const, 1 as const);
/** Up to the year 9999: what the doors take. */
const timeMs = fc.oneof(
  fc.integer({ min: 1_790_000_000_000, max: 1_790_000_100_000 }),
  fc.integer({ min: 0, max: 253_402_300_799_999 }),
);

const asset = fc.record<Asset>({
  id: assetId,
  decimals: fc.integer({ min: 0, max: 8 }),
  chainDecimals: fc.integer({ min: 8, max: 36 }),
  chainAsset: bigUint(256).map((value) => `0x${value.toString(16)}`),
} satisfies Model<Asset>);

const market = fc.record<Market>({
  id: marketId,
  groupId: fc.constantFrom('majors', 'alts'),
  baseUnitsPerLot: uint,
  quoteUnitsPerTickLot: uint,
  minSizeLots: uint,
  minNotionalUnits: uint,
  maxNotionalUnits: uint,
  makerFeeBps: fc.integer({ min: -1_000, max: 1_000 }),
  takerFeeBps: fc.integer({ min: -1_000, max: 1_000 }),
  bandBps: uint,
  auctionBandBps: uint,
  haltBps: uint,
  haltWindowMs: uint,
  haltMs: uint,
  auctionMs: uint,
  referenceTicks: uint,
  state: marketState,
} satisfies Model<Market>);

const signed: Model<SignedOrder> = {
  account: address,
  signer: address,
  baseAsset: bigUint(256).map((value) => `0x${value.toString(16)}`),
  quoteAsset: fc.constant('0xbb'),
  side: bit,
  cap: bit,
  baseAmount: bigUint(128),
  quoteAmount: bigUint(128),
  maxFeeBps: fc.integer({ min: 0, max: 10_000 }),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  epoch: bigUint(64),
  salt: bigUint(64),
  terms: fc.string({ maxLength: 300, unit: 'grapheme' }),
};

/** All fields, of which those named may be absent. */
const recordOf = <T extends object>(
  model: Model<T>,
  ...mayBeAbsent: (keyof T)[]
): fc.Arbitrary<T> =>
  fc.record(model as never, {
    requiredKeys: Object.keys(model).filter(
      (key) => !mayBeAbsent.includes(key as keyof T),
    ) as never,
  }) as unknown as fc.Arbitrary<T>;

const fitted: Model<FittedAmounts> = {
  limitTicks: uint,
  sizeLots: uint,
  spendUnits: uint,
  triggerTicks: uint,
  displayLots: uint,
  misfit: fc.constantFrom('price_off_tick', 'size_off_lot', 'notional_too_large'),
};

const place: Model<PlaceOrder> = {
  type: fc.constant('place'),
  commandId: digest,
  nowMs: timeMs,
  account: address,
  marketId,
  side,
  orderType,
  timeInForce,
  postOnly: fc.boolean(),
  selfTrade,
  cap: fc.constantFrom('base', 'quote'),
  amounts: recordOf<FittedAmounts>(fitted, 'misfit'),
  maxFeeBps: fc.integer({ min: 0, max: 10_000 }),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  clientOrderId,
  replaces: digest,
  delegation: fc.record<DelegatedLimit>({ digest, limitUnits: uint }),
  signed: fc.record(signed),
  signature: hexBytes(65),
};

const cancel: Model<CancelOrder> = {
  type: fc.constant('cancel'),
  commandId: digest,
  nowMs: timeMs,
  account: address,
  digest,
};

const amend: Model<AmendOrder> = {
  type: fc.constant('amend'),
  commandId: digest,
  nowMs: timeMs,
  account: address,
  digest,
  sizeLots: uint,
  spendUnits: uint,
  misfit: fc.constant('size_off_lot'),
};

const cancelAll: Model<CancelAll> = {
  type: fc.constant('cancel_all'),
  commandId: digest,
  nowMs: timeMs,
  account: address,
  marketId,
  side,
};

const cancelAllAfter: Model<CancelAllAfter> = {
  type: fc.constant('cancel_all_after'),
  commandId: digest,
  nowMs: timeMs,
  account: address,
  afterMs: uint,
};

const grant: Model<GrantCredit> = {
  type: fc.constant('grant'),
  commandId: id,
  nowMs: timeMs,
  account: address,
  asset: assetId,
  grantNumber: uint,
  units: uint,
  clock: uint,
};

const giveBack: Model<ReturnCredit> = {
  type: fc.constant('return'),
  commandId: id,
  nowMs: timeMs,
  account: address,
  asset: assetId,
  units: uint,
};

const ordered = { commandId: id, nowMs: timeMs, by: id, why: id };

const setMarketState: Model<SetMarketState> = {
  type: fc.constant('set_market_state'),
  ...ordered,
  marketId,
  state: marketState,
};

const defineFeeTier: Model<DefineFeeTier> = {
  type: fc.constant('define_fee_tier'),
  ...ordered,
  tier: fc.integer({ min: 1, max: 255 }),
  makerFeeBps: fc.integer({ min: -1_000, max: 1_000 }),
  takerFeeBps: fc.integer({ min: 0, max: 1_000 }),
};

const assignFeeTier: Model<AssignFeeTier> = {
  type: fc.constant('assign_fee_tier'),
  ...ordered,
  account: address,
  tier: fc.integer({ min: 0, max: 255 }),
};

const listMarket: Model<ListMarket> = {
  type: fc.constant('list_market'),
  ...ordered,
  market,
  base: asset,
  quote: asset,
};

const tick: Model<Tick> = { type: fc.constant('tick'), commandId: id, nowMs: timeMs };

const goOn: Model<Continue> = { type: fc.constant('continue'), commandId: id, nowMs: timeMs };

export const anyPlaceOrder = recordOf<PlaceOrder>(place, 'clientOrderId', 'replaces', 'delegation');

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  anyPlaceOrder,
  fc.record(cancel),
  recordOf<AmendOrder>(amend, 'misfit'),
  recordOf<CancelAll>(cancelAll, 'marketId', 'side'),
  fc.record(cancelAllAfter),
  fc.record(grant),
  fc.record(giveBack),
  fc.record(listMarket),
  fc.record(setMarketState),
  fc.record(defineFeeTier),
  fc.record(assignFeeTier),
  fc.record(tick),
  fc.record(goOn),
);

/** The frame gives events their numbers. */
const sequence = fc.constant(0);

const accepted: Model<Accepted> = { type: fc.constant('accepted'), sequence, commandId: id };
const refused: Model<Refused> = {
  type: fc.constant('refused'),
  sequence,
  commandId: id,
  code: fc.constantFrom(...engineRefusals),
};

const trade: Model<Trade> = {
  type: fc.constant('trade'),
  sequence,
  marketId,
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
  makerFeeUnits: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  takerFeeUnits: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
};

const orderDone: Model<OrderDone> = {
  type: fc.constant('order_done'),
  sequence,
  digest,
  account: address,
  marketId,
  side,
  orderType,
  timeInForce,
  postOnly: fc.boolean(),
  selfTrade,
  limitTicks: uint,
  triggerTicks: uint,
  sizeLots: uint,
  displayLots: uint,
  spendUnits: uint,
  filledLots: uint,
  filledQuoteUnits: uint,
  feeUnits: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  reason: fc.constantFrom<DoneReason>('filled', 'cancelled', 'expired', 'self_trade', 'halted'),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  atMs: timeMs,
  clientOrderId,
};

const orderAmended: Model<OrderAmended> = {
  type: fc.constant('order_amended'),
  sequence,
  digest,
  account: address,
  marketId,
  sizeLots: uint,
  spendUnits: uint,
  reason: fc.constantFrom('amended', 'self_trade'),
  atMs: timeMs,
};

const orderTriggered: Model<OrderTriggered> = {
  type: fc.constant('order_triggered'),
  sequence,
  digest,
  account: address,
  marketId,
  atMs: timeMs,
};

const stateChanged: Model<MarketStateChanged> = {
  type: fc.constant('market_state_changed'),
  sequence,
  marketId,
  state: marketState,
  reason: fc.constantFrom<StateChangeReason>('operator', 'volatility', 'schedule'),
  atMs: timeMs,
  untilMs: timeMs,
};

const granted: Model<CreditGranted> = {
  type: fc.constant('credit_granted'),
  sequence,
  account: address,
  asset: assetId,
  grantNumber: uint,
  units: uint,
};

const returned: Model<CreditReturned> = {
  type: fc.constant('credit_returned'),
  sequence,
  account: address,
  asset: assetId,
  returnNumber: uint,
  units: uint,
};

const listed: Model<MarketListed> = {
  type: fc.constant('market_listed'),
  sequence,
  market,
  base: asset,
  quote: asset,
};

export const anyEvent: fc.Arbitrary<EngineEvent> = fc.oneof(
  fc.record(accepted),
  fc.record(refused),
  fc.record(trade),
  recordOf<OrderDone>(orderDone, 'clientOrderId'),
  fc.record(orderAmended),
  fc.record(orderTriggered),
  fc.record(granted),
  fc.record(returned),
  fc.record(listed),
  fc.record(stateChanged),
);

export const anySignedOrder = fc.record(signed);
