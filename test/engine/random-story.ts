/** Random stories of trading: deeds of every kind, in ranges so small that orders cross, repeat, run dry, trigger and expire. */
import fc from 'fast-check';
import type { Market, MarketState } from '#domain/market.ts';
import type { OrderType, TimeInForce } from '#domain/order.ts';
import { address } from './trading-floor.ts';

export const traders = ['alice', 'bob', 'cat', 'dan'].map(address);
export const assets = ['ETH', 'BTC', 'USDC'] as const;
/** USDC and ETH are credit of two markets each; ETH is base of one and BTC quote of another. */
export const marketIds = ['ETH-USDC', 'BTC-USDC', 'ETH-BTC'];

const account = fc.constantFrom(...traders);
const asset = fc.constantFrom(...assets);
const side = fc.constantFrom('buy' as const, 'sell' as const);
const between = (min: number, max: number) => fc.noBias(fc.integer({ min, max }));
const rarely = fc.noBias(fc.integer({ min: 0, max: 19 })).map((drawn) => drawn === 0);

/** The usual, and once in a while something else. */
const mostly = <A, B>(usual: A, rare: fc.Arbitrary<B>, weight = 9) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });

const laterMs = fc.oneof(
  { weight: 30, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: between(1, 30) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(5_000, 59_999, 60_000, 64_999, 65_000, 65_001),
  },
);

const market = fc.oneof(
  { weight: 20, arbitrary: fc.constant('ETH-USDC') },
  { weight: 7, arbitrary: fc.constantFrom(...marketIds) },
);

/** Every type with every time in force that it may have. */
const kinds: [weight: number, orderType: OrderType, timeInForce: TimeInForce][] = [
  [44, 'limit', 'gtc'],
  [7, 'limit', 'gtd'],
  [6, 'limit', 'ioc'],
  [6, 'limit', 'fok'],
  [6, 'market', 'ioc'],
  [5, 'market', 'fok'],
  [3, 'stop', 'ioc'],
  [2, 'stop', 'fok'],
  [2, 'take_profit', 'ioc'],
  [2, 'take_profit', 'fok'],
  [3, 'stop_limit', 'gtc'],
  [1, 'stop_limit', 'gtd'],
  [1, 'stop_limit', 'ioc'],
  [2, 'stop_limit', 'fok'],
  [3, 'take_profit_limit', 'gtc'],
  [1, 'take_profit_limit', 'gtd'],
  [1, 'take_profit_limit', 'ioc'],
  [2, 'take_profit_limit', 'fok'],
];

/** Of a session key's order; the limit is soon reached, or never, or nothing, or to the unit what the order just needs. */
const delegation = fc.record({
  nth: between(0, 1),
  limit: fc.oneof(
    fc.constantFrom(2_000, 2_500, 6_000, Number.MAX_SAFE_INTEGER).map((units) => ({ units })),
    fc.constantFrom(-1, 0, 0).map((beyondUnits) => ({ beyondUnits })),
  ),
});

const place = fc.record({
  type: fc.constant('place' as const),
  account,
  marketId: mostly(undefined, fc.constant('DOGE-USDC'), 40).chain((unlisted) =>
    unlisted === undefined ? market : fc.constant(unlisted),
  ),
  side,
  kind: fc.oneof(
    ...kinds.map(([weight, orderType, timeInForce]) => ({
      weight,
      arbitrary: fc.constant({ orderType, timeInForce }),
    })),
  ),
  /** An order that its market takes in the state that it is in, whatever `kind` says. */
  fitsState: mostly(true, fc.constant(false), 9),
  selfTrade: fc.constantFrom(
    'expire_taker' as const,
    'expire_maker' as const,
    'expire_both' as const,
    'decrement' as const,
  ),
  postOnly: mostly(false, fc.constant(true), 8),
  limitTicks: between(97, 103),
  triggerTicks: between(96, 104),
  sizeLots: fc.oneof(
    { weight: 25, arbitrary: between(2, 12) },
    { weight: 1, arbitrary: fc.constant(1) },
  ),
  displayLots: fc.oneof(
    { weight: 20, arbitrary: fc.constant(0) },
    { weight: 5, arbitrary: between(2, 5) },
    { weight: 1, arbitrary: fc.constant(1) },
  ),
  spendUnits: between(100, 2_500),
  /** By an amount of money: where that may be, or where it may not. */
  byMoney: fc.oneof(
    { weight: 20, arbitrary: fc.constant('never' as const) },
    { weight: 12, arbitrary: fc.constant('where_allowed' as const) },
    { weight: 1, arbitrary: fc.constantFrom('always' as const, 'beside_size' as const) },
  ),
  clientOrderId: mostly(undefined, fc.constantFrom('a', 'b'), 4),
  /** A live order that this one takes the place of; mostly one of its own account and market. */
  replaces: mostly(undefined, fc.record({ nth: fc.nat(99), isOwn: mostly(true, rarely) }), 9),
  signedMs: mostly(0, fc.constantFrom(-60_001, -60_000, -59_960, 4_960, 5_000, 5_001), 30),
  livesMs: fc.oneof(
    { weight: 4, arbitrary: between(1, 60) },
    { weight: 24, arbitrary: between(1_000, 300_000) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1) },
  ),
  maxFeeBps: mostly(60, between(0, 60), 30),
  misfit: mostly(
    undefined,
    fc.constantFrom(
      'price_off_tick' as const,
      'size_off_lot' as const,
      'notional_too_large' as const,
    ),
    25,
  ),
  delegation: mostly(undefined, delegation, 3),
  /** The id of an earlier command instead of a new one. */
  reuses: mostly(undefined, fc.nat(99), 25),
});

