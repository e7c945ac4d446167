import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFeedStore, type FeedStore } from '#cloud/feed-store.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';

let dynamo: DynamoTwin;
let store: FeedStore;

beforeAll(async () => {
  dynamo = await startDynamo();
  store = createFeedStore({ client: dynamo.client, table: dynamo.table });
});
afterAll(() => dynamo.stop());

const atMs = 1_700_000_000_000;
const scope = 'majors';

async function connected(names: string[]): Promise<string[]> {
  for (let at = 0; at < names.length; at += 25) {
    const some = names.slice(at, at + 25);
    await Promise.all(some.map((connectionId) => store.connect({ connectionId, atMs })));
  }
  return names;
}

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function interestIn(channel: string) {
  const found = (await store.interest(scope)).filter((each) => each.channel === channel);
  return found.sort((a, b) => a.slice - b.slice);
}

describe('subscriptions', () => {
  test('450 connections that subscribe at once fill three slices, none above 200', async () => {
    const channel = 'depth:ETH-USDC';
    const names = await connected(named('crowd', 450));
    const answers: string[] = [];
    for (let at = 0; at < names.length; at += 50) {
      const some = names.slice(at, at + 50);
      const wishes = some.map((connectionId) => store.subscribe({ connectionId, channel, scope }));
      answers.push(...(await Promise.all(wishes)));
    }

    expect(new Set(answers)).toEqual(new Set(['subscribed']));
    expect((await interestIn(channel)).map((each) => each.connections)).toEqual([200, 200, 50]);
    const listed = await Promise.all([0, 1, 2].map((slice) => store.subscribers(channel, slice)));
    expect(
      listed
        .flat()
        .map(({ connectionId }) => connectionId)
        .sort(),
    ).toEqual([...names].sort());
  });

  test('a connection that subscribes to one channel many times at once is counted once', async () => {
    const channel = 'trades:ETH-USDC';
    const [connectionId = ''] = await connected(['eager']);
    const wishes = named('', 8).map(() => store.subscribe({ connectionId, channel, scope }));
    const answers = await Promise.all(wishes);

    expect(answers.filter((answer) => answer === 'subscribed')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'already_subscribed')).toHaveLength(7);
    expect(await interestIn(channel)).toEqual([{ channel, slice: 0, connections: 1 }]);
    expect((await store.connection(connectionId, atMs))?.channels).toBe(1);
  });

  test('a connection holds at most 50 channels, however they are asked for', async () => {
    const [connectionId = ''] = await connected(['greedy']);
    const channels = named('', 60).map((_, index) => `depth:A${index}-USDC`);
    const wishes = channels.map((channel) => store.subscribe({ connectionId, channel, scope }));
    const answers = await Promise.all(wishes);

    expect(answers.filter((answer) => answer === 'subscribed')).toHaveLength(50);
    expect(answers.filter((answer) => answer === 'too_many_subscriptions')).toHaveLength(10);
    await store.disconnect(connectionId);
  });

  test('a channel that is left has no interest, and can be joined again', async () => {
    const channel = 'trades:BTC-USDC';
    const [connectionId = ''] = await connected(['back-and-forth']);
    await store.subscribe({ connectionId, channel, scope });
    await Promise.all([1, 2, 3].map(() => store.unsubscribe({ connectionId, channel })));

    expect(await interestIn(channel)).toEqual([]);
    expect(await store.subscribers(channel, 0)).toEqual([]);
    expect((await store.connection(connectionId, atMs))?.channels).toBe(0);
    expect(await store.subscribe({ connectionId, channel, scope })).toBe('subscribed');
    expect(await interestIn(channel)).toEqual([{ channel, slice: 0, connections: 1 }]);
  });
});

