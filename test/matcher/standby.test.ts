/** A hot standby: it keeps the same state, leads in a moment, and stops where its state is not the one that was written. */
import { describe, expect, test } from 'vitest';
import { chainAfter, encodeEpoch, encodeFrame, genesisHash } from '#wire/journal-frame.ts';
import { caughtUpMs, stateCheckFrames } from '../../containers/matcher/bounds.ts';
import {
  createEngine,
  currentRulesVersion,
} from '../../containers/matcher/engine/matching-engine.ts';
import { address, groupId, leaseMs, MatcherWorld, type Running } from './matcher-world.ts';

async function pair() {
  const world = new MatcherWorld();
  world.ledger.policy = 'sticky';
  world.ledger.fund(address('alice'), 'USDC', 1_000_000n);
  world.ledger.fund(address('bob'), 'ETH', 10_000n);
  const running = await world.start();
  const second = await world.stand();
  return { world, running, second };
}

const trade = (world: MatcherWorld, to: Running) =>
  world.send(to, world.order('alice', { lots: 3 }), world.order('bob', { side: 'sell', lots: 2 }));

const hashOf = (running: Running) => running.leader.engine.stateHash();

describe('a standby', () => {
  test('has the state of the leader soon after each frame, and does not lead', async () => {
    const { world, running, second } = await pair();
    for (let count = 0; count < 3; count += 1) {
      await trade(world, running);
      await world.time.pass(1_000);
      expect(second.standby.view()).toMatchObject({
        ...{ leading: false, caughtUp: true, stateHash: hashOf(running) },
        frame: (await world.time.until(running.leader.health())).frame,
      });
    }
    expect(running.doubts).toEqual([]);
  });

  test('leads within the lease and a second after its leader was killed, without reading the past again', async () => {
    const { world, running, second } = await pair();
    await trade(world, running);
    await world.time.pass(leaseMs);
    const before = hashOf(running);
    const { engine } = second.replica;
    running.kill();
    const killedMs = world.time.clock.monotonicMs();
    const next = await world.time.until(second.leads);
    const goneMs = world.time.clock.monotonicMs() - killedMs;
    expect(goneMs).toBeGreaterThan(leaseMs / 2);
    expect(goneMs).toBeLessThanOrEqual(leaseMs + 1_000);
    expect(next.leader.engine).toBe(engine);
    expect(hashOf(next)).toBe(before);
    expect(await world.send(next, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
  });

  test('leads within a second after its leader gave the lease away', async () => {
    const { world, running, second } = await pair();
    await trade(world, running);
    await world.time.pass(leaseMs);
    const beganMs = world.time.clock.monotonicMs();
    await world.time.until(running.leader.drain().then(() => running.lease.release()));
    const next = await world.time.until(second.leads);
    expect(world.time.clock.monotonicMs() - beganMs).toBeLessThan(1_000);
    expect(hashOf(next)).toBe(hashOf(running));
    expect(running.doubts).toEqual([]);
  });

  test('that has not read the whole journal yet does not take a lease that is free', async () => {
    const { world, running, second } = await pair();
    await trade(world, running);
    running.kill();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.journal.readsHeld = promise;
    second.kill();
    const third = await world.stand();
    await world.time.pass(3 * leaseMs);
    expect(third.standby.isCaughtUp()).toBe(false);
    expect(world.leases.row).toMatchObject({ epoch: 1 });
    resolve();
    const next = await world.time.until(third.leads);
    expect(next.leader.epoch).toBe(2);
    expect(hashOf(next)).toBe(hashOf(running));
  });

  test('that cannot see the end of the journal is not caught up any more', async () => {
    const { world, second } = await pair();
    await world.time.pass(caughtUpMs);
    expect(second.standby.isCaughtUp()).toBe(true);
    world.journal.readsHeld = new Promise(() => {});
    await world.time.pass(2 * caughtUpMs);
    expect(second.standby.isCaughtUp()).toBe(false);
  });

  test('keeps out, when it leads, what was cancelled before it came under the leader before', async () => {
    const { world, running, second } = await pair();
    const order = world.order('alice');
    await world.send(running, world.cancel('alice', order.digest));
    running.kill();
    const next = await world.time.until(second.leads);
    expect(await world.send(next, order)).toMatchObject([
      { status: 'refused', code: 'order_cancelled' },
    ]);
  });
});

describe('two standbys', () => {
  test('race for the lease, and one of them leads', async () => {
    const { world, running, second } = await pair();
    const third = await world.stand();
    await trade(world, running);
    running.kill();
    const [first, other] = await world.time.until(
      Promise.race([
        second.leads.then((leads) => [leads, third] as const),
        third.leads.then((leads) => [leads, second] as const),
      ]),
    );
    let isOther = false;
    void other.leads.then(() => {
      isOther = true;
    });
    await world.time.pass(10 * leaseMs);
    expect(isOther).toBe(false);
    expect(first.leader.epoch).toBe(2);
    await trade(world, first);
    await world.time.pass(1_000);
    expect(other.standby.view().stateHash).toBe(hashOf(first));
    first.kill();
    const last = await world.time.until(other.leads);
    expect(last.leader.epoch).toBe(3);
    expect(await world.send(last, world.order('alice'))).toMatchObject([{ status: 'accepted' }]);
  });
});

describe('now and then', { timeout: 60_000 }, () => {
  test('a frame tells the state, and the standby has the same', async () => {
    const { world, running, second } = await pair();
    world.journal.putMs = 1;
    for (let count = 0; count < stateCheckFrames + 3; count += 1)
      await world.send(running, world.cancel('alice', `0x${count.toString(16).padStart(64, '0')}`));
    await world.time.pass(1_000);
    const checks = world.journal.frames(groupId).flatMap(({ stateCheck }) => stateCheck ?? []);
    expect(checks).toMatchObject([{ frame: stateCheckFrames }]);
    expect(second.standby.view()).toMatchObject({ compared: 1, caughtUp: true });
  });

  test('a standby whose state is another one than the leader’s stops, and never leads', async () => {
    const world = new MatcherWorld();
    const leader = {
      owner: 'it',
      host: 'host',
      port: 1,
      released: false,
      durationMs: 10 * leaseMs,
    };
    world.leases.row = { groupId, epoch: 1, version: 1, ...leader };
    const second = await world.stand();
    let isFailed = false;
    second.failed.catch((error: Error) => {
      isFailed = error.message.includes('the state after frame');
    });
    writeJournal(world, { frame: stateCheckFrames, stateHash: '0123456789abcdef' });
    await world.time.pass(1_000);
    expect(isFailed).toBe(true);
    await expect(second.leads).rejects.toThrow('the state after frame');
  });
});

/** Empty frames up to the first whose state is told, and one that tells this of it. */
function writeJournal(world: MatcherWorld, stateCheck: { frame: number; stateHash: string }): void {
  const put = (data: Uint8Array) => {
    const shardSequence = `4${String(world.journal.records.length + 1).padStart(55, '0')}`;
    world.journal.records.push({ data, shardSequence });
    previousHash = chainAfter(previousHash, data);
  };
  let previousHash = genesisHash;
  put(encodeEpoch({ groupId, epoch: 1, nonce: `0x${'11'.repeat(16)}` }));
  for (let frame = 1; frame <= stateCheck.frame + 1; frame += 1) {
    put(
      encodeFrame({
        ...{ groupId, epoch: 1, frame, firstSequence: 1, lastSequence: 0, clock: frame },
        ...{ atMs: 1, rulesVersion: currentRulesVersion, previousHash, outcomes: [] },
        eventHash: createEngine().eventHash(),
        ...(frame > stateCheck.frame ? { stateCheck } : {}),
      }),
    );
  }
}