const cancel = fc.record({
  type: fc.constant('cancel' as const),
  nth: fc.nat(99),
  isLive: mostly(true, fc.constant(false), 4),
  stranger: mostly(undefined, account, 4),
});

const amend = fc.record({
  type: fc.constant('amend' as const),
  nth: fc.nat(99),
  isLive: mostly(true, fc.constant(false), 9),
  stranger: mostly(undefined, account, 9),
  /** How much less than now; 0 or less is no lowering. */
  lessLots: between(-1, 8),
  lessUnits: between(-1, 900),
  isOtherKind: rarely,
  misfit: mostly(undefined, fc.constant('size_off_lot' as const), 20),
});

const cancelAll = fc.record(
  { type: fc.constant('cancel_all' as const), account, marketId: market, side },
  { requiredKeys: ['type', 'account'] },
);
const cancelAllAfter = fc.record({
  type: fc.constant('cancel_all_after' as const),
  account,
  afterMs: fc.oneof(fc.constant(0), between(1, 60)),
});

const grant = fc.record({
  type: fc.constant('grant' as const),
  account,
  asset,
  /** Once in a while so much that the asset's sum is near its bound, or would pass it. */
  units: fc.oneof(
    { weight: 20, arbitrary: between(1, 3_000) },
    { weight: 1, arbitrary: between(0, 40_000).map((less) => Number.MAX_SAFE_INTEGER - less) },
  ),
  /** A grant that was applied before, as a sweep sends it again. */
  again: mostly(false, fc.constant(true), 3),
});

const giveBack = fc.record({
  type: fc.constant('return' as const),
  account,
  asset,
  units: fc.oneof(between(1, 2_000), fc.constant(Number.MAX_SAFE_INTEGER)),
});

const fees = { makerFeeBps: between(-30, 60), takerFeeBps: between(0, 60) };

/** Terms that change how a market trades; distances of a few ticks around 100, times of a few steps of the clock. */
const protections = {
  maxNotionalUnits: mostly(0, between(800, 1_200), 7),
  bandBps: fc.constantFrom(0, 0, 0, 0, 200, 300),
  auctionBandBps: fc.constantFrom(0, 0, 100, 200),
  haltBps: fc.constantFrom(0, 0, 0, 100, 200, 300),
  haltWindowMs: fc.constantFrom(1, 8, 40, 100, 60_000),
  haltMs: fc.constantFrom(0, 5, 30),
  auctionMs: fc.constantFrom(0, 5, 30),
  referenceTicks: fc.constantFrom(0, 0, 98, 100, 102),
};

const marketState = fc.oneof(
  { weight: 12, arbitrary: fc.constant<MarketState>('open') },
  { weight: 6, arbitrary: fc.constant<MarketState>('auction') },
  { weight: 2, arbitrary: fc.constantFrom<MarketState>('halted', 'cancel_only') },
  { weight: 1, arbitrary: fc.constantFrom<MarketState>('pre_open', 'closed') },
);

const list = fc.record({
  type: fc.constant('list' as const),
  marketId: mostly('ETH-USDC', fc.constantFrom(...marketIds, 'SOL-USDC'), 2),
  changes: fc.record(
    {
      baseUnitsPerLot: between(1, 3),
      quoteUnitsPerTickLot: between(1, 3),
      minSizeLots: between(1, 2),
      minNotionalUnits: between(1, 300),
      state: marketState,
      ...fees,
      ...protections,
    },
    { requiredKeys: [] },
  ),
  baseDecimals: mostly(0, fc.constant(1), 12),
  quoteDecimals: mostly(0, fc.constant(1), 12),
});

const setState = fc.record({
  type: fc.constant('set_state' as const),
  marketId: mostly(undefined, fc.constant('DOGE-USDC'), 25).chain((unlisted) =>
    unlisted === undefined ? market : fc.constant(unlisted),
  ),
  state: marketState,
  fitsState: mostly(true, fc.constant(false), 9),
});

const tier = fc.constantFrom(0, 1, 2, 3);
const defineTier = fc.record({
  type: fc.constant('define_tier' as const),
  tier: fc.constantFrom(1, 2),
  ...fees,
});
const assignTier = fc.record({ type: fc.constant('assign_tier' as const), account, tier });

const repeat = fc.record({ type: fc.constant('repeat' as const), nth: fc.nat(99) });
const tick = fc.record({ type: fc.constant('tick' as const) });

