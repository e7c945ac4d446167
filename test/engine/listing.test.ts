import { expect, test } from 'vitest';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import {
  address,
  base,
  codeOf,
  digest,
  plainMarket,
  quote,
  TradingFloor,
} from './trading-floor.ts';

const [alice, bob] = [address('alice'), address('bob')];

function funded(market = {}): TradingFloor {
  const floor = new TradingFloor(createEngine({ groupId: 'main' }), market);
  for (const account of [alice, bob]) {
    floor.grant(account, 'USDC', 1_000_000);
    floor.grant(account, 'ETH', 1_000);
  }
  return floor;
}

test('a market is listed with its terms and assets', () => {
  const floor = funded();
  expect(floor.engine.marketIds()).toEqual(['ETH-USDC']);
  expect(floor.engine.market('ETH-USDC')).toEqual({ market: plainMarket, base, quote });
  expect(floor.engine.market('DOGE-USDC')).toBeUndefined();
});

test('tick and lot stand while an order counts in them', () => {
  const floor = funded();
  floor.place({ commandId: digest(9) });
  const before = floor.engine.stateHash();
  expect(codeOf(floor.list({ quoteUnitsPerTickLot: 2 }))).toBe('market_has_orders');
  expect(codeOf(floor.list({ baseUnitsPerLot: 2 }))).toBe('market_has_orders');
  expect(floor.engine.stateHash()).toBe(before);
  floor.cancel(digest(9));
  expect(codeOf(floor.list({ quoteUnitsPerTickLot: 2 }))).toBeUndefined();
});

test("an asset's precision stands for ever", () => {
  const floor = funded();
  const command = {
    type: 'list_market' as const,
    commandId: 'precision',
    nowMs: floor.nowMs,
    market: plainMarket,
    base: { ...base, decimals: 8 },
    quote,
    by: 'test',
    why: 'test',
  };
  expect(codeOf(floor.apply(command))).toBe('asset_has_other_terms');
  const moved = { ...command, commandId: 'moved', base: { ...base, chainAsset: '0xcc' } };
  expect(codeOf(floor.apply(moved))).toBe('asset_has_other_terms');
});

test('fees change for new orders only', () => {
  const floor = funded({ makerFeeBps: 10, takerFeeBps: 20 });
  floor.place({ sizeLots: 100, limitTicks: 100 });
  floor.list({ makerFeeBps: 50, takerFeeBps: 90 });
  const events = floor.place({ account: bob, side: 'sell', sizeLots: 100, limitTicks: 100 });
  expect(events[1]).toMatchObject({ type: 'trade', makerFeeUnits: 10, takerFeeUnits: 90 });
});

test('a maker fee above the taker fee is held too', () => {
  const floor = funded({ makerFeeBps: 50, takerFeeBps: 0 });
  floor.place({ sizeLots: 100, limitTicks: 100 });
  expect(floor.credit(alice, 'USDC').heldUnits).toBe(10_050);
  floor.place({ account: bob, side: 'sell', sizeLots: 100, limitTicks: 100 });
  expect(floor.credit(alice, 'USDC')).toEqual({ freeUnits: 1_000_000 - 10_050, heldUnits: 0 });
});

test('a listed market keeps its state, whatever its new terms say', () => {
  const floor = funded();
  const events = floor.list({ state: 'halted', takerFeeBps: 7 });
  expect(events[1]).toMatchObject({ type: 'market_listed', market: { state: 'open' } });
  expect(floor.engine.market('ETH-USDC')?.market).toMatchObject({ state: 'open', takerFeeBps: 7 });
});

test('a market that takes no orders takes cancels', () => {
  for (const state of ['pre_open', 'cancel_only', 'halted', 'auction'] as const) {
    const floor = funded({ state: 'pre_open' });
    floor.place({ commandId: digest(9), postOnly: true });
    if (state !== 'pre_open') floor.setState(state);
    expect(codeOf(floor.place({ timeInForce: 'ioc' }))).toBe('market_not_open');
    expect(codeOf(floor.cancel(digest(9)))).toBeUndefined();
  }
});

test('a closed market is over: its orders are cancelled, and it cannot be listed again', () => {
  const floor = funded();
  floor.place({ commandId: digest(9) });
  const ends = floor.setState('closed').filter((event) => event.type === 'order_done');
  expect(ends).toMatchObject([{ digest: digest(9), reason: 'cancelled' }]);
  expect(codeOf(floor.place())).toBe('market_not_open');
  expect(codeOf(floor.list())).toBe('state_not_reachable');
  expect(codeOf(floor.setState('open'))).toBe('state_not_reachable');
});

test('changing tick or lot forgets last price and reference', () => {
  const floor = funded();
  floor.place({ account: bob, side: 'sell' });
  floor.place();
  const status = () => floor.engine.marketStatus('ETH-USDC');
  expect(status()).toMatchObject({ lastTicks: 100, referenceTicks: 100 });
  floor.list({ quoteUnitsPerTickLot: 2, referenceTicks: 50 });
  expect(status()).toMatchObject({ lastTicks: 0, referenceTicks: 50 });
});

test("an operator's new reference price counts at once; the same one again changes nothing", () => {
  const floor = funded({ referenceTicks: 90 });
  floor.place({ account: bob, side: 'sell' });
  floor.place();
  const reference = () => floor.engine.marketStatus('ETH-USDC')?.referenceTicks;
  floor.list({ referenceTicks: 90, makerFeeBps: 1 });
  expect(reference()).toBe(100);
  floor.list({ referenceTicks: 95 });
  expect(reference()).toBe(95);
});

test("a fee tier's rates replace the market's own for orders from then on", () => {
  const floor = funded({ makerFeeBps: 50, takerFeeBps: 90 });
  floor.defineFeeTier(3, -10, 20);
  expect(codeOf(floor.assignFeeTier(4, bob))).toBe('unknown_fee_tier');
  floor.place({ sizeLots: 100 });
  floor.assignFeeTier(3, bob);
  expect(floor.engine.feeTierOf(bob)).toBe(3);
  const events = floor.place({ account: bob, side: 'sell', sizeLots: 100 });
  expect(events[1]).toMatchObject({ type: 'trade', makerFeeUnits: 50, takerFeeUnits: 20 });
  floor.assignFeeTier(0, bob);
  expect(floor.engine.feesOf(bob, 'ETH-USDC')).toEqual({ makerFeeBps: 50, takerFeeBps: 90 });
});

test("another group's market is a bug", () => {
  expect(() => funded().list({ groupId: 'other' })).toThrow('belongs to other');
});

test('terms that are no numbers of a market are a bug', () => {
  expect(() => funded().list({ minSizeLots: 0 })).toThrow('bad minSizeLots');
  expect(() => funded().list({ takerFeeBps: 0.5 })).toThrow('bad fee');
});

test('a rules version that this code does not know is a bug', () => {
  expect(() => createEngine({ rulesVersion: 999 })).toThrow('rules version 999 is not known');
});
