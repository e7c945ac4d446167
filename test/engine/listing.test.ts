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
  expect(codeOf(floor.list({ quoteUnitsPerTickLot: 2 }))).toBe('market_not_open');
  expect(codeOf(floor.list({ baseUnitsPerLot: 2 }))).toBe('market_not_open');
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
  expect(codeOf(floor.apply(command))).toBe('market_not_open');
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

test('a market that is not open takes cancels and no orders', () => {
  const floor = funded();
  floor.place({ commandId: digest(9) });
  for (const state of ['pre_open', 'cancel_only', 'halted', 'auction', 'closed'] as const) {
    floor.list({ state });
    expect(codeOf(floor.place())).toBe('market_not_open');
  }
  expect(codeOf(floor.cancel(digest(9)))).toBeUndefined();
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
