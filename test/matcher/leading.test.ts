import { expect, test } from 'vitest';
import { acceptRecord, startOfJournal } from '#wire/accept-record.ts';
import {
  chainAfter,
  decodeRecord,
  encodeEpoch,
  encodeFrame,
  genesisHash,
} from '#wire/journal-frame.ts';
import { address, groupId, leaseMs, MatcherWorld } from './matcher-world.ts';

async function tradingWorld(policy: 'exact' | 'sticky' = 'sticky') {
  const world = new MatcherWorld();
  world.ledger.policy = policy;
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
  return { world, running: await world.start() };
}

test('W1: every start takes a new epoch, at once only where nobody leads', async () => {
  const { world, running } = await tradingWorld();
  expect(running.leader.epoch).toBe(1);
  expect(world.time.clock.monotonicMs()).toBeLessThan(leaseMs);
  running.kill();
  const killedMs = world.time.clock.monotonicMs();
  const next = await world.start();
  expect(next.leader.epoch).toBe(2);
  expect(world.time.clock.monotonicMs() - killedMs).toBeGreaterThanOrEqual(leaseMs);
});

test('W1: a leader that renews is never replaced', async () => {
  const { world, running } = await tradingWorld();
  let isReplaced = false;
  void world.starting().then(() => {
    isReplaced = true;
  });
  await world.time.pass(20 * leaseMs);
  expect(isReplaced).toBe(false);
  expect(running.doubts).toEqual([]);
});

test('W1: a released lease is taken without waiting for it to run out', async () => {
  const { world, running } = await tradingWorld();
  await world.time.until(running.leader.drain().then(() => running.lease.release()));
  const releasedMs = world.time.clock.monotonicMs();
  const next = await world.start();
  expect(next.leader.epoch).toBe(2);
  expect(world.time.clock.monotonicMs() - releasedMs).toBeLessThan(leaseMs / 2);
});

test('W1: a renewal whose answer was lost does not cost the lease', async () => {
  const { world, running } = await tradingWorld();
  world.leases.fates = ['answer_lost', 'fails', 'answer_lost'];
  await world.time.pass(5 * leaseMs);
  expect(running.doubts).toEqual([]);
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
});

test('W2: the epoch record is written first, then a frame at once, even if nothing happened', async () => {
  const world = new MatcherWorld();
  world.markets = [];
  await world.start();
  expect(world.journal.records.map(({ data }) => decodeRecord(data))).toMatchObject([
    { kind: 'epoch', epoch: 1 },
    { kind: 'frame', epoch: 1, frame: 1, firstSequence: 1, lastSequence: 0, outcomes: [] },
  ]);
});

test('W2: an epoch record whose answer was lost is written again and counts once', async () => {
  const world = new MatcherWorld();
  world.journal.fates = ['answer_lost', 'answer_lost'];
  const running = await world.start();
  expect(running.doubts).toEqual([]);
  expect(world.journal.records).toHaveLength(5);
  expect(await world.send(running, world.order('alice'))).toMatchObject([{ status: 'refused' }]);
});

test('W2: whoever finds a higher epoch in the journal does not lead', async () => {
  const world = new MatcherWorld();
  const rival = encodeEpoch({ groupId, epoch: 7, nonce: `0x${'77'.repeat(16)}` });
  await world.time.until(world.journal.connect().writer.put(rival, undefined));
  await expect(world.start()).rejects.toThrow('epoch 7 leads the journal already');
});

test('W3: one put is in flight, and a failed one is repeated with the same bytes', async () => {
  const { world, running } = await tradingWorld();
  const before = world.journal.tried.length;
  world.journal.fates = ['fails', 'answer_lost', 'fails'];
  const orders = Array.from({ length: 10 }, () => world.order('alice'));
  const answers = orders.map((order) => world.ask(running, order));
  await world.time.until(Promise.all(answers));
  expect(world.journal.mostInFlight).toBe(1);
  const [first, ...repeats] = world.journal.tried.slice(before, before + 4);
  for (const repeat of repeats) expect(repeat).toEqual(first);
  const frames = world.journal.frames(groupId).map(({ frame }) => frame);
  expect(new Set(frames).size).toBe(frames.at(-1));
});

