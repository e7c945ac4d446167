import { expect, test } from 'vitest';
import { latestMs } from '#wire/order-body.ts';
import { queuedCommands } from '../../containers/matcher/bounds.ts';
import { askLeader } from './ask-leader.ts';
import { address, groupId, MatcherWorld } from './matcher-world.ts';

async function tradingWorld(policy: 'exact' | 'sticky' = 'sticky') {
  const world = new MatcherWorld();
  world.ledger.policy = policy;
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
  return { world, running: await world.start() };
}

test('an order that is sent again while it is on its way gets the same answer', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  const both = await world.send(running, order, order);
  expect(both[1]).toEqual({ ...both[0], repeated: true });
});

test('an order that is sent again by another request, applied and not yet durable, is answered when the first is, and the same', async () => {
  const { world, running } = await tradingWorld();
  // Its account's credit is there, so that it is applied at once.
  await world.send(running, world.order('alice'));
  world.journal.putMs = 50;
  const order = world.order('alice');
  const frames = world.journal.frames(groupId).length;
  const durableBehind = (answer: Promise<unknown>) =>
    answer.then(() => world.journal.frames(groupId).length);
  const first = world.ask(running, order);
  const firstAt = durableBehind(first);
  await world.time.pass(20);
  const again = world.ask(running, order);
  const againAt = durableBehind(again);
  const [[given], [repeated]] = await world.time.until(Promise.all([first, again]));
  expect(repeated).toEqual({ ...given, repeated: true });
  expect(await world.time.until(Promise.all([firstAt, againAt]))).toEqual([frames + 1, frames + 1]);
});

test('an order that is sent again later gets its first result and its present state', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  const [first] = await world.send(running, order);
  await world.send(running, world.order('bob', { side: 'sell', lots: 1 }));
  const [again] = await world.send(running, order);
  expect(again).toMatchObject({
    status: 'accepted',
    sequence: first?.status === 'accepted' ? first.sequence : 0,
    order: { filledLots: 1 },
    repeated: true,
  });
  const depth = await world.time.until(running.leader.depth('ETH-USDC', 10));
  expect(depth?.bids).toEqual([[100, 1]]);
});

test('a refused order stays refused when it is sent again', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('carol');
  await world.send(running, order);
  world.ledger.fund(address('carol'), 'USDC', 1_000n);
  expect(await world.send(running, order)).toMatchObject([
    { status: 'refused', code: 'balance_too_low', repeated: true },
  ]);
});

test('a repeated order gets its first result from the next leader too', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  const [first] = await world.send(running, order);
  running.kill();
  const next = await world.start();
  const [again] = await world.send(next, order);
  expect(again).toEqual({ ...first, fills: [], repeated: true });
});

test('an order that is cancelled before it comes never enters, whoever leads', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  const [cancelled] = await world.send(running, world.cancel('alice', order.digest));
  expect(cancelled).toMatchObject({ status: 'refused', code: 'unknown_order' });
  expect(await world.send(running, order)).toMatchObject([
    { status: 'refused', code: 'order_cancelled' },
  ]);
  running.kill();
  const next = await world.start();
  expect(await world.send(next, order)).toMatchObject([
    { status: 'refused', code: 'order_cancelled' },
  ]);
});

test('nobody can keep out the order of another', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  await world.send(running, world.cancel('bob', order.digest));
  expect(await world.send(running, order)).toMatchObject([{ status: 'accepted' }]);
  expect(await world.send(running, world.cancel('bob', order.digest))).toMatchObject([
    { status: 'refused', code: 'not_owner' },
  ]);
});

test('cancels go before orders that wait', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('bob', { side: 'sell' }));
  const resting = world.order('bob', { side: 'sell', ticks: 101 });
  await world.send(running, resting);
  // Her credit is there: nothing but the queue's order decides.
  await world.send(running, world.order('alice', { ticks: 1 }));
  const taker = world.ask(running, world.order('alice', { lots: 4, ticks: 101 }));
  const cancel = world.ask(running, world.cancel('bob', resting.digest));
  const [[taken], [cancelled]] = await world.time.until(Promise.all([taker, cancel]));
  expect(cancelled).toMatchObject({ status: 'accepted' });
  expect(taken).toMatchObject({ status: 'accepted', fills: [{ sizeLots: 2 }] });
});

