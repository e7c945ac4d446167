import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#cloud/clock.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createMatcherClient, type MatcherClient } from '#cloud/matcher-client.ts';
import { units } from '#domain/amount.ts';
import type { OtherRequest, PlaceRequest } from '#wire/matcher-api.ts';
import { address } from '../engine/trading-floor.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { startKinesis } from '../twins/kinesis-twin.ts';
import { eventually, processWorld } from './matcher-process.ts';
import { limitOrder, type Wanted } from './orders.ts';

let dynamo: DynamoTwin;
let kinesis: Awaited<ReturnType<typeof startKinesis>>;
let world: Awaited<ReturnType<typeof processWorld>>;
let client: MatcherClient;
let streams = 0;

beforeAll(async () => {
  dynamo = await startDynamo('unused');
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  streams += 1;
  kinesis = await startKinesis(`journal-${streams}`);
  world = await processWorld(`journal-${streams}`);
  const leases = createLeaseStore({ client: dynamo.client, table: world.table });
  client = createMatcherClient({ leases, clock: systemClock });
  const ledger = createLedgerStore({ client: dynamo.client, table: world.table });
  for (const [account, asset] of [
    ['alice', 'USDC'],
    ['bob', 'ETH'],
  ] as const) {
    await ledger.deposit({
      ...{ operationId: `${account} ${asset}`, account: address(account), asset },
      ...{ units: units(10_000), atMs: Date.now() },
    });
  }
});
afterEach(async () => {
  await world.stop();
  await kinesis.stop();
});

const leading = () => eventually(() => client.health(world.groupId));
const send = (...commands: PlaceRequest[] | OtherRequest[]) => client.send(world.groupId, commands);
const order = (account: string, wanted: Omit<Wanted, 'nowMs'> = {}) =>
  limitOrder(account, { ...wanted, nowMs: Date.now() });

test('what was acknowledged is there after kill -9, and a repeated order gets its first result', async () => {
  const first = world.start();
  await leading();
  const bid = order('alice');
  const { results } = await send(bid, order('bob', { side: 'sell', lots: 1 }));
  expect(results).toMatchObject([
    { status: 'accepted' },
    { status: 'accepted', fills: [{ sizeLots: 1, priceTicks: 100 }] },
  ]);
  const sequence = results[1]?.status === 'accepted' ? results[1].sequence : 0;
  // Health shows a state again for a while, on a busy machine the one before these orders.
  const before = await eventually(async () => {
    const health = await client.health(world.groupId);
    expect(health.sequence).toBeGreaterThanOrEqual(sequence);
    return health;
  });
  const depth = await client.depth(world.groupId, 'ETH-USDC', 10);
  expect(depth.bids).toEqual([[100, 1]]);

  first.kill('SIGKILL');
  await first.exited;
  world.start();
  const after = await leading();
  expect(after.epoch).toBe(before.epoch + 1);
  expect(after.stateHash).toBe(before.stateHash);
  expect(await client.depth(world.groupId, 'ETH-USDC', 10)).toMatchObject({
    bids: depth.bids,
    asks: [],
    checksum: depth.checksum,
  });
  const again = await send(bid);
  expect(again.results).toMatchObject([{ status: 'accepted', repeated: true }]);
});

test('a matcher that is asked to stop ends well, and the next one need not wait for its lease', async () => {
  const first = world.start();
  await leading();
  await send(order('alice'));
  first.kill('SIGTERM');
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(first.log()).toContain('"OrdersAccepted":1');
  const second = world.start();
  await leading();
  expect(second.log()).not.toContain('waiting for the lease');
});

test('a second matcher leads only when the first is gone, and one that was paused past its lease answers nothing more', async () => {
  const first = world.start();
  const { epoch } = await leading();
  first.kill('SIGSTOP');
  const second = world.start();
  await eventually(async () => expect((await client.health(world.groupId)).epoch).toBe(epoch + 1));
  first.kill('SIGCONT');
  expect(await first.exited).toEqual({ code: 1, signal: null });
  expect(first.log()).toContain('the matcher stops');
  expect((await send(order('alice'))).epoch).toBe(epoch + 1);
  expect(second.log()).not.toContain('the matcher stops');
});

test('a matcher that cannot start says why in one line and exits 1', async () => {
  const broken = world.start({ CROSSBOOK_LEASE_TABLE: 'not-there' });
  expect(await broken.exited).toEqual({ code: 1, signal: null });
  expect(broken.log()).toContain('the matcher stops: ');
  const incomplete = world.start({ CROSSBOOK_PAIR_GROUP: '' });
  expect(await incomplete.exited).toEqual({ code: 1, signal: null });
  expect(incomplete.log()).toContain('the environment lacks CROSSBOOK_PAIR_GROUP');
});
