/** Snapshots of leading matchers, and recoveries that begin with them: nothing but their time differs from a replay of everything. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import { manifestPrefix, snapshotPrefix } from '#wire/snapshot-manifest.ts';
import { snapshotMs, snapshotRenewMs } from '../../containers/matcher/bounds.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { LateMemory } from '../../containers/matcher/late-memory.ts';
import { createSnapshotTaker } from '../../containers/matcher/snapshot-taker.ts';
import { MemoryBucket } from '../cloud/memory-bucket.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

let world: MatcherWorld;
let bucket: MemoryBucket;

beforeEach(() => {
  world = new MatcherWorld();
  bucket = new MemoryBucket();
  world.bucket = bucket;
  for (const trader of ['alice', 'bob']) {
    world.ledger.fund(address(trader), 'USDC', 1_000_000n);
    world.ledger.fund(address(trader), 'ETH', 10_000n);
  }
});

/** Some orders, of which a few trade. */
async function trade(running: Running, orders = 6): Promise<void> {
  for (let nth = 0; nth < orders; nth += 1) {
    const [trader, side] = nth % 2 ? (['alice', 'sell'] as const) : (['bob', 'buy'] as const);
    const order = world.order(trader, {
      side,
      ticks: 100 + (nth % 3) * (nth % 2 ? 1 : -1),
      lots: 2,
    });
    // Who traded before has a grant that is not cleared yet, and no more until it is.
    world.ledger.clear(groupId, world.journal);
    const [answer] = await world.send(running, order);
    expect(answer).toMatchObject({ status: 'accepted' });
  }
}

/** So long that a snapshot is due, and written. */
async function passSnapshot(): Promise<void> {
  await world.time.pass(snapshotMs + 1_000);
}

const manifests = () =>
  [...bucket.objects.keys()].filter((key) => key.startsWith(manifestPrefix(groupId)));
const hashes = ({ leader: { engine } }: Running) => [engine.stateHash(), engine.eventHash()];

/** Kills it, and compares a start from snapshots with one that replays everything. */
async function restartBothWays(running: Running): Promise<Running> {
  running.kill();
  world.bucket = undefined;
  const whole = await world.start();
  const expected = hashes(whole);
  whole.kill();
  world.bucket = bucket;
  const short = await world.start();
  expect(hashes(short)).toEqual(expected);
  short.leader.engine.validate();
  expect(short.doubts).toEqual([]);
  return short;
}

describe('a leader', () => {
  test('takes a snapshot a quarter of an hour after a frame that none holds, and the next one begins with it', async () => {
    const running = await world.start();
    await trade(running);
    expect(manifests()).toEqual([]);
    await passSnapshot();
    const [figures] = running.taken;
    expect(figures?.records).toBeGreaterThan(6);
    expect(manifests()).toHaveLength(1);
    await trade(running);
    const next = await restartBothWays(running);
    expect(next.began).toBe(figures?.frame);
  });

  test('takes none while nothing happens', async () => {
    const running = await world.start();
    await passSnapshot();
    expect(running.taken).toHaveLength(1);
    await world.time.pass(snapshotMs * 3);
    expect(running.taken).toHaveLength(1);
  });

  test('renews the snapshot of an idle group before the bucket forgets it', async () => {
    const { clock, timers } = world.time;
    let closed = 0;
    createSnapshotTaker({
      ...{ groupId, nonce: '0x', clock, timers, engine: createEngine(), late: new LateMemory() },
      store: createSnapshotStore(bucket),
      closeFrame: () => {
        closed += 1;
      },
      taken: () => {},
      failed: () => {},
      faulted: () => {},
    });
    await world.time.pass(snapshotRenewMs - snapshotMs);
    expect(closed).toBe(0);
    await world.time.pass(snapshotMs);
    expect(closed).toBe(1);
  });

  test('lets nothing of a frame into a snapshot before it is durable', async () => {
    const running = await world.start();
    await trade(running);
    const held = Promise.withResolvers<void>();
    world.journal.held = held.promise;
    // Not longer than the lease: its renewals go on.
    await world.time.pass(snapshotMs + 1_000);
    expect(bucket.objects.size).toBe(0);
    world.journal.held = undefined;
    held.resolve();
    await world.time.pass(1_000);
    expect(manifests()).toHaveLength(1);
  });

  test('leaves a snapshot of its last frame when it is asked to end', async () => {
    const running = await world.start();
    await trade(running);
    await world.time.until(running.leader.drain());
    await world.time.until(running.leader.lastSnapshot());
    await world.time.until(running.lease.release());
    const frames = world.journal.frames(groupId);
    const next = await world.start();
    expect(next.began).toBe(frames.at(-1)?.frame);
    expect(hashes(next)[1]).toBe(hashes(await restartBothWays(next))[1]);
  });

  test('tries again after a snapshot that could not be written', async () => {
    const running = await world.start();
    await trade(running);
    bucket.death = { call: bucket.calls + 1, isDone: false };
    await passSnapshot();
    expect(running.faults).toContain('a snapshot failed');
    expect(manifests()).toEqual([]);
    await passSnapshot();
    expect(manifests()).toHaveLength(1);
    expect(running.doubts).toEqual([]);
  });
});