describe('disconnection', () => {
  test('a connection that is removed by several at once leaves every counter right', async () => {
    const channel = 'depth:SOL-USDC';
    const [one = '', other = ''] = await connected(['leaver', 'stayer']);
    await store.subscribe({ connectionId: one, channel, scope });
    await store.subscribe({ connectionId: one, channel: 'trades:SOL-USDC', scope });
    await store.subscribe({ connectionId: other, channel, scope });
    await Promise.all([1, 2, 3, 4].map(() => store.disconnect(one)));
    await store.disconnect(one);

    expect(await interestIn(channel)).toEqual([{ channel, slice: 0, connections: 1 }]);
    expect(await interestIn('trades:SOL-USDC')).toEqual([]);
    expect(await store.subscribers(channel, 0)).toEqual([{ connectionId: other }]);
    expect(await store.connection(one, atMs)).toBeUndefined();
  });

  test('a subscription that races a disconnection leaves nothing behind', async () => {
    const channel = 'depth:RACE-USDC';
    const names = await connected(named('racer', 12));
    await Promise.all(
      names.flatMap((connectionId) => [
        store.subscribe({ connectionId, channel, scope }),
        store.disconnect(connectionId),
      ]),
    );

    expect(await interestIn(channel)).toEqual([]);
    expect(await store.subscribers(channel, 0)).toEqual([]);
  });

  test('a connection that is gone can neither subscribe nor sign in', async () => {
    const connectionId = 'never-there';
    const signedIn = { connectionId, account: `0x${'a'.repeat(40)}`, sessionExpiresAtMs: atMs };

    expect(await store.subscribe({ connectionId, channel: 'depth:X-Y', scope })).toBe('gone');
    expect(await store.signIn(signedIn)).toBe(false);
  });

  test('a connection is unknown once its life of 2 h 10 m has passed', async () => {
    const [connectionId = ''] = await connected(['old']);

    expect(await store.connection(connectionId, atMs + 129 * 60_000)).toBeDefined();
    expect(await store.connection(connectionId, atMs + 131 * 60_000)).toBeUndefined();
  });
});

describe('private channels', () => {
  const channel = `account:0x${'d'.repeat(40)}`;
  const scope = 'accounts';
  async function owner(connectionId: string, sessionExpiresAtMs: number) {
    await connected([connectionId]);
    await store.subscribe({ connectionId, channel, scope, sessionExpiresAtMs });
    return { connectionId, channel };
  }
  const listeners = () => store.subscribers(channel, 0);

  test('one of many that see the end of a session ends the subscription', async () => {
    const at = { ...(await owner('late', atMs)), atMs };
    expect(await listeners()).toEqual([{ connectionId: 'late', sessionExpiresAtMs: atMs }]);
    const became = await Promise.all([1, 2, 3, 4].map(() => store.expire(at)));
    expect(became.toSorted()).toEqual(['expired', 'left', 'left', 'left']);
    expect(await listeners()).toEqual([]);
    expect((await store.connection('late', atMs))?.channels).toBe(0);
    expect(await store.interest(scope)).toEqual([]);
  });

  test('one that is renewed lasts, until it is left', async () => {
    const name = await owner('renewed', atMs);
    await store.renew({ ...name, sessionExpiresAtMs: atMs + 1 });
    expect(await store.expire({ ...name, atMs })).toBe('renewed');
    expect(await listeners()).toEqual([{ connectionId: 'renewed', sessionExpiresAtMs: atMs + 1 }]);
    await store.unsubscribe(name);
    await store.renew({ ...name, sessionExpiresAtMs: atMs + 2 });
    expect(await store.expire({ ...name, atMs })).toBe('left');
    expect(await listeners()).toEqual([]);
  });

  test('renewals and ends at once leave a live subscription or none, and every counter right', async () => {
    const name = await owner('torn', atMs);
    const [became] = await Promise.all([
      store.expire({ ...name, atMs }),
      store.renew({ ...name, sessionExpiresAtMs: atMs + 1 }),
    ]);
    const live = await listeners();
    expect(live).toHaveLength(became === 'renewed' ? 1 : 0);
    expect((await store.connection('torn', atMs))?.channels).toBe(live.length);
    await store.disconnect('torn');
    expect(await store.interest(scope)).toEqual([]);
  });
});
