/** Orders of session keys on their way through a matcher: what counts against a delegation's limit outlives whoever leads. */
import { beforeEach, expect, test } from 'vitest';
import { snapshotMs } from '../../containers/matcher/bounds.ts';
import { MemoryBucket } from '../cloud/memory-bucket.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

let world: MatcherWorld;
const delegation = { digest: `0x${'de'.repeat(32)}`, limitUnits: 500 };

beforeEach(() => {
  world = new MatcherWorld();
  world.ledger.fund(address('alice'), 'USDC', 100_000n);
  world.ledger.fund(address('bob'), 'ETH', 1_000n);
});

/** Alice's key has matched 200 and has 200 open. */
async function tradedByKey(): Promise<Running> {
  const running = await world.start();
  await world.send(running, world.order('bob', { side: 'sell', lots: 2 }));
  const byKey = { ...world.order('alice', { lots: 4 }), delegation };
  expect(await world.send(running, byKey)).toMatchObject([{ status: 'accepted', fills: [{}] }]);
  return running;
}

/** One lot at 100 fits, and no more. */
async function expectOneLotLeft(running: Running): Promise<void> {
  const two = { ...world.order('alice', { lots: 2 }), delegation };
  expect(await world.send(running, two)).toMatchObject([{ code: 'delegation_limit_reached' }]);
  // A grant that is not cleared is followed by no other.
  world.ledger.clear(groupId, world.journal);
  const one = { ...world.order('alice', { lots: 1 }), delegation };
  expect(await world.send(running, one)).toMatchObject([{ status: 'accepted' }]);
  world.ledger.clear(groupId, world.journal);
  // What the owner signs does not count.
  expect(await world.send(running, world.order('alice', { lots: 9 }))).toMatchObject([
    { status: 'accepted' },
  ]);
  running.leader.engine.validate();
}

test('a limit that was used up partly is so for the next leader, who replays the journal', async () => {
  const running = await tradedByKey();
  running.kill();
  await expectOneLotLeft(await world.start());
});

test('and for one who begins with a snapshot', async () => {
  world.bucket = new MemoryBucket();
  const running = await tradedByKey();
  await world.time.pass(snapshotMs + 1_000);
  expect(running.taken).toHaveLength(1);
  running.kill();
  const next = await world.start();
  expect(next.began).toBe(running.taken[0]?.frame);
  await expectOneLotLeft(next);
});

test('an order beyond its limit collects no credit', async () => {
  const running = await world.start();
  const tooMuch = { ...world.order('alice', { lots: 6 }), delegation };
  expect(await world.send(running, tooMuch)).toMatchObject([{ code: 'delegation_limit_reached' }]);
  expect(running.leader.engine.credits()).toEqual([]);
});
