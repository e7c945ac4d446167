/** Orders of session keys on their way through a matcher: what counts against a delegation's limit outlives whoever leads. */
import { beforeEach, describe, expect, it, test } from 'vitest';
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

const delegations = [delegation.digest];
const others = [`0x${'ad'.repeat(32)}`];
const byKey = (ticks = 100) => ({ ...world.order('alice', { ticks }), delegation });
const ofAlice = async (running: Running) =>
  (await world.time.until(running.leader.account(address('alice')))).orders;

describe('a session key', () => {
  it('cancels and amends what it signed, and its owner sees which', async () => {
    const running = await world.start();
    const order = byKey();
    await world.send(running, order);
    expect(await ofAlice(running)).toMatchObject([{ delegation: delegation.digest }]);
    const amend = { ...world.amend('alice', order.digest, 1), delegations };
    expect(await world.send(running, amend)).toMatchObject([{ order: { sizeLots: 1 } }]);
    const cancel = {
      ...world.cancel('alice', order.digest),
      delegations: [...others, ...delegations],
    };
    expect(await world.send(running, cancel)).toMatchObject([{ order: { status: 'cancelled' } }]);
    expect(await world.send(running, cancel)).toMatchObject([
      { status: 'accepted', repeated: true },
    ]);
    running.leader.engine.validate();
  });

  it('touches no order of its owner, of another key or of anybody else, and nothing is journaled of it', async () => {
    const running = await world.start();
    const own = world.order('alice');
    const ofOther = {
      ...world.order('alice'),
      delegation: { ...delegation, digest: others[0] ?? '' },
    };
    const ofBob = world.order('bob', { side: 'sell', ticks: 120 });
    for (const order of [own, ofOther, ofBob]) {
      expect(await world.send(running, order)).toMatchObject([{ status: 'accepted' }]);
      world.ledger.clear(groupId, world.journal);
    }
    const { sequence } = running.leader.engine;
    for (const { digest } of [own, ofOther, ofBob]) {
      const cancel = { ...world.cancel('alice', digest), delegations };
      const amend = { ...world.amend('alice', digest, 1), delegations };
      const inPlace = { ...world.order('alice', { replaces: digest }), delegation };
      expect(await world.send(running, cancel, amend, inPlace)).toMatchObject([
        { code: 'not_owner' },
        { code: 'not_owner' },
        { code: 'not_owner' },
      ]);
    }
    expect(running.leader.engine.sequence).toBe(sequence);
    expect(await ofAlice(running)).toHaveLength(2);
  });

  it('replaces what it signed, by another Delegation of its too', async () => {
    const running = await world.start();
    const first = byKey();
    await world.send(running, first);
    const next = {
      ...world.order('alice', { replaces: first.digest, ticks: 99 }),
      ...{ delegation: { digest: others[0] ?? '', limitUnits: 500 } },
    };
    expect(await world.send(running, next)).toMatchObject([{ code: 'not_owner' }]);
    const renewed = { ...next, delegations: [...others, ...delegations] };
    expect(await world.send(running, renewed)).toMatchObject([{ status: 'accepted' }]);
    expect(await ofAlice(running)).toMatchObject([{ delegation: others[0], limitTicks: 99 }]);
  });
});

describe('an order that has not entered', () => {
  it('is kept out by a cancel of the key that signed it, and of no other key', async () => {
    const running = await world.start();
    const [own, order] = [world.order('alice'), byKey()];
    for (const { digest } of [own, order]) {
      const cancel = { ...world.cancel('alice', digest), delegations };
      expect(await world.send(running, cancel)).toMatchObject([{ code: 'unknown_order' }]);
    }
    expect(await world.send(running, own, order)).toMatchObject([
      { status: 'accepted' },
      { code: 'order_cancelled' },
    ]);
  });

  it('is taken back while it waits for credit by the key that signed it, and not its owner’s', async () => {
    world.ledger.policy = 'exact';
    const running = await world.start();
    await world.send(running, world.order('alice'));
    // The grant before is not cleared: these wait.
    const [own, order] = [world.order('alice', { ticks: 98 }), byKey(99)];
    const waiting = [world.ask(running, own), world.ask(running, order)];
    const cancels = [own, order].map(({ digest }) => ({
      ...world.cancel('alice', digest),
      delegations,
    }));
    expect(await world.send(running, ...cancels)).toMatchObject([
      { code: 'not_owner' },
      { status: 'accepted' },
    ]);
    world.ledger.clear(groupId, world.journal);
    const [kept, gone] = await world.time.until(Promise.all(waiting));
    expect([kept, gone]).toMatchObject([[{ status: 'accepted' }], [{ code: 'order_cancelled' }]]);
  });
});

test('what a key placed by one Delegation is cancelled at once, what waits too, and nothing else of the account', async () => {
  world.ledger.policy = 'exact';
  const running = await world.start();
  const own = world.order('alice', { ticks: 90 });
  const ofOther = {
    ...world.order('alice', { ticks: 91 }),
    delegation: { ...delegation, digest: others[0] ?? '' },
  };
  for (const order of [own, byKey(92), byKey(93), ofOther]) {
    expect(await world.send(running, order)).toMatchObject([{ status: 'accepted' }]);
    if (order !== ofOther) world.ledger.clear(groupId, world.journal);
  }
  // The grant before is not cleared: these wait.
  const waiting = [byKey(94), world.order('alice', { ticks: 95 })];
  const answers = waiting.map((order) => world.ask(running, order));
  const [ended] = await world.send(running, {
    ...world.cancelAll('alice'),
    delegation: delegation.digest,
  });
  expect(ended).toMatchObject({ status: 'accepted', cancelled: 3 });
  expect((await ofAlice(running)).map(({ limitTicks }) => limitTicks)).toEqual([90, 91, 95]);
  world.ledger.clear(groupId, world.journal);
  const [gone, kept] = await world.time.until(Promise.all(answers));
  expect([gone, kept]).toMatchObject([[{ code: 'order_cancelled' }], [{ status: 'accepted' }]]);
  running.leader.engine.validate();
  const { stateHash } = await world.time.until(running.leader.health());
  running.kill();
  const next = await world.start();
  expect(next.leader.engine.stateHash()).toBe(stateHash);
});
