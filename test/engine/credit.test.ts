import { expect, test } from 'vitest';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, codeOf, digest, TradingFloor } from './trading-floor.ts';

const [alice, bob] = [address('alice'), address('bob')];
const floor = (market = {}) => new TradingFloor(createEngine(), market);

test('a buy holds its notional at the limit plus the taker fee', () => {
  const trading = floor({ takerFeeBps: 20, makerFeeBps: 10 });
  trading.grant(alice, 'USDC', 20_000);
  trading.place({ sizeLots: 100, limitTicks: 100 });
  expect(trading.credit(alice, 'USDC')).toEqual({ freeUnits: 9_980, heldUnits: 10_020 });
});

test('a sell holds its lots', () => {
  const trading = floor({ takerFeeBps: 20 });
  trading.grant(alice, 'ETH', 10);
  trading.place({ side: 'sell', sizeLots: 7 });
  expect(trading.credit(alice, 'ETH')).toEqual({ freeUnits: 3, heldUnits: 7 });
});

test('a better price and the maker fee free the rest of the hold with the fill', () => {
  const trading = floor({ takerFeeBps: 20, makerFeeBps: 10 });
  trading.grant(alice, 'USDC', 20_000);
  trading.grant(bob, 'ETH', 100);
  trading.place({ account: bob, side: 'sell', sizeLots: 50, limitTicks: 90 });
  trading.place({ sizeLots: 100, limitTicks: 100 });
  // Paid 50 × 90 and its fee of 9; the other 50 rest with 5,000 and 10 held.
  expect(trading.credit(alice, 'USDC')).toEqual({
    freeUnits: 20_000 - 4_509 - 5_010,
    heldUnits: 5_010,
  });
  expect(trading.credit(alice, 'ETH').freeUnits).toBe(50);
  expect(trading.credit(bob, 'USDC').freeUnits).toBe(4_500 - 4);
});

test('proceeds are free at once', () => {
  const trading = floor();
  trading.grant(alice, 'USDC', 100);
  trading.grant(bob, 'ETH', 1);
  trading.place({ account: bob, side: 'sell' });
  trading.place();
  expect(codeOf(trading.place({ account: alice, side: 'sell', limitTicks: 120 }))).toBeUndefined();
});

test('a cancel frees the whole hold', () => {
  const trading = floor({ takerFeeBps: 30 });
  trading.grant(alice, 'USDC', 1_003);
  trading.place({ sizeLots: 10, commandId: digest(900) });
  trading.cancel(digest(900));
  expect(trading.credit(alice, 'USDC')).toEqual({ freeUnits: 1_003, heldUnits: 0 });
});

test('the remainder of an IOC frees its hold', () => {
  const trading = floor();
  trading.grant(alice, 'USDC', 1_000);
  trading.place({ sizeLots: 10, timeInForce: 'ioc' });
  expect(trading.credit(alice, 'USDC')).toEqual({ freeUnits: 1_000, heldUnits: 0 });
});