test('W3: commands that come while a put is in flight go together in the next frame', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  const before = world.journal.records.length;
  world.journal.putMs = 50;
  const first = world.ask(running, world.order('bob', { side: 'sell', ticks: 110 }));
  await world.time.pass(10);
  const later: Promise<unknown>[] = [];
  for (let count = 0; count < 10; count += 1) {
    later.push(
      world.ask(running, world.cancel('alice', `0x${count.toString().padStart(64, '0')}`)),
    );
    await world.time.pass(2);
  }
  await world.time.until(Promise.all([first, ...later]));
  expect(world.journal.records.length - before).toBeLessThanOrEqual(4);
});

test('W4: a leader whose lease ran out while it wrote answers nothing and stops', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  running.loseTable();
  world.journal.putMs = 2 * leaseMs;
  let isAnswered = false;
  void world.ask(running, world.cancel('alice', world.order('alice').digest)).then(() => {
    isAnswered = true;
  });
  await world.time.pass(5 * leaseMs);
  expect(running.doubts.length).toBeGreaterThan(0);
  expect(isAnswered).toBe(false);
});

test('W4: an idle leader that cannot renew stops before anybody else may lead', async () => {
  const { world, running } = await tradingWorld();
  running.loseTable();
  await world.time.pass(leaseMs);
  expect(running.doubts[0]?.message).toContain('lease');
  expect(running.lease.isSurelyHeld()).toBe(false);
});

test('W5: no answer, query or feed message leaves before its frame is durable', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice', { lots: 1 }));
  await world.time.pass(1_000);
  let release = () => {};
  world.journal.held = new Promise((resolve) => {
    release = () => resolve();
  });
  const published = running.published.length;
  const left: string[] = [];
  const note = (name: string) => () => void left.push(name);
  const { leader } = running;
  void world.ask(running, world.cancel('alice', world.order('alice').digest)).then(note('cancel'));
  await world.time.pass(10);
  void leader.depth('ETH-USDC', 10).then(note('depth'));
  void leader.account(address('alice')).then(note('account'));
  void leader.order(world.order('alice').digest).then(note('order'));
  void leader.health().then(note('health'));
  await world.time.pass(500);
  expect(left).toEqual([]);
  expect(running.published.length).toBe(published);
  release();
  await world.time.pass(500);
  expect(left.toSorted()).toEqual(['account', 'cancel', 'depth', 'health', 'order']);
});

test('W5: a state says which frame holds it', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  const { frame, sequence } = await world.time.until(running.leader.health());
  const held = world.journal.frames(groupId).find((each) => each.frame === frame);
  expect(held?.lastSequence).toBe(sequence);
});

test('frames of a replaced leader that still come are taken by nobody', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  let release = () => {};
  world.journal.held = new Promise((resolve) => {
    release = () => resolve();
  });
  let isAnswered = false;
  void world.ask(running, world.order('bob', { side: 'sell' })).then(() => {
    isAnswered = true;
  });
  await world.time.pass(50);
  // The old leader hangs in its put; its table is gone, its lease runs out, another leads.
  running.loseTable();
  world.journal.held = undefined;
  const next = await world.start();
  const hash = next.leader.engine.stateHash();
  release();
  await world.time.pass(1_000);
  expect(isAnswered).toBe(false);
  expect(running.doubts.length).toBeGreaterThan(0);
  let state = startOfJournal;
  const verdicts = world.journal.records.map((record) => {
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type !== 'stop') state = verdict.state;
    return verdict.type;
  });
  expect(verdicts).toContain('ignored');
  expect(verdicts).not.toContain('stop');
  next.kill();
  const last = await world.start();
  expect(last.leader.engine.stateHash()).toBe(hash);
});

