import { expect, test } from 'vitest';
import { address, groupId, MatcherWorld } from './matcher-world.ts';

async function tradingWorld(policy: 'exact' | 'sticky' = 'sticky') {
  const world = new MatcherWorld();
  world.ledger.policy = policy;
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('alice'), 'ETH', 1_000n);
  world.ledger.fund(address('bob'), 'USDC', 100_000n);
  return { world, running: await world.start() };
}

test('all live orders of an account end, of one side where named, and nobody else’s', async () => {
  const { world, running } = await tradingWorld();
  const bid = world.order('alice');
  const ask = world.order('alice', { side: 'sell', ticks: 120 });
  const stop = world.order('alice', {
    ...{ side: 'sell', ticks: 80, orderType: 'stop_limit', trigger: '90' },
  });
  const other = world.order('bob', { ticks: 99 });
  await world.send(running, bid, ask, stop, other);
  const [sells] = await world.send(running, world.cancelAll('alice', { side: 'sell' }));
  expect(sells).toMatchObject({ status: 'accepted', cancelled: 2 });
  const account = await world.time.until(running.leader.account(address('alice')));
  expect(account.orders.map(({ digest }) => digest)).toEqual([bid.digest]);
  const [elsewhere] = await world.send(running, world.cancelAll('alice', { market: 'ETH-USDC' }));
  expect(elsewhere).toMatchObject({ status: 'accepted', cancelled: 1 });
  const [none] = await world.send(running, world.cancelAll('alice'));
  expect(none).toMatchObject({ status: 'accepted', cancelled: 0 });
  const depth = await world.time.until(running.leader.depth('ETH-USDC', 5));
  expect(depth?.bids).toEqual([[99, 2]]);
});

test('orders that wait when all are cancelled never enter; those that come after do', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice', { ticks: 1 }));
  const [before, cancelled, after] = await world.send(
    running,
    ...[world.order('alice'), world.cancelAll('alice'), world.order('alice', { ticks: 101 })],
  );
  expect(before).toMatchObject({ status: 'refused', code: 'order_cancelled' });
  expect(cancelled).toMatchObject({ status: 'accepted', cancelled: 2 });
  expect(after).toMatchObject({ status: 'accepted', order: { status: 'open' } });
});

test('orders that wait for credit when all are cancelled never enter, whoever leads', async () => {
  const { world, running } = await tradingWorld('exact');
  await world.send(running, world.order('bob'));
  await world.send(running, world.order('alice'));
  const orders = [world.order('alice'), world.order('alice', { side: 'sell', ticks: 120 })];
  const waiting = orders.map((order) => world.ask(running, order));
  const bobs = world.ask(running, world.order('bob', { ticks: 99 }));
  await world.time.pass(100);
  const [cancelled] = await world.send(running, world.cancelAll('alice', { side: 'buy' }));
  expect(cancelled).toMatchObject({ status: 'accepted', cancelled: 2 });
  expect(await waiting[0]).toMatchObject([{ status: 'refused', code: 'order_cancelled' }]);
  world.ledger.clear(groupId, world.journal);
  expect(await world.time.until(waiting[1] ?? bobs)).toMatchObject([{ status: 'accepted' }]);
  expect(await world.time.until(bobs)).toMatchObject([{ status: 'accepted' }]);
  running.kill();
  const next = await world.start();
  const [order] = orders;
  if (!order) throw new Error('no order');
  expect(await world.send(next, order)).toMatchObject([
    { status: 'refused', code: 'order_cancelled' },
  ]);
});

test('a mass cancel that is sent again ends nothing that came since', async () => {
  const { world, running } = await tradingWorld();
  const cancelAll = world.cancelAll('alice');
  await world.send(running, world.order('alice'), cancelAll);
  const later = world.order('alice');
  await world.send(running, later);
  const [again] = await world.send(running, cancelAll);
  expect(again).toMatchObject({ status: 'accepted', repeated: true });
  running.kill();
  const next = await world.start();
  expect(await world.send(next, cancelAll)).toMatchObject([{ repeated: true }]);
  const account = await world.time.until(next.leader.account(address('alice')));
  expect(account.orders.map(({ digest }) => digest)).toEqual([later.digest]);
});
