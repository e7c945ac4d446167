import { expect, test } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { Outcome } from '#domain/event.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';
import { freshId } from './orders.ts';

const traders = ['alice', 'bob', 'carol'];

/** Three sticky accounts with credit for everything they will want. */
async function tradingWorld() {
  const world = new MatcherWorld();
  world.ledger.policy = 'sticky';
  for (const trader of traders) {
    world.ledger.fund(address(trader), 'USDC', 10_000_000n);
    world.ledger.fund(address(trader), 'ETH', 100_000n);
  }
  return { world, running: await world.start() };
}

/** So many bids of each, resting. */
async function restBids(world: MatcherWorld, running: Running, each: number): Promise<void> {
  for (const trader of traders) {
    const [first, ...rest] = Array.from({ length: each }, (_, at) =>
      world.order(trader, { ticks: 100 + (at % 50), lots: 1 }),
    );
    // The first gets credit that is enough for all.
    if (first) await world.send(running, first);
    await world.send(running, ...rest);
  }
}

const outcomesOf = (world: MatcherWorld): Outcome<Command>[] =>
  world.journal.frames(groupId).flatMap(({ outcomes }) => outcomes);

test('what one command’s bound left undone goes on at once, and its owner is told of the whole', async () => {
  const { world, running } = await tradingWorld();
  await restBids(world, running, 1_000);
  const order = world.order('bob', { side: 'sell', lots: 1, ticks: 200 });
  const [cancelled, placed] = await world.send(running, world.cancelAll('alice'), order);
  expect(cancelled).toMatchObject({ status: 'accepted', cancelled: 1_000 });
  expect(placed).toMatchObject({ status: 'refused', code: 'too_many_open_orders' });
  const types = outcomesOf(world).map(({ command }) => command.type);
  expect(types.slice(types.indexOf('cancel_all'))).toEqual(['cancel_all', 'continue', 'place']);
  const account = await world.time.until(running.leader.account(address('alice')));
  expect(account.orders).toEqual([]);
});

test('an order that meets more than one command holds is answered with all its fills', async () => {
  const { world, running } = await tradingWorld();
  await restBids(world, running, 300);
  const all = { side: 'sell' as const, lots: 600, ticks: 100 };
  const taker = world.order('carol', { ...all, selfTrade: 'expire_maker' });
  const [taken] = await world.send(running, taker);
  expect(taken).toMatchObject({ status: 'accepted', order: { status: 'filled' } });
  expect(taken?.status === 'accepted' && taken.fills.length).toBe(600);
  const types = outcomesOf(world).map(({ command }) => command.type);
  expect(types.slice(types.lastIndexOf('place'))).toEqual(['place', 'continue']);
});

/** A market's close that lies in two frames, the second of which begins with a `continue`; `first` is the first's record. */
async function closing() {
  const { world, running } = await tradingWorld();
  await restBids(world, running, 900);
  const first = world.journal.records.length;
  // They come before the close and fill its frame, but for two halves.
  const cancels = Array.from({ length: 2_000 }, () => world.cancel('alice', freshId()));
  void world.ask(running, ...cancels);
  const close = world.setState('closed');
  let recordsThen = 0;
  const answered = world.ask(running, close).then(([result]) => {
    recordsThen = world.journal.records.length;
    return result;
  });
  const result = await world.time.until(answered);
  return { world, running, first, close, result, recordsThen };
}

test('halves may lie in several frames; the answer leaves when the last is durable', async () => {
  const { world, first, result, recordsThen } = await closing();
  expect(result).toMatchObject({ status: 'accepted', cancelled: 2_700 });
  const isHalf = ({ command }: Outcome<Command>) =>
    command.type === 'set_market_state' || command.type === 'continue';
  const halves = world.journal.frames(groupId).filter(({ outcomes }) => outcomes.some(isHalf));
  expect(halves.map(({ outcomes }) => outcomes.filter(isHalf).length)).toEqual([2, 1]);
  expect(recordsThen).toBe(first + 2);
});

test('a leader that dies between the halves is followed by one that does what it would have done', async () => {
  const { world, running, first } = await closing();
  const undisturbed = outcomesOf(world).flatMap(({ events }) => events);
  const { stateHash } = running.leader.engine;
  const hash = stateHash();
  running.kill();
  // Of the close only the first frame became durable.
  world.journal.records.length = first + 1;
  const half = outcomesOf(world).flatMap(({ events }) => events);
  expect(undisturbed.length - half.length).toBeGreaterThan(500);
  const next = await world.start();
  const whole = outcomesOf(world).flatMap(({ events }) => events);
  const comparable = (events: typeof whole) =>
    events.filter(({ type }) => type !== 'accepted').map(({ sequence: _, ...rest }) => rest);
  expect(comparable(whole)).toEqual(comparable(undisturbed));
  expect(whole.slice(0, half.length)).toEqual(half);
  expect(next.leader.engine.stateHash()).toBe(hash);
  next.leader.engine.validate();
  expect(next.doubts).toEqual([]);
});

test('a command whose leader died between its halves is answered by the next, which has finished it before anything else', async () => {
  const { world, running, first, close } = await closing();
  running.kill();
  world.journal.records.length = first + 1;
  const next = await world.start();
  const types = outcomesOf(world).map(({ command }) => command.type);
  const rest = types.slice(types.indexOf('set_market_state'));
  expect(rest.slice(0, 3)).toEqual(['set_market_state', 'continue', 'continue']);
  const [again] = (await world.send(next, close)) as [CommandResult];
  expect(again).toMatchObject({ status: 'accepted', repeated: true });
  const depth = await world.time.until(next.leader.depth('ETH-USDC', 5));
  expect(depth).toMatchObject({ state: 'closed', bids: [] });
});
