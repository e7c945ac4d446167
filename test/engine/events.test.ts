import { expect, test } from 'vitest';
import { eventsPerCommand } from '../../containers/matcher/engine/limits.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, digest, TradingFloor } from './trading-floor.ts';

const expiriesPerCommand = 400;
const [alice, bob, cat] = [address('alice'), address('bob'), address('cat')];

function funded(): TradingFloor {
  const floor = new TradingFloor(createEngine());
  for (const account of [alice, bob, cat]) {
    floor.grant(account, 'USDC', 1_000_000);
    floor.grant(account, 'ETH', 10_000);
  }
  return floor;
}

const types = (events: { type: string }[]) => events.map((event) => event.type);

test('a command begins with its own accepted or refused, then the expiries, then what it did', () => {
  const floor = funded();
  floor.place({ limitTicks: 99, expiresAtMs: floor.nowMs + 10 });
  floor.place({ account: bob, limitTicks: 98 });
  floor.nowMs += 10;
  const events = floor.place({ account: cat, side: 'sell', limitTicks: 98 });
  expect(types(events)).toEqual(['accepted', 'order_done', 'trade', 'order_done', 'order_done']);
  expect(events[1]).toMatchObject({ account: alice, reason: 'expired', atMs: floor.nowMs });
});

test('orders expire with a refused command too', () => {
  const floor = funded();
  floor.place({ limitTicks: 99, expiresAtMs: floor.nowMs + 10 });
  floor.nowMs += 10;
  expect(types(floor.cancel(digest(77)))).toEqual(['refused', 'order_done']);
});

test('sequence numbers have no gap', () => {
  const floor = funded();
  floor.place({ account: bob, side: 'sell', sizeLots: 3 });
  floor.place({ sizeLots: 5 });
  floor.cancel(digest(77));
  const numbers = floor.events.map((event) => event.sequence);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(floor.engine.sequence).toBe(numbers.length);
});

test('the end of an order carries all that its history needs', () => {
  const floor = funded();
  floor.list({ makerFeeBps: 10, takerFeeBps: 20 });
  floor.place({ commandId: digest(9), clientOrderId: 'mine', sizeLots: 50, limitTicks: 100 });
  const { nowMs } = floor;
  floor.place({ account: bob, side: 'sell', sizeLots: 20, limitTicks: 90 });
  floor.nowMs += 5;
  expect(floor.cancel(digest(9))[1]).toEqual({
    type: 'order_done',
    sequence: floor.engine.sequence,
    digest: digest(9),
    clientOrderId: 'mine',
    account: alice,
    marketId: 'ETH-USDC',
    side: 'buy',
    orderType: 'limit',
    timeInForce: 'gtc',
    limitTicks: 100,
    sizeLots: 50,
    spendUnits: 0,
    filledLots: 20,
    filledQuoteUnits: 2_000,
    feeUnits: 2,
    reason: 'cancelled',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 86_400_000,
    atMs: nowMs + 5,
  });
});

test('a command that would yield more than 1,000 events ends its order at the bound', () => {
  const floor = funded();
  for (const [index, account] of [bob, cat].entries()) {
    for (let count = 0; count < 300; count += 1) {
      floor.applyUnchecked(floor.placing({ account, side: 'sell', limitTicks: 100 + index }));
    }
  }
  const events = floor.place({ sizeLots: 600, limitTicks: 200 });
  expect(events.length).toBeLessThanOrEqual(eventsPerCommand);
  expect(events.at(-1)).toMatchObject({ type: 'order_done', filledLots: 499, reason: 'expired' });
  expect(floor.engine.depth('ETH-USDC', 9)).toEqual({ bids: [], asks: [[101, 101]] });
});

test('orders beyond the expiries of one command never trade, and end with the next commands', () => {
  const floor = funded();
  const dueAtMs = floor.nowMs + 10;
  for (let count = 0; count < expiriesPerCommand + 5; count += 1) {
    floor.applyUnchecked(floor.placing({ account: bob, side: 'sell', expiresAtMs: dueAtMs }));
  }
  floor.place({ account: cat, side: 'sell', limitTicks: 101, commandId: digest(9_999) });
  expect(floor.engine.nextDueMs()).toBe(dueAtMs);
  floor.nowMs += 10;
  const events = floor.place({ sizeLots: 1, limitTicks: 101 });
  expect(
    events.filter((event) => event.type === 'order_done' && event.reason === 'expired'),
  ).toHaveLength(expiriesPerCommand + 5);
  expect(events.filter((event) => event.type === 'trade')).toMatchObject([
    { makerDigest: digest(9_999), priceTicks: 101 },
  ]);
});

test('what is left due goes with a tick', () => {
  const floor = funded();
  for (let count = 0; count < expiriesPerCommand + 5; count += 1) {
    floor.applyUnchecked(floor.placing({ expiresAtMs: floor.nowMs + 10 }));
  }
  expect(floor.tick(10)).toHaveLength(1 + expiriesPerCommand);
  expect(floor.engine.nextDueMs()).toBe(floor.nowMs);
  expect(floor.tick()).toHaveLength(1 + 5);
  expect(floor.engine.nextDueMs()).toBeUndefined();
});

test('level changes come once each, with the newest size; 0 says that the level is gone', () => {
  const floor = funded();
  floor.engine.takeLevelChanges();
  floor.place({ limitTicks: 90, sizeLots: 4 });
  floor.place({ limitTicks: 90, sizeLots: 3 });
  floor.place({ limitTicks: 91, sizeLots: 2, commandId: digest(9) });
  floor.cancel(digest(9));
  floor.place({ account: bob, side: 'sell', limitTicks: 110, sizeLots: 6 });
  floor.place({ account: cat, limitTicks: 110, sizeLots: 1 });
  expect(floor.engine.takeLevelChanges()).toEqual([
    { marketId: 'ETH-USDC', side: 'buy', priceTicks: 90, sizeLots: 7 },
    { marketId: 'ETH-USDC', side: 'buy', priceTicks: 91, sizeLots: 0 },
    { marketId: 'ETH-USDC', side: 'sell', priceTicks: 110, sizeLots: 5 },
  ]);
  expect(floor.engine.takeLevelChanges()).toEqual([]);
});

test('depth shows the best levels, best first, as many as asked', () => {
  const floor = funded();
  for (const limitTicks of [95, 97, 96]) floor.place({ limitTicks });
  for (const limitTicks of [105, 103, 104]) floor.place({ account: bob, side: 'sell', limitTicks });
  expect(floor.engine.depth('ETH-USDC', 2)).toEqual({
    bids: [
      [97, 1],
      [96, 1],
    ],
    asks: [
      [103, 1],
      [104, 1],
    ],
  });
  expect(floor.engine.depth('DOGE-USDC', 2)).toEqual({ bids: [], asks: [] });
  expect(floor.engine.depth('ETH-USDC', 0)).toEqual({ bids: [], asks: [] });
});

test('the live orders of an account come oldest first', () => {
  const floor = funded();
  for (const number of [30, 10, 20]) floor.place({ commandId: digest(number) });
  floor.cancel(digest(10));
  const digests = floor.engine.ordersOf(alice).map((order) => order.digest);
  expect(digests).toEqual([digest(30), digest(20)]);
});
