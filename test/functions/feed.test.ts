import { beforeEach, describe, expect, test } from 'vitest';
import { refuse } from '#cloud/http-edge.ts';
import { createLogger } from '#cloud/logger.ts';
import { MatcherUnavailable } from '#cloud/matcher-client.ts';
import { type WebSocketLambda, webSocketHandler } from '#cloud/websocket-edge.ts';
import { noProtections } from '#domain/market.ts';
import { type ListedMarket, listedMarkets } from '#wire/catalog.ts';
import {
  type DepthSnapshot,
  type FeedReply,
  frameBytes,
  type TextLevel,
} from '#wire/feed-message.ts';
import { authenticate } from '../../functions/feed/authenticate.ts';
import { subscribe } from '../../functions/feed/subscribe.ts';
import { unsubscribe } from '../../functions/feed/unsubscribe.ts';
import { fixedDirectory } from './demo-catalog.ts';
import { lambdaContext, memoryFeedStore, socketEvent } from './feed-memory.ts';

const nowMs = 1_700_000_000_000;
const alice = `0x${'a'.repeat(40)}`;
const bob = `0x${'b'.repeat(40)}`;

function catalogOf(bases: string[]) {
  const asset = (id: string) => ({ id, decimals: 8, chainDecimals: 18, chainAsset: '0x1' });
  const market = (base: string) => ({
    id: `${base}-USDC`,
    groupId: 'majors',
    baseUnitsPerLot: 100_000,
    quoteUnitsPerTickLot: 1_000,
    minSizeLots: 1,
    minNotionalUnits: 1,
    makerFeeBps: 5,
    takerFeeBps: 10,
    ...noProtections,
    state: 'open' as const,
  });
  return { assets: ['USDC', ...bases].map(asset), markets: bases.map(market) };
}

const bases = ['ETH', ...Array.from({ length: 59 }, (_, index) => `A${index}`)];
const markets = listedMarkets(catalogOf(bases));

let store: ReturnType<typeof memoryFeedStore>;
let handler: WebSocketLambda;
let snapshot: (market: ListedMarket, levels: number) => Promise<DepthSnapshot>;
/** What a snapshot could see when it was taken. */
let listeningAtSnapshot: string[];

const depthOf = (market: ListedMarket, bids: TextLevel[] = []): DepthSnapshot => ({
  type: 'depth_snapshot',
  market: market.market.id,
  sequence: 7,
  bids,
  asks: [],
  checksum: 0,
});

beforeEach(async () => {
  store = memoryFeedStore();
  listeningAtSnapshot = [];
  snapshot = async (market) => {
    listeningAtSnapshot = store.channels('one');
    return depthOf(market);
  };
  const verifySession = async (token: string) => {
    const [account = '', ends = ''] = token.split('@');
    return account ? { account, expiresAtMs: Number(ends) } : refuse('bad_session');
  };
  const routes = {
    $connect: store.connect,
    $disconnect: ({ connectionId }: { connectionId: string }) => store.disconnect(connectionId),
    authenticate: authenticate({ store, verifySession }),
    subscribe: subscribe({
      store,
      markets: fixedDirectory(markets),
      snapshot: (...asked) => snapshot(...asked),
      status: async ({ market }) => ({ market: market.id, state: 'auction', sequence: 9 }),
    }),
    unsubscribe: unsubscribe({ store }),
    ping: async () => ({ type: 'pong', atMs: nowMs }) as const,
  };
  handler = webSocketHandler(routes, { logger: createLogger('feed') });
  await handler(socketEvent('one', 'CONNECT'), lambdaContext);
});

async function says(text: string, from = 'one'): Promise<FeedReply> {
  const event = socketEvent(from, 'MESSAGE', { body: text, atMs: nowMs });
  const { statusCode, body = '' } = await handler(event, lambdaContext);
  expect(statusCode).toBe(200);
  expect(body.length).toBeLessThanOrEqual(frameBytes);
  return JSON.parse(body);
}

const asks = (request: object, from = 'one') => says(JSON.stringify(request), from);

