import { expect, test } from 'vitest';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';
import { atoms } from './orders.ts';

async function tradingWorld(policy: 'exact' | 'sticky' = 'sticky') {
  const world = new MatcherWorld();
  world.ledger.policy = policy;
  for (const trader of ['alice', 'bob', 'carol']) {
    world.ledger.fund(address(trader), 'USDC', 100_000n);
    world.ledger.fund(address(trader), 'ETH', 1_000n);
  }
  return { world, running: await world.start() };
}

const bidsOf = async (world: MatcherWorld, running: Running) =>
  (await world.time.until(running.leader.depth('ETH-USDC', 5)))?.bids;

test('a smaller order keeps its place in the queue', async () => {
  const { world, running } = await tradingWorld();
  const [first, second] = [world.order('alice', { lots: 5 }), world.order('carol')];
  await world.send(running, first);
  await world.send(running, second);
  const [amended] = await world.send(running, world.amend('alice', first.digest, 3));
  expect(amended).toMatchObject({ status: 'accepted', order: { sizeLots: 3, status: 'open' } });
  expect(await bidsOf(world, running)).toEqual([[100, 5]]);
  await world.send(running, world.order('bob', { side: 'sell', lots: 3 }));
  const { order } = { order: await world.time.until(running.leader.order(first.digest)) };
  expect(order).toMatchObject({ status: 'filled', filledLots: 3 });
});

test('an amend that changes nothing it may change is refused', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice', { lots: 5 });
  await world.send(running, order);
  const half = { ...world.amend('alice', order.digest, 1), newAmount: atoms(5, 17) };
  const huge = { ...world.amend('alice', order.digest, 1), newAmount: atoms(2 ** 50, 21) };
  const results = await world.send(
    running,
    world.amend('alice', order.digest, 5),
    world.amend('alice', order.digest, 0),
    world.amend('bob', order.digest, 1),
    world.amend('alice', world.order('alice').digest, 1),
    half,
    huge,
  );
  expect(results.map((result) => result.status === 'refused' && result.code)).toEqual([
    'size_not_smaller',
    'size_too_small',
    'not_owner',
    'unknown_order',
    'size_off_lot',
    'size_not_smaller',
  ]);
  expect(await bidsOf(world, running)).toEqual([[100, 5]]);
});

test('a signed amend counts for a minute', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice', { lots: 5 });
  await world.send(running, order);
  const nowMs = world.time.clock.nowMs();
  const amend = (createdAtMs: number) => ({
    ...world.amend('alice', order.digest, 2),
    createdAtMs,
  });
  expect(
    await world.send(running, amend(nowMs - 61_000), amend(nowMs + 7_000), amend(nowMs)),
  ).toMatchObject([
    { status: 'refused', code: 'order_too_late' },
    { status: 'refused', code: 'order_from_the_future' },
    { status: 'accepted' },
  ]);
});

test('the money of a waiting stop is lowered in money', async () => {
  const { world, running } = await tradingWorld();
  await world.send(
    running,
    world.order('bob', { side: 'sell', lots: 1 }),
    world.order('carol', { lots: 1 }),
  );
  const stop = world.order('alice', {
    ...{ spendUnits: 1_200, ticks: 120, trigger: '110' },
    ...{ orderType: 'stop', timeInForce: 'ioc' },
  });
  expect(await world.send(running, stop)).toMatchObject([
    { status: 'accepted', order: { status: 'untriggered', spendUnits: 1_200 } },
  ]);
  const amend = { ...world.amend('alice', stop.digest, 1), newAmount: atoms(700, 6) };
  expect(await world.send(running, amend)).toMatchObject([
    { status: 'accepted', order: { status: 'untriggered', spendUnits: 700, sizeLots: 0 } },
  ]);
  const account = await world.time.until(running.leader.account(address('alice')));
  expect(account.credit).toMatchObject([{ asset: 'USDC', heldUnits: 700 }]);
});

test('a replacing order takes the old one’s place with its credit', async () => {
  const { world, running } = await tradingWorld('exact');
  const old = world.order('alice');
  await world.send(running, old);
  const replacing = world.order('alice', { ticks: 99, replaces: old.digest });
  expect(await world.send(running, replacing)).toMatchObject([
    { status: 'accepted', order: { status: 'open' } },
  ]);
  expect(world.ledger.asked).toHaveLength(1);
  expect(await bidsOf(world, running)).toEqual([[99, 2]]);
  const gone = await world.time.until(running.leader.order(old.digest));
  expect(gone).toMatchObject({ status: 'cancelled' });
});

test('a replacing order that waits for credit while the old one is filled does not enter, and nothing stays held', async () => {
  const { world, running } = await tradingWorld('exact');
  const old = world.order('alice');
  await world.send(running, old);
  // It lacks 100, and the grant before is not cleared.
  const waiting = world.ask(running, world.order('alice', { lots: 3, replaces: old.digest }));
  await world.time.pass(100);
  await world.send(running, world.order('bob', { side: 'sell' }));
  world.ledger.clear(groupId, world.journal);
  expect(await world.time.until(waiting)).toMatchObject([
    { status: 'refused', code: 'unknown_order' },
  ]);
  expect(await bidsOf(world, running)).toEqual([]);
  for (let count = 0; count < 60; count += 1) {
    await world.time.pass(200);
    world.ledger.clear(groupId, world.journal);
  }
  expect(world.ledger.available.get(`${address('alice')} USDC`)).toBe(100_000n - 200n);
});

test('a replacing order whose credit is spent by the fill of the old one, at the last moment, is judged as of then', async () => {
  const { world, running } = await tradingWorld('exact');
  const old = world.order('alice');
  await world.send(running, old);
  await world.send(running, world.order('bob', { side: 'sell', ticks: 200 }));
  // Both wait for their grants, get them at one time, and his order enters just before hers.
  const sale = world.ask(running, world.order('bob', { side: 'sell' }));
  const waiting = world.ask(running, world.order('alice', { lots: 3, replaces: old.digest }));
  await world.time.pass(100);
  world.ledger.clear(groupId, world.journal);
  expect(await world.time.until(sale)).toMatchObject([{ fills: [{ sizeLots: 2 }] }]);
  await world.time.pass(100);
  world.ledger.clear(groupId, world.journal);
  expect(await world.time.until(waiting)).toMatchObject([
    { status: 'refused', code: 'unknown_order' },
  ]);
});