test('an order that is cancelled while it is queued never enters', async () => {
  const { world, running } = await tradingWorld();
  const before = world.order('alice', { ticks: 1 });
  await world.send(running, before);
  const order = world.order('alice');
  const [placed, cancelled] = await world.send(
    running,
    ...[order, world.cancel('alice', order.digest)],
  );
  expect(placed).toMatchObject({ status: 'refused', code: 'order_cancelled' });
  expect(cancelled).toMatchObject({ status: 'accepted' });
  const held = world.journal.frames(groupId).flatMap(({ outcomes }) => outcomes);
  const placements = held.filter(({ command }) => command.type === 'place');
  expect(placements.map(({ command }) => command.commandId)).toEqual([before.digest]);
});

test('a signed cancel counts for a minute', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  await world.send(running, order);
  const nowMs = world.time.clock.nowMs();
  const cancel = (createdAtMs: number) => ({ ...world.cancel('alice', order.digest), createdAtMs });
  expect(
    await world.send(running, cancel(nowMs - 61_000), cancel(nowMs + 7_000), cancel(nowMs)),
  ).toMatchObject([
    { status: 'refused', code: 'order_too_late' },
    { status: 'refused', code: 'order_from_the_future' },
    { status: 'accepted' },
  ]);
});

test('an order signed for an absurd time is refused and harms nobody', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  order.order.createdAtMs = latestMs;
  expect(await world.send(running, order)).toMatchObject([
    { status: 'refused', code: 'order_from_the_future' },
  ]);
  const old = world.order('alice');
  old.order.createdAtMs = 0;
  expect(await world.send(running, old)).toMatchObject([
    { status: 'refused', code: 'order_too_late' },
  ]);
  expect(running.doubts).toEqual([]);
});

test('an order for a market that is not here is refused', async () => {
  const { world, running } = await tradingWorld();
  const order = world.order('alice');
  order.order.terms = 'DOGE-USDC limit gtc';
  expect(await world.send(running, order)).toMatchObject([
    { status: 'refused', code: 'unknown_market' },
  ]);
});

test('a slow journal fills the queue to its bound; then new commands are told to come again', async () => {
  const { world, running } = await tradingWorld();
  let release = () => {};
  world.journal.held = new Promise((resolve) => {
    release = () => resolve();
  });
  // As large as a command can be, and refused for its age: few of them fill a frame.
  const large = () => {
    const order = world.order('alice', { replaces: world.order('alice').digest });
    order.order.createdAtMs = 0;
    return { ...order, clientOrderId: 'x'.repeat(36) };
  };
  let taken = 0;
  const answers: Promise<unknown>[] = [];
  for (let count = 0; count < 150_000; count += 20) {
    const batch = Array.from({ length: 20 }, large);
    const answered = askLeader(running.leader, batch);
    if (answered === 'busy') break;
    if (typeof answered !== 'string') answers.push(answered);
    taken += 20;
    if (count % 1_000 === 0) await world.time.pass(1);
  }
  expect(taken).toBeGreaterThanOrEqual(queuedCommands - 20);
  const more = Array.from({ length: 20 }, () => world.order('alice'));
  expect(askLeader(running.leader, more)).toBe('busy');
  release();
  world.journal.held = undefined;
  await world.time.until(Promise.all(answers));
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
});

test('an order expires at its time although nobody trades, and its credit goes home', async () => {
  const { world, running } = await tradingWorld('exact');
  await world.send(running, world.order('alice', { lifeMs: 10_000 }));
  await world.time.pass(9_900);
  expect((await world.time.until(running.leader.depth('ETH-USDC', 5)))?.bids).toHaveLength(1);
  await world.time.pass(300);
  expect((await world.time.until(running.leader.depth('ETH-USDC', 5)))?.bids).toEqual([]);
  await world.time.pass(6_000);
  world.ledger.clear(groupId, world.journal);
  expect(world.ledger.available.get(`${address('alice')} USDC`)).toBe(100_000n);
});
