/** Every command and event as random values within what the doors let in. */
import fc from 'fast-check';
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
import type { DoneReason } from '#domain/order.ts';
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
const orderType = fc.constantFrom('limit' as const, 'market' as const);
const timeInForce = fc.constantFrom('gtc' as const, 'ioc' as const);
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
  makerFeeBps: fc.integer({ min: -1_000, max: 1_000 }),
  takerFeeBps: fc.integer({ min: -1_000, max: 1_000 }),
  state: fc.constantFrom('pre_open', 'open', 'cancel_only', 'halted', 'closed', 'auction'),
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
  terms: fc.string({ maxLength: 200, unit: 'grapheme' }),
};

const fitted = fc.record(
  {
    limitTicks: uint,
    sizeLots: uint,
    spendUnits: uint,
    misfit: fc.constantFrom('price_off_tick', 'size_off_lot', 'notional_too_large'),
  },
  { requiredKeys: ['limitTicks', 'sizeLots', 'spendUnits'] },
);

const place: Model<PlaceOrder> = {
  type: fc.constant('place'),
  commandId: digest,
  nowMs: timeMs,
  account: address,
  marketId,
  side,
  orderType,
  timeInForce,
  cap: fc.constantFrom('base', 'quote'),
  amounts: fitted,
  maxFeeBps: fc.integer({ min: 0, max: 10_000 }),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  clientOrderId,
  signed: fc.record(signed),
  signature: hexBytes(65),
};

const cancel: Model<CancelOrder> = {
  type: fc.constant('cancel'),
  commandId: id,
  nowMs: timeMs,
  account: address,
  digest,
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

const listMarket: Model<ListMarket> = {
  type: fc.constant('list_market'),
  commandId: id,
  nowMs: timeMs,
  market,
  base: asset,
  quote: asset,
};

const tick: Model<Tick> = { type: fc.constant('tick'), commandId: id, nowMs: timeMs };

/** All fields but `clientOrderId`, which may be absent. */
const withOptionalId = <T extends object>(model: Model<T>): fc.Arbitrary<T> =>
  fc.record(model as never, {
    requiredKeys: Object.keys(model).filter((key) => key !== 'clientOrderId') as never,
  }) as unknown as fc.Arbitrary<T>;

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  withOptionalId<PlaceOrder>(place),
  fc.record(cancel),
  fc.record(grant),
  fc.record(giveBack),
  fc.record(listMarket),
  fc.record(tick),
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
  limitTicks: uint,
  sizeLots: uint,
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
  withOptionalId<OrderDone>(orderDone),
  fc.record(granted),
  fc.record(returned),
  fc.record(listed),
);

export const anySignedOrder = fc.record(signed);
