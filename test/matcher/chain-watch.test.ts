/** What a leader does while it does not hear of the chain's head, and when it hears of it again. */
import { expect, test } from 'vitest';
import type { MarketState } from '#domain/market.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { MemoryBucket } from '../cloud/memory-bucket.ts';
import { askDoor } from './ask-door.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

const staleMs = 60_000;

function watchedWorld(): MatcherWorld {
  const world = new MatcherWorld();
  world.chainStaleMs = staleMs;
  world.ledger.policy = 'sticky';
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  return world;
}

async function stateOf(world: MatcherWorld, running: Running): Promise<MarketState | undefined> {
  return (await world.time.until(running.leader.depth('ETH-USDC', 1)))?.state;
}

/** Of a block that is so old. */
async function tell(world: MatcherWorld, running: Running, ageMs = 0): Promise<void> {
  running.leader.chainHead({ number: 1, atMs: world.time.clock.nowMs() - ageMs });
  await world.time.pass(100);
}

/** Who set the market's state to what, in the journal's order; those that were refused left out. */
const changes = (world: MatcherWorld): string[] =>
  world.journal
    .frames(groupId)
    .flatMap(({ outcomes }) =>
      outcomes.flatMap(({ command, events }) =>
        command.type === 'set_market_state' && events[0]?.type === 'accepted'
          ? [`${command.by}: ${command.state}`]
          : [],
      ),
    );

test('an open market takes cancels only while the chain’s head is not heard of, and opens again', async () => {
  const world = watchedWorld();
  const running = await world.start();
  await world.time.pass(staleMs);
  expect(await stateOf(world, running)).toBe('open');
  const resting = world.order('alice', { ticks: 99 });
  await world.send(running, resting);
  await world.time.pass(6_000);
  expect(await stateOf(world, running)).toBe('cancel_only');
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ status: 'refused' }]);
  expect(await world.send(running, world.cancel('alice', resting.digest))).toMatchObject([
    { status: 'accepted' },
  ]);
  await tell(world, running);
  expect(await stateOf(world, running)).toBe('open');
  expect(changes(world)).toEqual(['chain-watch: cancel_only', 'chain-watch: open']);
  expect(running.doubts).toEqual([]);
});

test('heads that come keep markets open, and old ones do not', async () => {
  const world = watchedWorld();
  const running = await world.start();
  for (let told = 0; told < 20; told += 1) {
    await world.time.pass(10_000);
    await tell(world, running, 15_000);
  }
  expect(await stateOf(world, running)).toBe('open');
  // Told on time, of a chain that stands still.
  for (let ageMs = 20_000; ageMs < 70_000; ageMs += 10_000) {
    await tell(world, running, ageMs);
    await world.time.pass(9_900);
  }
  expect(await stateOf(world, running)).toBe('cancel_only');
  // A head that is not quite stale opens nothing: markets would flap.
  await tell(world, running, staleMs - 1_000);
  expect(await stateOf(world, running)).toBe('cancel_only');
  await tell(world, running, staleMs / 2);
  expect(await stateOf(world, running)).toBe('open');
});

test('a chain whose clock is ahead is believed no longer than now', async () => {
  const world = watchedWorld();
  const running = await world.start();
  await tell(world, running, -3_600_000);
  await world.time.pass(staleMs + 6_000);
  expect(await stateOf(world, running)).toBe('cancel_only');
});

test('what an operator set is never opened by the watch', async () => {
  const world = watchedWorld();
  const running = await world.start();
  await world.send(running, world.setState('cancel_only'));
  await world.time.pass(staleMs * 2);
  await tell(world, running);
  expect(await stateOf(world, running)).toBe('cancel_only');
  expect(changes(world)).toEqual(['an operator: cancel_only']);
});

test('what the watch closed, and an operator wanted since, only operators open', async () => {
  const world = watchedWorld();
  const running = await world.start();
  await world.time.pass(staleMs + 6_000);
  // Refused, for it is that already; the wish counts.
  expect(await world.send(running, world.setState('cancel_only'))).toMatchObject([
    { status: 'refused' },
  ]);
  await tell(world, running);
  expect(await stateOf(world, running)).toBe('cancel_only');
  await world.send(running, world.setState('open'));
  expect(await stateOf(world, running)).toBe('open');
});

