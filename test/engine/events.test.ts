import { expect, test } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { eventsPerCommand, eventsPerStep } from '../../containers/matcher/engine/limits.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, digest, TradingFloor } from './trading-floor.ts';

const [alice, bob, cat] = [address('alice'), address('bob'), address('cat')];

function funded(): TradingFloor {
  const floor = new TradingFloor(createEngine());
  for (const account of [alice, bob, cat]) {
    floor.grant(account, 'USDC', 1_000_000);
    floor.grant(account, 'ETH', 10_000);
  }
  return floor;
}

/** One command alone, without the ticks and continues that drive it. */
function eventsOf(engine: Engine, command: Command): EngineEvent[] {
  const events: EngineEvent[] = [];
  engine.apply(command, (event) => events.push(event));
  return events;
}

const types = (events: { type: string }[]) => events.map((event) => event.type);

test('what is due at the time of a command is done before it, by a tick of its own', () => {
  const floor = funded();
  floor.place({ limitTicks: 99, expiresAtMs: floor.nowMs + 10 });
  floor.place({ account: bob, limitTicks: 98 });
  floor.nowMs += 10;
  const events = floor.place({ account: cat, side: 'sell', limitTicks: 98 });
  expect(types(events)).toEqual(['accepted', 'trade', 'order_done', 'order_done']);
  const before = floor.events.slice(-6, -4);
  expect(types(before)).toEqual(['accepted', 'order_done']);
  expect(before[1]).toMatchObject({ account: alice, reason: 'expired', atMs: floor.nowMs });
  expect(floor.commands.at(-2)?.type).toBe('tick');
});

test('orders expire before a refused command too', () => {
  const floor = funded();
  floor.place({ limitTicks: 99, expiresAtMs: floor.nowMs + 10 });
  floor.nowMs += 10;
  expect(types(floor.cancel(digest(77)))).toEqual(['refused']);
  expect(types(floor.events.slice(-3))).toEqual(['accepted', 'order_done', 'refused']);
});

test('a command while something is due is a bug', () => {
  const floor = funded();
  floor.place({ limitTicks: 99, expiresAtMs: floor.nowMs + 10 });
  const late = floor.placing({ nowMs: floor.nowMs + 10 });
  expect(() => floor.engine.apply(late, () => {})).toThrow('something is due');
});

test('a command while something is left undone is a bug', () => {
  const floor = funded();
  for (let count = 0; count < 1_000; count += 1) floor.applyUnchecked(floor.placing());
  const { nowMs } = floor;
  const all = { type: 'cancel_all', commandId: 'all', nowMs, account: alice } as const;
  floor.engine.apply(all, () => {});
  expect(floor.engine.isUnfinished).toBe(true);
  const next = floor.placing();
  expect(() => floor.engine.apply(next, () => {})).toThrow('something is left undone');
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
    postOnly: false,
    selfTrade: 'expire_taker',
    limitTicks: 100,
    triggerTicks: 0,
    sizeLots: 50,
    displayLots: 0,
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

test('a command yields at most 1,000 events; the rest goes on before anything else comes', () => {
  const floor = funded();
  for (const [index, account] of [bob, cat].entries()) {
    for (let count = 0; count < 300; count += 1) {
      floor.applyUnchecked(floor.placing({ account, side: 'sell', limitTicks: 100 + index }));
    }
  }
  const sweep = floor.placing({ sizeLots: 600, limitTicks: 200 });
  const first = eventsOf(floor.engine, sweep);
  expect(first.length).toBeLessThanOrEqual(eventsPerCommand);
  expect(first.length + eventsPerStep).toBeGreaterThan(eventsPerCommand);
  expect(floor.engine.isUnfinished).toBe(true);
  expect(floor.engine.order(sweep.commandId)).toMatchObject({ status: 'open' });
  floor.engine.validate();
  const { nowMs } = floor;
  const rest = eventsOf(floor.engine, { type: 'continue', commandId: 'c', nowMs });
  expect(rest.at(-1)).toMatchObject({ type: 'order_done', filledLots: 600, reason: 'filled' });
  expect(floor.engine.isUnfinished).toBe(false);
  expect(floor.engine.depth('ETH-USDC', 9)).toEqual({ bids: [], asks: [] });
});

test('orders that are due never trade, however many they are', () => {
  const floor = funded();
  const dueAtMs = floor.nowMs + 10;
  for (const account of [bob, cat]) {
    for (let count = 0; count < 700; count += 1) {
      floor.applyUnchecked(floor.placing({ account, side: 'sell', expiresAtMs: dueAtMs }));
    }
  }
  floor.place({ account: cat, side: 'sell', limitTicks: 101, commandId: digest(9_999) });
  expect(floor.engine.nextDueMs()).toBe(dueAtMs);
  floor.nowMs += 10;
  const events = floor.place({ sizeLots: 1, limitTicks: 101 });
  expect(events.filter((event) => event.type === 'trade')).toMatchObject([
    { makerDigest: digest(9_999), priceTicks: 101 },
  ]);
  const ends = floor.events.filter((event) => event.type === 'order_done');
  expect(ends.filter((event) => event.reason === 'expired')).toHaveLength(1_400);
  expect(floor.commands.slice(-3).map((command) => command.type)).toEqual([
    'tick',
    'tick',
    'place',
  ]);
});

test('what one tick has no events for is due with the next', () => {
  const floor = funded();
  for (const account of [alice, bob]) {
    for (let count = 0; count < 600; count += 1) {
      floor.applyUnchecked(floor.placing({ account, expiresAtMs: floor.nowMs + 10 }));
    }
  }
  expect(floor.tick(10).length).toBeLessThanOrEqual(eventsPerCommand);
  expect(floor.engine.isUnfinished).toBe(false);
  expect(floor.engine.nextDueMs()).toBe(floor.nowMs);
  floor.tick();
  expect(floor.engine.nextDueMs()).toBeUndefined();
  expect(floor.events.filter((event) => event.type === 'order_done')).toHaveLength(1_200);
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
  const changes = floor.engine.takeLevelChanges();
  // In no order: who follows a book keeps its levels by price.
  expect(changes.sort((one, other) => one.priceTicks - other.priceTicks)).toEqual([
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
