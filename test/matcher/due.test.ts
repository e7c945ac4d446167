import { expect, test } from 'vitest';
import type { Market } from '#domain/market.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

async function tradingWorld(terms: Partial<Market> = {}, policy: 'exact' | 'sticky' = 'sticky') {
  const world = new MatcherWorld();
  world.markets = world.markets.map((each) => ({ ...each, market: { ...each.market, ...terms } }));
  world.ledger.policy = policy;
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
  return { world, running: await world.start() };
}

const depthOf = (world: MatcherWorld, running: Running) =>
  world.time.until(running.leader.depth('ETH-USDC', 5));
const ordersOf = async (world: MatcherWorld, running: Running) =>
  (await world.time.until(running.leader.account(address('alice')))).orders;

test('a dead man’s switch fires at its time although nobody trades, once', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'), world.order('alice', { ticks: 99 }));
  const nowMs = world.time.clock.nowMs();
  const [armed] = await world.send(running, world.cancelAllAfter('alice', 5_000));
  const switchDueMs = armed?.status === 'accepted' ? (armed.switchDueMs ?? 0) : 0;
  expect(switchDueMs - nowMs).toBeGreaterThanOrEqual(5_000);
  expect(switchDueMs - nowMs).toBeLessThan(5_100);
  const account = await world.time.until(running.leader.account(address('alice')));
  expect(account).toMatchObject({ switchDueMs, feeTier: 0 });
  await world.time.pass(4_800);
  expect(await ordersOf(world, running)).toHaveLength(2);
  await world.time.pass(400);
  expect(await ordersOf(world, running)).toEqual([]);
  await world.send(running, world.order('alice'));
  await world.time.pass(60_000);
  expect(await ordersOf(world, running)).toHaveLength(1);
});

test('a switch that is sent again starts anew, and 0 disarms it', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  for (let count = 0; count < 5; count += 1) {
    await world.send(running, world.cancelAllAfter('alice', 5_000));
    await world.time.pass(4_000);
  }
  const [disarmed] = await world.send(running, world.cancelAllAfter('alice', 0));
  expect(disarmed).toMatchObject({ status: 'accepted', switchDueMs: 0 });
  await world.time.pass(60_000);
  expect(await ordersOf(world, running)).toHaveLength(1);
});

test('a switch whose time came while nobody led fires before the next leader takes anything', async () => {
  const { world, running } = await tradingWorld();
  const bid = world.order('alice');
  await world.send(running, bid, world.cancelAllAfter('alice', 2_000));
  running.kill();
  await world.time.pass(5_000);
  const next = await world.start();
  expect(await ordersOf(world, next)).toEqual([]);
  const [sold] = await world.send(next, world.order('bob', { side: 'sell' }));
  expect(sold).toMatchObject({ status: 'accepted', fills: [] });
});

test('a switch that fires takes what waits for credit too, and not what came after its time', async () => {
  const { world, running } = await tradingWorld({}, 'exact');
  await world.send(running, world.order('alice'), world.cancelAllAfter('alice', 2_000));
  // The grant before is not cleared: this one waits.
  const waiting = world.ask(running, world.order('alice', { ticks: 99 }));
  await world.time.pass(2_200);
  expect(await waiting).toMatchObject([{ status: 'refused', code: 'order_cancelled' }]);
  const later = world.ask(running, world.order('alice', { ticks: 98 }));
  world.ledger.clear(groupId, world.journal);
  expect(await world.time.until(later)).toMatchObject([{ status: 'accepted' }]);
  expect(await ordersOf(world, running)).toMatchObject([{ limitTicks: 98 }]);
});

test('an order that a switch kept out stays out, whoever leads', async () => {
  const { world, running } = await tradingWorld({}, 'exact');
  await world.send(running, world.order('alice'), world.cancelAllAfter('alice', 2_000));
  const order = world.order('alice', { ticks: 99 });
  const waiting = world.ask(running, order);
  await world.time.pass(2_200);
  expect(await waiting).toMatchObject([{ code: 'order_cancelled' }]);
  running.kill();
  world.ledger.clear(groupId, world.journal);
  const next = await world.start();
  expect(await world.send(next, order)).toMatchObject([{ code: 'order_cancelled' }]);
});

test('an auction ends at its time although nobody trades, and its price is what most trades at', async () => {
  const { world, running } = await tradingWorld({ auctionMs: 3_000 });
  await world.send(running, world.order('alice', { ticks: 90 }));
  await world.send(running, world.order('bob', { side: 'sell', ticks: 120 }));
  await world.send(running, world.setState('auction'));
  await world.send(running, world.order('alice', { ticks: 110, lots: 3 }));
  await world.send(running, world.order('bob', { side: 'sell', ticks: 105, lots: 3 }));
  const collecting = await depthOf(world, running);
  expect(collecting).toMatchObject({ state: 'auction', auction: { sizeLots: 3 } });
  expect(collecting?.untilMs).toBeGreaterThan(world.time.clock.nowMs());
  await world.time.pass(4_000);
  const opened = await depthOf(world, running);
  expect(opened).toMatchObject({ state: 'open', untilMs: 0, bids: [[90, 2]], asks: [[120, 2]] });
  expect(opened?.lastTicks).toBe(collecting?.auction?.priceTicks);
  expect(opened).not.toHaveProperty('auction');
});

test('a halt by volatility leads to an auction and back to trading by itself', async () => {
  const terms = { haltBps: 500, haltWindowMs: 60_000, haltMs: 2_000, auctionMs: 2_000 };
  const { world, running } = await tradingWorld({ ...terms, referenceTicks: 100 });
  await world.send(running, world.order('bob', { side: 'sell', ticks: 110 }));
  const [halted] = await world.send(running, world.order('alice', { ticks: 110 }));
  expect(halted).toMatchObject({ status: 'accepted', order: { status: 'halted' }, fills: [] });
  const states: (string | undefined)[] = [];
  for (let count = 0; count < 3; count += 1) {
    states.push((await depthOf(world, running))?.state);
    await world.time.pass(2_100);
  }
  expect(states).toEqual(['halted', 'auction', 'open']);
});

test('everything that is due at one time is done however much it is', async () => {
  const { world, running } = await tradingWorld();
  world.ledger.fund(address('carol'), 'USDC', 10_000_000n);
  for (const trader of ['alice', 'carol']) {
    const orders = Array.from({ length: 900 }, () =>
      world.order(trader, { ticks: 1, lots: 1, lifeMs: 60_000 }),
    );
    await world.send(running, ...orders.slice(0, 1));
    await world.send(running, ...orders.slice(1));
  }
  expect((await depthOf(world, running))?.bids).toEqual([[1, 1_800]]);
  await world.time.pass(61_000);
  expect((await depthOf(world, running))?.bids).toEqual([]);
  expect(running.doubts).toEqual([]);
});

test('an order that was taken after a switch’s time is not meant by it, even if it comes before the switch fires', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'), world.cancelAllAfter('alice', 2_000));
  const { clock } = world.time;
  const nowMs = clock.nowMs;
  // The bell has not rung yet: the order is the first to find that the time has come.
  clock.nowMs = () => nowMs() + 3_000;
  const [later] = await world.send(running, world.order('alice', { ticks: 98 }));
  expect(later).toMatchObject({ status: 'accepted', order: { status: 'open' } });
  expect(await ordersOf(world, running)).toMatchObject([{ limitTicks: 98 }]);
});