describe('bad input', () => {
  test.each([
    ['a frame that is not JSON', 'hello', 'malformed_json'],
    ['an empty frame', '', 'malformed_json'],
    ['JSON that is no object', '[1]', 'unknown_action'],
    ['an action that does not exist', '{"action":"drain"}', 'unknown_action'],
    ['a route of the gateway itself', '{"action":"$disconnect"}', 'unknown_action'],
    ['a field that does not exist', '{"action":"ping","loud":true}', 'unknown_field'],
    ['a list that is none', '{"action":"subscribe","channels":"depth"}', 'invalid_request'],
    ['no channel', '{"action":"subscribe","channels":[]}', 'invalid_request'],
    [
      'a market that is not listed',
      '{"action":"subscribe","channels":["depth:NO-NO"]}',
      'unknown_channel',
    ],
    [
      'a channel of another form',
      '{"action":"subscribe","channels":["book:ETH-USDC"]}',
      'unknown_channel',
    ],
    ['33 KB', `{"action":"ping","id":"${'x'.repeat(33_000)}"}`, 'body_too_large'],
  ])('%s is refused and changes nothing', async (_, text, code) => {
    await asks({ action: 'subscribe', channels: ['trades:ETH-USDC'] });
    expect(await says(text)).toMatchObject({ type: 'error', code, requestId: 'request-1' });
    expect(store.channels('one')).toEqual(['trades:ETH-USDC']);
    expect(await store.connection('one', nowMs)).toBeDefined();
  });

  test('an error names the request that it answers', async () => {
    expect(await asks({ action: 'drain', id: 'r-7' })).toMatchObject({ type: 'error', id: 'r-7' });
    expect(await asks({ action: 'ping', id: 7 })).toEqual({ type: 'pong', atMs: nowMs, id: 7 });
  });
});

describe('market channels', () => {
  test('a market channel is answered with where the market stands', async () => {
    const channels = ['market:ETH-USDC', 'trades:ETH-USDC'];
    expect(await asks({ action: 'subscribe', channels })).toEqual({
      type: 'subscribed',
      channels,
      snapshots: [],
      markets: [{ market: 'ETH-USDC', state: 'auction', sequence: 9 }],
    });
    expect(store.channels('one')).toEqual(channels);
  });

  test('a depth subscription is written before its snapshot is taken', async () => {
    const reply = await asks({ action: 'subscribe', channels: ['depth:ETH-USDC'], id: 1 });

    expect(reply).toMatchObject({ type: 'subscribed', channels: ['depth:ETH-USDC'], id: 1 });
    expect(reply).toMatchObject({ snapshots: [{ market: 'ETH-USDC', sequence: 7 }] });
    expect(listeningAtSnapshot).toEqual(['depth:ETH-USDC']);
  });

  test('a subscription whose snapshot cannot be had is undone', async () => {
    await asks({ action: 'subscribe', channels: ['trades:ETH-USDC'] });
    snapshot = async () => {
      throw new MatcherUnavailable('unavailable', 'no leader');
    };
    const channels = ['trades:ETH-USDC', 'depth:ETH-USDC', 'depth:A1-USDC'];

    expect(await asks({ action: 'subscribe', channels })).toMatchObject({ code: 'unavailable' });
    expect(store.channels('one')).toEqual(['trades:ETH-USDC']);
  });

  test('a request takes 20 channels, a connection 50, and one too many adds none', async () => {
    const all = bases.map((base) => `trades:${base}-USDC`);
    const subscribeTo = (channels: string[]) => asks({ action: 'subscribe', channels });

    expect(await subscribeTo(all.slice(0, 21))).toMatchObject({ code: 'invalid_request' });
    await subscribeTo(all.slice(0, 20));
    await subscribeTo(all.slice(20, 40));
    expect(await subscribeTo(all.slice(40, 51))).toMatchObject({ code: 'too_many_subscriptions' });
    expect(store.channels('one')).toHaveLength(40);
    expect(await subscribeTo(all.slice(40, 50))).toMatchObject({ type: 'subscribed' });
  });

  test('twenty deep snapshots still fit a frame, each with its ten best levels', async () => {
    const deep = Array.from(
      { length: 500 },
      (_, index): TextLevel => [`${123_456_789_012 - index}.12345678`, '1234567890.12345678'],
    );
    snapshot = async (market, levels) => ({
      ...depthOf(market, deep.slice(0, levels)),
      asks: deep.slice(0, levels),
    });
    const channels = bases.slice(0, 20).map((base) => `depth:${base}-USDC`);
    const reply = await asks({ action: 'subscribe', channels });

    const snapshots = reply.type === 'subscribed' ? reply.snapshots : [];
    expect(snapshots.map((each) => each.bids.length).every((count) => count >= 10)).toBe(true);
    expect(snapshots).toHaveLength(20);
    const alone = await asks({ action: 'subscribe', channels: ['depth:ETH-USDC'] });
    expect(alone.type === 'subscribed' && alone.snapshots[0]?.bids.length).toBeGreaterThan(200);
  });

  test('a channel that is left is left, and its neighbours are not', async () => {
    await asks({ action: 'subscribe', channels: ['trades:ETH-USDC', 'trades:A1-USDC'] });
    const channels = ['trades:ETH-USDC', 'trades:A2-USDC'];

    expect(await asks({ action: 'unsubscribe', channels })).toEqual({
      type: 'unsubscribed',
      channels,
    });
    expect(store.channels('one')).toEqual(['trades:A1-USDC']);
  });

  test('a disconnection ends everything; what comes after it is told to come back', async () => {
    await asks({ action: 'subscribe', channels: ['trades:ETH-USDC'] });
    await handler(socketEvent('one', 'DISCONNECT'), lambdaContext);

    expect(await store.interest('majors')).toEqual([]);
    const late = await asks({ action: 'subscribe', channels: ['trades:ETH-USDC'] });
    expect(late).toMatchObject({ code: 'unavailable' });
  });
});

