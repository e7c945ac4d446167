import { expect, test } from 'vitest';
import type { CommandResult } from '#wire/matcher-api.ts';
import { askLeader } from './ask-leader.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

const alice = address('alice');

async function worldWith(usdc: bigint, eth = 0n) {
  const world = new MatcherWorld();
  if (usdc > 0n) world.ledger.fund(alice, 'USDC', usdc);
  if (eth > 0n) world.ledger.fund(alice, 'ETH', eth);
  return { world, running: await world.start() };
}

/** Settles every 200 ms, as the settlement function does. */
async function passSettling(world: MatcherWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 200) {
    await world.time.pass(200);
    world.ledger.clear(groupId, world.journal);
  }
}

const creditOf = async (world: MatcherWorld, running: Running, asset = 'USDC') =>
  (await world.time.until(running.leader.account(alice))).credit.find(
    (line) => line.asset === asset,
  );

test('an order without funds is refused, and nothing is held for it', async () => {
  const { world, running } = await worldWith(199n);
  expect(await world.send(running, world.order('alice'))).toEqual([
    expect.objectContaining({ status: 'refused', code: 'balance_too_low' }),
  ]);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(199n);
  expect(world.ledger.pending.size).toBe(0);
});

test('an exact account is granted what its waiting orders lack, at one time', async () => {
  const { world, running } = await worldWith(1_000n);
  const results = await world.send(
    running,
    ...[world.order('alice'), world.order('alice', { lots: 3 }), world.order('alice')],
  );
  expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
  expect(world.ledger.asked).toEqual([
    { account: alice, asset: 'USDC', least: 200n, most: 200n + 300n + 200n },
  ]);
});

test('a sticky account is granted a quarter of what it has', async () => {
  const { world, running } = await worldWith(10_000n);
  world.ledger.policy = 'sticky';
  await world.send(running, world.order('alice'));
  expect(world.ledger.asked.map(({ most }) => most)).toEqual([2_500n]);
});

test('while an order waits for credit, later orders of its account wait behind it and others do not', async () => {
  const { world, running } = await worldWith(200n, 10n);
  world.ledger.fund(address('bob'), 'USDC', 1_000n);
  await world.send(running, world.order('alice'));
  // The grant before is not cleared yet, so the next one must wait.
  world.ledger.fund(alice, 'USDC', 200n);
  const answered: string[] = [];
  const note = (name: string) => () => void answered.push(name);
  void world.ask(running, world.order('alice', { ticks: 99 })).then(note('lacking'));
  void world.ask(running, world.order('alice', { side: 'sell', ticks: 120 })).then(note('behind'));
  void world.ask(running, world.order('bob')).then(note('another'));
  await world.time.pass(500);
  expect(answered).toEqual(['another']);
  await passSettling(world, 1_000);
  expect(answered).toEqual(['another', 'lacking', 'behind']);
});

test('an order whose account cannot be granted more in time is answered busy and may be sent again', async () => {
  const { world, running } = await worldWith(1_000n);
  await world.send(running, world.order('alice'));
  const order = world.order('alice');
  const [busy] = await world.send(running, order);
  expect(busy).toMatchObject({ status: 'refused', code: 'busy' });
  world.ledger.clear(groupId, world.journal);
  const [again] = await world.send(running, order);
  expect(again).toMatchObject({ status: 'accepted' });
  expect(again).not.toHaveProperty('repeated');
});

test('a grant whose answer was lost is found again and used once', async () => {
  const { world, running } = await worldWith(200n);
  world.ledger.loseNextAnswer = true;
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
  await passSettling(world, 400);
  expect(world.ledger.pending.size).toBe(0);
  expect(await creditOf(world, running)).toMatchObject({ freeUnits: 0, heldUnits: 200 });
});

test('a grant that a dead leader fetched is submitted by the next one', async () => {
  const { world, running } = await worldWith(200n);
  running.kill();
  const grant = { account: alice, asset: 'USDC', groupId, least: 200n, most: 200n, atMs: 0 };
  await world.ledger.ports().grant(grant as never);
  const next = await world.start();
  expect(await creditOf(world, next)).toMatchObject({ freeUnits: 200 });
});