test('an auction that ends meanwhile is not left open', async () => {
  const world = watchedWorld();
  const running = await world.start();
  await world.send(running, world.setState('auction'));
  await world.time.pass(staleMs + 6_000);
  expect(await stateOf(world, running)).toBe('auction');
  await world.send(running, world.setState('open'));
  await world.time.pass(6_000);
  expect(await stateOf(world, running)).toBe('cancel_only');
});

test.each([false, true])(
  'who takes over knows what the watch closed, and waits for a head (from a snapshot: %s)',
  async (fromSnapshot) => {
    const world = watchedWorld();
    if (fromSnapshot) world.bucket = new MemoryBucket();
    const first = await world.start();
    await world.time.pass(staleMs + 6_000);
    expect(await stateOf(world, first)).toBe('cancel_only');
    if (fromSnapshot) {
      await world.time.until(first.leader.drain());
      await world.time.until(first.leader.lastSnapshot());
    }
    first.kill();
    const second = await world.start();
    expect(second.began > 0).toBe(fromSnapshot);
    // It was told of no head yet: neither open nor closed changes.
    await world.time.pass(staleMs - 10_000);
    expect(await stateOf(world, second)).toBe('cancel_only');
    await tell(world, second);
    expect(await stateOf(world, second)).toBe('open');
  },
);

test.each(Array.from({ length: Number(process.env['CROSSBOOK_RUNS'] ?? 6) }, (_, at) => at + 1))(
  'whoever leads, nothing is open without a head, and nothing that an operator closed (seed %i)',
  async (seed) => {
    const below = seeded(seed);
    const world = watchedWorld();
    if (below(2) === 0) world.bucket = new MemoryBucket();
    let running = await world.start();
    /** What operators wanted last. */
    let wished = 'open' as MarketState;
    const nowMs = () => world.time.clock.nowMs();
    let [beganMs, toldMs] = [nowMs(), 0];
    for (let step = 0; step < 60; step += 1) {
      const moves = [
        () => world.time.pass(1_000 * below(50)),
        async () => {
          const ageMs = 1_000 * below(80);
          await tell(world, running, ageMs);
          toldMs = Math.max(toldMs, nowMs() - 100 - ageMs);
        },
        async () => {
          const state = (['open', 'cancel_only'] as const)[below(2)] ?? 'open';
          const [result] = await world.send(running, world.setState(state));
          if (result?.status === 'accepted' || state === 'cancel_only') wished = state;
        },
        async () => {
          if (below(2) === 0) await world.time.until(running.leader.drain());
          running.kill();
          running = await world.start();
          [beganMs, toldMs] = [nowMs(), 0];
        },
      ];
      await moves[below(moves.length)]?.();
      await world.time.pass(5_100);
      const state = await stateOf(world, running);
      if (nowMs() - Math.max(beganMs, toldMs) > staleMs + 5_100) expect(state).not.toBe('open');
      if (wished === 'cancel_only') expect(state).toBe('cancel_only');
      else if (nowMs() - toldMs < staleMs / 2) expect(state).toBe('open');
      expect(running.doubts).toEqual([]);
    }
  },
);

test('a leader that nobody tells of a chain leaves markets alone', async () => {
  const world = watchedWorld();
  world.chainStaleMs = undefined;
  const running = await world.start();
  await world.time.pass(10 * staleMs);
  await tell(world, running);
  expect(await stateOf(world, running)).toBe('open');
  expect(changes(world)).toEqual([]);
});

test('the door takes heads, and nothing that is none', async () => {
  const world = watchedWorld();
  const running = await world.start();
  await world.time.pass(staleMs + 6_000);
  const door = { groupId, leader: () => running.leader, isAlive: () => true };
  const post = (body: unknown) =>
    askDoor({ method: 'POST', path: '/chain-head', body: Buffer.from(JSON.stringify(body)) }, door);
  expect(await post({ number: -1, atMs: 1 })).toMatchObject({ status: 400 });
  expect(await post({ number: 7, atMs: world.time.clock.nowMs() })).toMatchObject({ status: 200 });
  await world.time.pass(100);
  expect(await stateOf(world, running)).toBe('open');
});
