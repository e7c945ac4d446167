/** A leader and its standby as processes, killed with kill -9 and ended with SIGTERM, under load of whoever asks the leader. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#cloud/clock.ts';
import { createLeaseStore, type LeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createMatcherClient, type MatcherClient } from '#cloud/matcher-client.ts';
import { units } from '#domain/amount.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { address } from '../engine/trading-floor.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { freePort } from '../twins/free-port.ts';
import { startKinesis } from '../twins/kinesis-twin.ts';
import { eventually, processWorld } from './matcher-process.ts';
import { limitOrder } from './orders.ts';

let dynamo: DynamoTwin;
let kinesis: Awaited<ReturnType<typeof startKinesis>>;
let world: Awaited<ReturnType<typeof processWorld>>;
let client: MatcherClient;
let leases: LeaseStore;
let streams = 0;
/** That nobody is refused is the promise, not how long a busy machine takes: an event loop that stands still looks like a leader that is gone. */
const patient = { connectTimeoutMs: 5_000, replyTimeoutMs: 15_000, handOverTries: 150 };

beforeAll(async () => {
  dynamo = await startDynamo('unused');
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  streams += 1;
  kinesis = await startKinesis(`pair-${streams}`);
  world = await processWorld(`pair-${streams}`);
  leases = createLeaseStore({ client: dynamo.client, table: world.table });
  client = createMatcherClient({ leases, clock: systemClock, ...patient });
  const ledger = createLedgerStore({ client: dynamo.client, table: world.table });
  await ledger.deposit({
    ...{ operationId: 'alice', account: address('alice'), asset: 'USDC' },
    ...{ units: units(10_000_000), atMs: Date.now() },
  });
  // One grant is enough for all orders: nobody clears a journal here.
  await ledger.setAccountSettings(address('alice'), { creditPolicy: 'sticky' });
});
afterEach(async () => {
  await world.stop();
  await kinesis.stop();
});

/** A process on a port of its own, so that a standby can be asked too. */
async function start() {
  const port = await freePort();
  const child = world.start({ PORT: String(port), CROSSBOOK_LEASE_MS: '3000' });
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as unknown;
  };
  /** What comes true unless the process ends before. */
  const alive = <T>(wanted: () => Promise<T>) =>
    Promise.race([
      eventually(wanted),
      child.exited.then(({ code, signal }): never => {
        throw new Error(`a matcher ended (${code ?? signal}):\n${child.log()}`);
      }),
    ]);
  return { ...child, port, ask, alive };
}

async function pair() {
  const first = await start();
  await first.alive(() => client.health(world.groupId));
  const second = await start();
  await second.alive(() => second.ask('/alive'));
  await send();
  await second.alive(async () => {
    const { stateHash } = await client.health(world.groupId);
    expect(await second.ask('/standby')).toMatchObject({
      caughtUp: true,
      leading: false,
      stateHash,
    });
  });
  return { first, second };
}

/** None rests: an account may have a thousand orders open, and a fast machine comes to that in a second. */
const order = () =>
  limitOrder('alice', { nowMs: Date.now(), ticks: 90, lots: 1, timeInForce: 'ioc' });
const send = async () => (await client.send(world.groupId, [order()])).results[0] as CommandResult;

test('a standby leads within the lease and a second of a kill -9, with everything that was acknowledged', async () => {
  const { first, second } = await pair();
  const bid = order();
  await client.send(world.groupId, [bid]);
  const before = await client.health(world.groupId);
  const killedMs = performance.now();
  first.kill('SIGKILL');
  await eventually(async () => expect((await send()).status).toBe('accepted'));
  const goneMs = Math.round(performance.now() - killedMs);
  console.log(`takeover after kill -9: ${goneMs} ms without service, of a lease of 3000 ms`);
  const after = await client.health(world.groupId);
  expect(after.epoch).toBe(before.epoch + 1);
  expect((await client.send(world.groupId, [bid])).results).toMatchObject([
    { status: 'accepted', repeated: true },
  ]);
  expect(second.log()).toContain('leading');
});

test('a hand-over refuses nobody, and the leader that was asked to stop ends well', async () => {
  const { first } = await pair();
  const tookMs: number[] = [];
  let isOver = false;
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const sentMs = performance.now();
      expect(await send()).toMatchObject({ status: 'accepted' });
      tookMs.push(performance.now() - sentMs);
    }
  });
  const all = Promise.all(clients);
  // Looked at in the end: until then a client that fails must not end the run by itself.
  all.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { epoch } = await client.health(world.groupId);
  first.kill('SIGTERM');
  await eventually(async () =>
    expect(await leases.read(world.groupId)).toMatchObject({ epoch: epoch + 1, released: false }),
  );
  await new Promise((resolve) => setTimeout(resolve, 700));
  isOver = true;
  await all;
  console.log(
    `hand-over: ${tookMs.length} orders, none refused; the longest took ${Math.round(Math.max(...tookMs))} ms`,
  );
  expect((await client.health(world.groupId)).epoch).toBe(epoch + 1);
  expect(await first.exited).toEqual({ code: 0, signal: null });
});