test('an exact account without live orders gets its credit back after five seconds', async () => {
  const { world, running } = await worldWith(1_000n);
  const order = world.order('alice');
  await world.send(running, order);
  await passSettling(world, 20_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(800n);
  await world.send(running, world.cancel('alice', order.digest));
  await passSettling(world, 4_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(800n);
  await passSettling(world, 2_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(1_000n);
});

test('a sticky account gets its credit back after a minute', async () => {
  const { world, running } = await worldWith(1_000n);
  world.ledger.policy = 'sticky';
  const order = world.order('alice');
  await world.send(running, order);
  await world.send(running, world.cancel('alice', order.digest));
  await passSettling(world, 55_000);
  expect(await creditOf(world, running)).toMatchObject({ freeUnits: 250 });
  await passSettling(world, 10_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(1_000n);
});

test('credit that was free when a leader died is given back by the next one', async () => {
  const { world, running } = await worldWith(1_000n);
  const order = world.order('alice');
  await world.send(running, order);
  await world.send(running, world.cancel('alice', order.digest));
  running.kill();
  await world.start();
  await passSettling(world, 6_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(1_000n);
});

test('a demand gives back what is free, and is answered once that is durable', async () => {
  const { world, running } = await worldWith(1_000n);
  const order = world.order('alice');
  await world.send(running, order);
  expect(await world.time.until(running.leader.demand(alice, 'USDC'))).toBe(0);
  await world.send(running, world.cancel('alice', order.digest));
  expect(await world.time.until(running.leader.demand(alice, 'USDC'))).toBe(200);
  world.ledger.clear(groupId, world.journal);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(1_000n);
});

test('what another group holds free is called back before an order is refused', async () => {
  const { world, running } = await worldWith(100n);
  world.demandElsewhere = async (account, asset) => {
    world.time.timers.after(1_000, () => world.ledger.fund(account, asset, 100n));
    return 100;
  };
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
});

test('credit that never comes is waited for three seconds, not for ever', async () => {
  const { world, running } = await worldWith(100n);
  world.demandElsewhere = async () => 100;
  const sinceMs = world.time.clock.monotonicMs();
  expect(await world.send(running, world.order('alice'))).toMatchObject([
    { status: 'refused', code: 'balance_too_low' },
  ]);
  expect(world.time.clock.monotonicMs() - sinceMs).toBeLessThan(4_000);
});

test('an order that comes while its own credit is on the way back waits for it', async () => {
  const { world, running } = await worldWith(200n);
  const order = world.order('alice');
  await world.send(running, order);
  await passSettling(world, 400);
  await world.send(running, world.cancel('alice', order.digest));
  await world.time.until(running.leader.demand(alice, 'USDC'));
  const answered = world.ask(running, world.order('alice', { ticks: 99 }));
  await passSettling(world, 1_000);
  expect(await answered).toMatchObject([{ status: 'accepted' }]);
});

/** Her 200 are on their way back to the ledger; `asked` counts how often other groups are asked. */
async function returningWorld() {
  const { world, running } = await worldWith(200n);
  const asked = { count: 0 };
  world.demandElsewhere = async () => {
    asked.count += 1;
    return 0;
  };
  const order = world.order('alice');
  await world.send(running, order);
  await passSettling(world, 400);
  await world.send(running, world.cancel('alice', order.digest));
  await world.time.until(running.leader.demand(alice, 'USDC'));
  return { world, running, asked };
}

test('other groups are left alone where what comes back from here is enough', async () => {
  const { world, running, asked } = await returningWorld();
  const answered = world.ask(running, world.order('alice', { ticks: 99 }));
  await passSettling(world, 1_000);
  expect(await answered).toMatchObject([{ status: 'accepted' }]);
  expect(asked.count).toBe(0);
});

test('other groups are asked at once where what comes back from here is not enough', async () => {
  const { world, running, asked } = await returningWorld();
  const answered = world.ask(running, world.order('alice', { lots: 3 }));
  await world.time.pass(100);
  expect(asked.count).toBe(1);
  await passSettling(world, 4_000);
  expect(await answered).toMatchObject([{ code: 'balance_too_low' }]);
  expect(asked.count).toBe(1);
});

test('other groups are asked where what comes back from here does not come in time', async () => {
  const { world, running, asked } = await returningWorld();
  const answered = world.ask(running, world.order('alice', { ticks: 99 }));
  await world.time.pass(1_000);
  expect(asked.count).toBe(0);
  await world.time.pass(1_200);
  expect(asked.count).toBe(1);
  await passSettling(world, 600);
  expect(await answered).toMatchObject([{ status: 'accepted' }]);
});

test('a pending grant that nobody submitted is found by the sweep while its leader leads, and never given back', async () => {
  const { world, running } = await worldWith(1_000n);
  const grant = { account: alice, asset: 'USDC', groupId, least: 300n, most: 300n, atMs: 0 };
  await world.ledger.ports().grant(grant as never);
  await passSettling(world, 50_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(700n);
  expect(world.ledger.pending.size).toBe(1);
  await world.time.pass(12_000);
  expect(await creditOf(world, running)).toMatchObject({ freeUnits: 300 });
  world.ledger.clear(groupId, world.journal);
  expect(world.ledger.pending.size).toBe(0);
});

test('a sweep that finds nothing writes nothing into the journal', async () => {
  const { world } = await worldWith(0n);
  const records = world.journal.records.length;
  await world.time.pass(600_000);
  expect(world.journal.records.length).toBe(records);
});

test('an order that is cancelled while it waits for credit never enters', async () => {
  const { world, running } = await worldWith(1_000n);
  await world.send(running, world.order('alice'));
  const order = world.order('alice');
  const placed = world.ask(running, order);
  await world.time.pass(100);
  const request = world.cancel('alice', order.digest);
  const [cancelled] = await world.send(running, request);
  expect(cancelled).toMatchObject({ status: 'accepted' });
  expect(await world.send(running, request)).toEqual([{ ...cancelled, repeated: true }]);
  const [answer] = (await placed) as [CommandResult];
  expect(answer).toMatchObject({ status: 'refused', code: 'order_cancelled' });
  await passSettling(world, 2_000);
  const cancel = world.cancel('alice', order.digest);
  expect(await world.send(running, cancel)).toMatchObject([{ code: 'unknown_order' }]);
  const account = await world.time.until(running.leader.account(alice));
  expect(account.orders.map(({ digest }) => digest)).not.toContain(order.digest);
});

test('credit that was free while an order waited in vain goes back too', async () => {
  const { world, running } = await worldWith(1_000n);
  const order = world.order('alice');
  await world.send(running, order);
  await world.send(running, world.cancel('alice', order.digest));
  await world.time.pass(3_000);
  // The grant before is never cleared: this one waits from before the timer rings until after it.
  const waiting = world.ask(running, world.order('alice', { lots: 5 }));
  await world.time.pass(6_000);
  expect(await waiting).toMatchObject([{ code: 'busy' }]);
  await passSettling(world, 6_000);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(1_000n);
});

test('orders that wait together are answered together, however many they are', async () => {
  const { world, running } = await worldWith(10_000n);
  await world.send(running, world.order('alice'));
  const sinceMs = world.time.clock.monotonicMs();
  const waiting = Array.from({ length: 20 }, () => world.ask(running, world.order('alice')));
  const answers = (await world.time.until(Promise.all(waiting))).flat();
  expect(answers).toHaveLength(20);
  for (const answer of answers) expect(answer).toMatchObject({ code: 'busy' });
  expect(world.time.clock.monotonicMs() - sinceMs).toBeLessThan(7_000);
});

test('a new leader waits for what the last one gave back, before it says that there is too little', async () => {
  const { world, running } = await worldWith(200n);
  const order = world.order('alice');
  await world.send(running, order);
  await passSettling(world, 400);
  await world.send(running, world.cancel('alice', order.digest));
  await world.time.until(running.leader.demand(alice, 'USDC'));
  await world.time.until(running.leader.drain().then(() => running.lease.release()));
  const next = await world.start();
  const answered = world.ask(next, world.order('alice', { ticks: 99 }));
  await passSettling(world, 1_000);
  expect(await answered).toMatchObject([{ status: 'accepted' }]);
});

test('a demand tells of what was given back just before, because it may not have arrived', async () => {
  const { world, running } = await worldWith(1_000n);
  const order = world.order('alice');
  await world.send(running, order);
  await world.send(running, world.cancel('alice', order.digest));
  expect(await world.time.until(running.leader.demand(alice, 'USDC'))).toBe(200);
  expect(await world.time.until(running.leader.demand(alice, 'USDC'))).toBe(200);
  await world.time.pass(3_000);
  expect(await world.time.until(running.leader.demand(alice, 'USDC'))).toBe(0);
});

test('a grant that the engine has no room for waits, and ends no leader', async () => {
  const { world, running } = await worldWith(0n);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  world.ledger.fund(address('bob'), 'USDC', most - 100n);
  world.ledger.policy = 'sticky';
  const grantOf = (account: string, amount: bigint) => ({
    ...{ account, asset: 'USDC', groupId, least: amount, most: amount, atMs: 0 },
  });
  await world.ledger.ports().grant(grantOf(address('bob'), most - 100n) as never);
  await world.time.pass(60_000);
  world.ledger.fund(alice, 'USDC', 1_000n);
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ code: 'busy' }]);
  expect(running.doubts).toEqual([]);
  running.kill();
  const next = await world.start();
  expect(next.doubts).toEqual([]);
  // Once there is room again, the pending grant is found and taken.
  await passSettling(world, 200_000);
  expect(world.ledger.pending.size).toBe(0);
  expect(world.ledger.available.get(`${alice} USDC`)).toBe(1_000n);
});

test('a leader that hands over tells waiting orders to come again', async () => {
  const { world, running } = await worldWith(1_000n);
  await world.send(running, world.order('alice'));
  const waiting = world.ask(running, world.order('alice'));
  await world.time.pass(100);
  await world.time.until(running.leader.drain());
  expect(await waiting).toMatchObject([{ status: 'refused', code: 'not_leader' }]);
  expect(askLeader(running.leader, [world.order('alice')])).toBe('not_leader');
});
