import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLeaseStore, type Lease, type LeaseStore } from '#cloud/lease-store.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';

let twin: DynamoTwin;
let store: LeaseStore;

beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());
beforeEach(async () => {
  store = createLeaseStore({ client: twin.client, table: await newTable() });
});

const wish = (owner: string) => ({
  groupId: 'main',
  owner,
  host: '10.0.0.1',
  port: 8080,
  durationMs: 3_000,
});

const taken = async (seen: Lease | undefined, owner: string): Promise<Lease> => {
  const lease = await store.take(seen, wish(owner));
  if (!lease) throw new Error('not taken');
  return lease;
};

test('a lease that nobody has can be taken once, and is read back whole', async () => {
  expect(await store.read('main')).toBeUndefined();
  const lease = await taken(undefined, 'first');
  expect(lease).toEqual({ ...wish('first'), epoch: 1, version: 1, released: false });
  expect(await store.read('main')).toEqual(lease);
  expect(await store.take(undefined, wish('second'))).toBeUndefined();
});

test('of many that saw the same row, one takes the lease', async () => {
  const seen = await taken(undefined, 'dead');
  const rivals = Array.from({ length: 8 }, (_, index) => store.take(seen, wish(`rival-${index}`)));
  const won = (await Promise.all(rivals)).filter((each) => each !== undefined);
  expect(won).toHaveLength(1);
  expect(won[0]).toMatchObject({ epoch: 2, version: 2 });
  expect(await store.read('main')).toEqual(won[0]);
});

test('a renewal moves the version, and ends with the lease', async () => {
  const first = await taken(undefined, 'first');
  const renewal = await store.renew(first);
  expect(renewal).toMatchObject({ status: 'renewed', lease: { version: 2, epoch: 1 } });
  await taken(await store.read('main'), 'second');
  expect(await store.renew({ ...first, version: 2 })).toEqual({ status: 'lost' });
});

test('a renewal that had landed unnoticed is found again', async () => {
  const first = await taken(undefined, 'first');
  await store.renew(first);
  expect(await store.renew(first)).toMatchObject({ status: 'stale', lease: { version: 2 } });
});

test('a released lease says so, and a late release harms nobody', async () => {
  const first = await taken(undefined, 'first');
  await store.release(first);
  const seen = await store.read('main');
  expect(seen).toMatchObject({ released: true, version: 2 });
  const second = await taken(seen, 'second');
  await store.release(first);
  expect(await store.read('main')).toEqual(second);
});
