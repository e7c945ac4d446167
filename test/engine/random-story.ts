/** Random stories of trading: deeds of every kind, in ranges so small that orders cross, repeat, run dry and expire. */
import fc from 'fast-check';
import type { MarketState } from '#domain/market.ts';
import { address } from './trading-floor.ts';

export const traders = ['alice', 'bob', 'cat', 'dan'].map(address);
export const assets = ['ETH', 'BTC', 'USDC'] as const;
/** USDC and ETH are credit of two markets each; ETH is base of one and BTC quote of another. */
export const marketIds = ['ETH-USDC', 'BTC-USDC', 'ETH-BTC'];

const account = fc.constantFrom(...traders);
const asset = fc.constantFrom(...assets);
const between = (min: number, max: number) => fc.noBias(fc.integer({ min, max }));

/** The usual, and once in a while something else. */
const mostly = <A, B>(usual: A, rare: fc.Arbitrary<B>, weight = 9) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });

const laterMs = fc.oneof(
  { weight: 18, arbitrary: fc.constant(0) },
  { weight: 5, arbitrary: between(1, 40) },
  { weight: 1, arbitrary: fc.constantFrom(5_000, 59_999, 60_000, 64_999, 65_000, 65_001) },
);

/** Kinds of orders; the last three are none that the doors let in. */
const kind = fc.oneof(
  { weight: 24, arbitrary: fc.constant('gtc' as const) },
  { weight: 3, arbitrary: fc.constant('ioc' as const) },
  { weight: 3, arbitrary: fc.constant('market' as const) },
  { weight: 4, arbitrary: fc.constant('money' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'money_sell' as const,
      'money_limit' as const,
      'money_size' as const,
    ),
  },
);

const place = fc.record({
  type: fc.constant('place' as const),
  account,
  marketId: fc.oneof(
    { weight: 20, arbitrary: fc.constant('ETH-USDC') },
    { weight: 9, arbitrary: fc.constantFrom(...marketIds) },
    { weight: 1, arbitrary: fc.constant('DOGE-USDC') },
  ),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  kind,
  limitTicks: between(97, 103),
  sizeLots: between(1, 12),
  spendUnits: between(100, 6_000),
  clientOrderId: mostly(undefined, fc.constantFrom('a', 'b'), 3),
  signedMs: mostly(0, fc.constantFrom(-60_001, -60_000, -59_960, 4_960, 5_000, 5_001), 20),
  livesMs: fc.oneof(
    { weight: 6, arbitrary: between(1, 60) },
    { weight: 22, arbitrary: between(1_000, 300_000) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1) },
  ),
  maxFeeBps: mostly(60, between(0, 60), 15),
  misfit: mostly(
    undefined,
    fc.constantFrom(
      'price_off_tick' as const,
      'size_off_lot' as const,
      'notional_too_large' as const,
    ),
    25,
  ),
  /** The id of an earlier command instead of a new one. */
  reuses: mostly(undefined, fc.nat(99), 25),
});

const cancel = fc.record({
  type: fc.constant('cancel' as const),
  nth: fc.nat(99),
  isLive: mostly(true, fc.constant(false), 4),
  stranger: mostly(undefined, account, 4),
});

const grant = fc.record({
  type: fc.constant('grant' as const),
  account,
  asset,
  /** Once in a while so much that the asset's sum is near its bound, or would pass it. */
  units: fc.oneof(
    { weight: 15, arbitrary: between(1, 3_000) },
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

const otherStates: MarketState[] = ['pre_open', 'cancel_only', 'halted', 'closed', 'auction'];

const list = fc.record({
  type: fc.constant('list' as const),
  marketId: mostly('ETH-USDC', fc.constantFrom(...marketIds, 'SOL-USDC'), 2),
  changes: fc.record(
    {
      baseUnitsPerLot: between(1, 3),
      quoteUnitsPerTickLot: between(1, 3),
      minSizeLots: between(1, 2),
      minNotionalUnits: between(1, 300),
      makerFeeBps: between(0, 60),
      takerFeeBps: between(0, 60),
      state: fc.oneof(
        { weight: 15, arbitrary: fc.constant('open' as const) },
        { weight: 1, arbitrary: fc.constantFrom(...otherStates) },
      ),
    },
    { requiredKeys: ['state'] },
  ),
  baseDecimals: mostly(0, fc.constant(1), 12),
  quoteDecimals: mostly(0, fc.constant(1), 12),
});

const repeat = fc.record({ type: fc.constant('repeat' as const), nth: fc.nat(99) });
const tick = fc.record({ type: fc.constant('tick' as const) });

const deed = fc.oneof(
  { weight: 36, arbitrary: place },
  { weight: 5, arbitrary: cancel },
  { weight: 3, arbitrary: grant },
  { weight: 2, arbitrary: giveBack },
  { weight: 2, arbitrary: list },
  { weight: 2, arbitrary: repeat },
  { weight: 1, arbitrary: tick },
);

const deeds = (minLength: number, maxLength: number) =>
  fc.array(fc.record({ deed, laterMs }), { minLength, maxLength, size: 'max' });

/**
 * So many resting orders that the bounds of one command are met: open orders of an account,
 * expiries and events of a command. One account, one side, a few prices and a few times of expiry.
 */
const crowd = fc.record({
  account,
  side: fc.constantFrom('buy' as const, 'sell' as const),
  orders: fc.oneof(between(396, 420), between(490, 640), between(995, 1_003)),
  prices: between(1, 4),
  livesMs: fc.constantFrom([20], [20, 40], [40, 20, 30], [20, 60_000], [60_000]),
});
/** Large enough to go through a whole crowd. */
const sweep = fc.record({
  account,
  kind: fc.constantFrom('gtc' as const, 'ioc' as const, 'market' as const, 'money' as const),
  sizeLots: between(300, 2_200),
  laterMs: fc.constantFrom(0, 19, 20, 30, 40),
});

export const quietStory = fc.record({
  crowds: fc.constant<Crowd[]>([]),
  sweeps: fc.constant<Sweep[]>([]),
  deeds: deeds(1, 90),
});
export const crowdedStory = fc.record({
  crowds: fc.array(crowd, { minLength: 1, maxLength: 2 }),
  sweeps: fc.array(sweep, { minLength: 1, maxLength: 4 }),
  deeds: deeds(0, 12),
});

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type Deed = ValueOf<typeof deed>;
export type Place = ValueOf<typeof place>;
export type Crowd = ValueOf<typeof crowd>;
export type Sweep = ValueOf<typeof sweep>;
export type Story = { crowds: Crowd[]; sweeps: Sweep[]; deeds: { deed: Deed; laterMs: number }[] };