describe('a recovery', () => {
  test('keeps out what was cancelled unseen before the snapshot', async () => {
    const running = await world.start();
    await trade(running);
    await world.time.pass(snapshotMs - 30_000);
    const unseen = world.order('alice', { side: 'buy', ticks: 90, lots: 1 });
    await world.send(running, world.cancel('alice', unseen.digest));
    await world.time.pass(31_000);
    expect(running.taken).toHaveLength(1);
    const next = await restartBothWays(running);
    expect(next.began).toBeGreaterThan(0);
    const [answer] = await world.send(next, unseen);
    expect(answer).toMatchObject({ status: 'refused', code: 'order_cancelled' });
  });

  test.each([
    ['a byte of its part turned', (key: string) => turnByte(key), /parts/],
    ['its part missing', (key: string) => void bucket.objects.delete(key), /parts/],
    ['a byte of its manifest turned', (key: string) => turnByte(key), /manifests/],
  ])('passes over a snapshot with %s, and begins with the one before', async (_, harm, which) => {
    const running = await world.start();
    await trade(running);
    await passSnapshot();
    const older = new Set(bucket.objects.keys());
    await trade(running);
    await passSnapshot();
    const newer = [...bucket.objects.keys()].filter((key) => !older.has(key) && which.test(key));
    expect(newer).toHaveLength(1);
    for (const key of newer) harm(key);
    const next = await restartBothWays(running);
    expect(next.began).toBe(running.taken[0]?.frame);
    expect(world.unused).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  test('with no good one left everything is replayed', async () => {
    const running = await world.start();
    await trade(running);
    await passSnapshot();
    for (const key of bucket.objects.keys()) turnByte(key);
    const next = await restartBothWays(running);
    expect(next.began).toBe(0);
  });

  test.each([0, 1])('of another history is passed over (ledger cleared: %i)', async (cleared) => {
    const elsewhere = new MatcherWorld();
    const others = new MemoryBucket();
    elsewhere.bucket = others;
    elsewhere.ledger.fund(address('bob'), 'USDC', 1_000_000n);
    const other = await elsewhere.start();
    await elsewhere.send(other, elsewhere.order('bob', { side: 'buy', ticks: 50, lots: 2 }));
    await elsewhere.time.pass(snapshotMs + 1_000);
    other.kill();

    const running = await world.start();
    await trade(running, cleared ? 12 : 1);
    if (cleared) world.ledger.clear(groupId, world.journal);
    for (const [key, bytes] of others.objects) bucket.objects.set(key, bytes);
    const next = await restartBothWays(running);
    expect(next.began).toBe(0);
    expect(world.unused.join()).toContain('journal');
  });

  test('of other rules is passed over', async () => {
    const running = await world.start();
    await trade(running);
    await passSnapshot();
    const store = createSnapshotStore(bucket);
    for await (const found of store.manifests(groupId)) {
      if (found.status === 'bad') throw new Error(found.why);
      await store.putManifest({ ...found.manifest, rulesVersion: 1 });
    }
    const next = await restartBothWays(running);
    expect(next.began).toBe(0);
    expect(world.unused.join()).toContain('rules version 1');
  });

  test.each([
    { step: 1, isDone: false },
    { step: 1, isDone: true },
    { step: 2, isDone: false },
  ])('that was not written to its end is none: the one before counts (%o)', async (death) => {
    const running = await world.start();
    await trade(running);
    await passSnapshot();
    await trade(running, 2);
    bucket.death = { call: bucket.calls + death.step, isDone: death.isDone };
    await passSnapshot();
    const next = await restartBothWays(running);
    expect(next.began).toBe(running.taken[0]?.frame);
    expect(running.taken).toHaveLength(1);
  });
});

test('parts and manifests of one snapshot lie below its group', async () => {
  const running = await world.start();
  await trade(running);
  await passSnapshot();
  for (const key of bucket.objects.keys())
    expect(key.startsWith(snapshotPrefix(groupId))).toBe(true);
});

function turnByte(key: string): void {
  const bytes = bucket.objects.get(key);
  if (!bytes) throw new Error(`${key} is not there`);
  const turned = bytes.slice();
  const middle = Math.floor(turned.length / 2);
  turned[middle] = (turned[middle] ?? 0) ^ 0x10;
  bucket.objects.set(key, turned);
}