describe('private channels', () => {
  const mine = { action: 'subscribe', channels: [`account:${alice}`] };

  test('nobody hears of an account without signing in', async () => {
    expect(await asks(mine)).toMatchObject({ type: 'error', code: 'session_required' });
    expect(store.channels('one')).toEqual([]);
  });

  test('an owner who signed in hears of the own account and of no other', async () => {
    const signedIn = await asks({ action: 'authenticate', token: `${alice}@${nowMs + 1}` });

    expect(signedIn).toEqual({ type: 'authenticated', account: alice, expiresAtMs: nowMs + 1 });
    expect(await asks(mine)).toMatchObject({ type: 'subscribed', snapshots: [] });
    const foreign = { action: 'subscribe', channels: [`account:${bob}`] };
    expect(await asks(foreign)).toMatchObject({ code: 'not_owner' });
    expect(await store.interest('accounts')).toMatchObject([{ channel: `account:${alice}` }]);
  });

  test('a session that has ended opens nothing', async () => {
    await asks({ action: 'authenticate', token: `${alice}@${nowMs}` });
    expect(await asks(mine)).toMatchObject({ code: 'session_expired' });
  });

  test('the channel lasts as long as the session, and longer by signing in again', async () => {
    const ends = async () =>
      (await store.subscribers(`account:${alice}`, 0))[0]?.sessionExpiresAtMs;
    await asks({ action: 'authenticate', token: `${alice}@${nowMs + 1}` });
    await asks({ action: 'subscribe', channels: ['trades:ETH-USDC', ...mine.channels] });
    expect(await ends()).toBe(nowMs + 1);
    await asks({ action: 'authenticate', token: `${alice}@${nowMs + 900_000}` });
    expect(await ends()).toBe(nowMs + 900_000);
    expect(await store.subscribers('trades:ETH-USDC', 0)).toEqual([{ connectionId: 'one' }]);
  });

  test('a bad token signs nobody in', async () => {
    expect(await asks({ action: 'authenticate', token: '@' })).toMatchObject({
      code: 'bad_session',
    });
    expect(await asks(mine)).toMatchObject({ code: 'session_required' });
  });

  test('a connection that changes hands no longer hears of its former owner', async () => {
    await asks({ action: 'authenticate', token: `${alice}@${nowMs + 1}` });
    await asks(mine);
    await asks({ action: 'authenticate', token: `${bob}@${nowMs + 1}` });

    expect(store.channels('one')).toEqual([]);
    expect(await asks(mine)).toMatchObject({ code: 'not_owner' });
  });
});