test('a journal whose beginning is gone is not guessed at', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  running.kill();
  world.journal.records.splice(0, 2);
  await expect(world.start()).rejects.toThrow('no longer begins at frame 1');
});

test('a journal that is gone as a whole is not begun anew: the ledger knows of it', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  world.ledger.clear(groupId, world.journal);
  running.kill();
  world.journal.records.length = 0;
  await expect(world.start()).rejects.toThrow('no longer begins at frame 1');
});

test('a journal that another history has replaced is not followed', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  world.ledger.clear(groupId, world.journal);
  running.kill();
  const other = await tradingWorld();
  for (let count = 0; count < 20; count += 1)
    await other.world.send(other.running, other.world.order('alice'));
  world.journal.records.splice(0, Number.POSITIVE_INFINITY, ...other.world.journal.records);
  await expect(world.start()).rejects.toThrow('no longer begins at frame 1');
});

test('a journal of other rules is not replayed, and whoever reads why is told what to do', async () => {
  const world = new MatcherWorld();
  const { writer } = world.journal.connect();
  const epoch = encodeEpoch({ groupId, epoch: 1, nonce: `0x${'77'.repeat(16)}` });
  const frame = encodeFrame({
    ...{ groupId, epoch: 1, frame: 1, firstSequence: 1, lastSequence: 0, clock: 1, atMs: 1 },
    ...{ rulesVersion: 1, previousHash: chainAfter(genesisHash, epoch), outcomes: [] },
    eventHash: '0'.repeat(16),
  });
  await world.time.until(writer.put(epoch, undefined));
  await world.time.until(writer.put(frame, undefined));
  world.leases.row = {
    ...{ groupId, owner: 'nobody', host: 'host', port: 1, durationMs: leaseMs },
    ...{ epoch: 1, version: 1, released: true },
  };
  await expect(world.start()).rejects.toThrow(/rules version 1.*--fresh/);
});

test('a lease row that was set back costs starts, never a second nonce under an epoch that has led', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  running.kill();
  const second = await world.start();
  await world.send(second, world.order('alice'));
  world.ledger.clear(groupId, world.journal);
  second.kill();
  world.leases.row = undefined;
  for (const _ of ['epoch 1', 'epoch 2']) {
    await expect(world.start()).rejects.toThrow('the lease row was set back');
    // The process ends with that; here its renewals must be ended.
    const { leases } = world;
    if (leases.row) leases.row = { ...leases.row, owner: 'nobody', released: true };
  }
  const next = await world.start();
  expect(next.leader.epoch).toBe(3);
  expect(await world.send(next, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
});

test('a leader whose clock is behind the journal goes on at the journal’s time', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  running.kill();
  const { clock } = world.time;
  const nowMs = clock.nowMs;
  clock.nowMs = () => nowMs() - 30_000;
  const next = await world.start();
  const order = world.order('alice');
  expect(await world.send(next, order)).toMatchObject([{ status: 'accepted' }]);
  const times = world.journal
    .frames(groupId)
    .flatMap(({ outcomes }) => outcomes.map(({ command }) => command.nowMs));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('an idle matcher writes nothing', async () => {
  const { world, running } = await tradingWorld();
  await world.send(running, world.order('alice'));
  await world.time.pass(1_000);
  const before = world.journal.records.length;
  await world.time.pass(10 * 60_000);
  expect(world.journal.records.length).toBe(before);
});

test('while a long journal is replayed the lease can be renewed', async () => {
  const { world, running } = await tradingWorld();
  for (let count = 0; count < 50; count += 1) {
    const batch = Array.from({ length: 100 }, () =>
      world.cancel('alice', world.order('alice').digest),
    );
    await world.send(running, ...batch);
  }
  running.kill();
  const turns = world.time.turns;
  const next = await world.start();
  expect(next.leader.engine.stateHash()).toBe(running.leader.engine.stateHash());
  expect(world.time.turns - turns).toBeGreaterThan(3);
});