const deed = fc.oneof(
  { weight: 90, arbitrary: place },
  { weight: 6, arbitrary: cancel },
  { weight: 6, arbitrary: amend },
  { weight: 1, arbitrary: cancelAll },
  { weight: 2, arbitrary: cancelAllAfter },
  { weight: 3, arbitrary: grant },
  { weight: 2, arbitrary: giveBack },
  { weight: 2, arbitrary: list },
  { weight: 7, arbitrary: setState },
  { weight: 1, arbitrary: defineTier },
  { weight: 1, arbitrary: assignTier },
  { weight: 2, arbitrary: repeat },
  { weight: 1, arbitrary: tick },
);

const deeds = (minLength: number, maxLength: number) =>
  fc.array(fc.record({ deed, laterMs }), { minLength, maxLength, size: 'max' });

/** Orders that rest around 100 when a story begins: without them half of a story goes by before anything trades. */
const opening = fc.array(
  fc.record({
    account,
    side,
    awayTicks: between(0, 3),
    sizeLots: between(2, 9),
    displayLots: mostly(0, between(2, 4), 3),
    delegation: mostly(undefined, delegation, 2),
  }),
  { maxLength: 14, size: 'max' },
);

/** The terms that the first market begins with, beside those of every story. */
const terms = fc.record(
  { ...fees, ...protections, state: mostly('open' as MarketState, marketState, 4) },
  { requiredKeys: [] },
);

/** So many orders that the bounds of one command are met. One account, one side, a few prices and a few times of expiry. */
const crowd = fc.record({
  account,
  side,
  kind: fc.constantFrom('plain' as const, 'plain' as const, 'iceberg' as const, 'stop' as const),
  /** Before they come: in an auction they collect across each other. */
  state: mostly('open' as const, fc.constant('auction' as const), 2),
  orders: fc.oneof(between(320, 420), between(490, 640), between(990, 1_003)),
  prices: between(1, 4),
  livesMs: fc.constantFrom([20], [20, 40], [40, 20, 30], [20, 60_000], [60_000]),
  delegation: mostly(undefined, delegation, 1),
});

/** Large enough to go through a whole crowd. */
const sweep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('order' as const),
      account,
      kind: fc.constantFrom(
        'gtc' as const,
        'ioc' as const,
        'fok' as const,
        'market' as const,
        'money' as const,
      ),
      selfTrade: fc.constantFrom(
        'expire_taker' as const,
        'expire_maker' as const,
        'decrement' as const,
      ),
      sizeLots: between(300, 2_200),
      laterMs: fc.constantFrom(0, 0, 0, 19, 20, 30, 40),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('state' as const),
      state: fc.constantFrom<MarketState>('open', 'open', 'auction', 'halted', 'closed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel_all' as const), account }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('switch' as const), account }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('wait' as const), laterMs: between(1, 60) }),
  },
);

/** Where prices and sizes lie that deeds name around 100 and 1: engines keep far prices and large sums otherwise than near ones. */
const scale = fc.oneof(
  { weight: 6, arbitrary: fc.constant('near' as const) },
  { weight: 1, arbitrary: fc.constant('wide' as const) },
  { weight: 1, arbitrary: fc.constant('top' as const) },
  { weight: 1, arbitrary: fc.constant('bottom' as const) },
);

const restores = fc.array(fc.nat(60), { maxLength: 3 });

/** A crowd needs a market that takes it: open, and without bounds that it would not keep to. */
const crowdTerms = fc.record(
  {
    ...fees,
    auctionBandBps: mostly(0, fc.constantFrom(100, 200), 3),
    haltBps: mostly(0, fc.constantFrom(200, 300), 5),
    haltWindowMs: protections.haltWindowMs,
    haltMs: protections.haltMs,
    auctionMs: protections.auctionMs,
  },
  { requiredKeys: [] },
);

export const quietStory = fc.record({
  scale,
  terms,
  opening,
  restores,
  crowds: fc.constant<Crowd[]>([]),
  sweeps: fc.constant<Sweep[]>([]),
  deeds: deeds(1, 55),
});
export const crowdedStory = fc.record({
  scale: fc.constant('near' as const),
  terms: crowdTerms,
  opening: fc.constant<Opening>([]),
  restores,
  // Of several accounts, so that they trade with each other.
  crowds: fc.uniqueArray(crowd, { minLength: 1, maxLength: 3, selector: (each) => each.account }),
  sweeps: fc.array(sweep, { minLength: 1, maxLength: 5 }),
  deeds: deeds(0, 12),
});

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type Deed = ValueOf<typeof deed>;
export type Place = Omit<ValueOf<typeof place>, 'type'>;
export type Listing = Omit<ValueOf<typeof list>, 'type'>;
export type Crowd = ValueOf<typeof crowd>;
export type Sweep = ValueOf<typeof sweep>;
type Opening = ValueOf<typeof opening>;
export type Scale = ValueOf<typeof scale>;
export type Story = {
  scale: Scale;
  opening: Opening;
  terms: Partial<Market>;
  crowds: Crowd[];
  sweeps: Sweep[];
  deeds: { deed: Deed; laterMs: number }[];
  /** Deeds after which one engine is replaced by one restored from its records. */
  restores: number[];
};
