/** The feed's functions as deployed, from a subscription to the post that reaches it; loopback servers stand for the matcher and for API Gateway. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#cloud/clock.ts';
import { createFeedPublisher, type Happening } from '#cloud/feed-publisher.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionSigner } from '#cloud/session-token.ts';
import type { FanOutRequest, FeedMessage, FeedReply } from '#wire/feed-message.ts';
import type { DepthView } from '#wire/matcher-api.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';

const groupId = 'majors';
const account = `0x${'a'.repeat(40)}`;
const depth: DepthView = {
  marketId: 'ETH-USDC',
  state: 'open',
  untilMs: 0,
  lastTicks: 0,
  referenceTicks: 0,
  sequence: 12,
  bids: [[185_025, 1_500]],
  asks: [],
  checksum: 99,
};

let dynamo: DynamoTwin;
let servers: Server[];
let feed: (event: APIGatewayProxyWebsocketEventV2, context: Context) => Promise<{ body?: string }>;
let fanOut: (request: FanOutRequest) => Promise<unknown>;
let token: string;
const posts: { path: string; messages: FeedMessage[] }[] = [];
const gone = new Set<string>();

beforeAll(async () => {
  dynamo = await startDynamo();
  const { client, table } = dynamo;
  const matcher = await serve(() => ({ status: 200, body: JSON.stringify(depth) }));
  const gateway = await serve((path, body) => {
    const connectionId = decodeURIComponent(path.split('/').at(-1) ?? '');
    if (gone.has(connectionId)) return { status: 410, body: '{}', type: 'GoneException' };
    posts.push({ path, messages: JSON.parse(body) });
    return { status: 200, body: '' };
  });
  servers = [matcher, gateway];
  const { port } = matcher.address() as AddressInfo;
  const wish = { groupId, owner: 'test', host: '127.0.0.1', port, durationMs: 3_000 };
  await createLeaseStore({ client, table }).take(undefined, wish);
  const secret = 'a secret of more than thirty-two characters';
  const signer = await createSessionSigner({ secret, stage: 'local', clock: systemClock });
  await createSessionStore({ client, table }).publishKey(signer.keyId, signer.publicKey);
  ({ token } = await signer.sign(account));
  Object.assign(process.env, environmentOf(table, gateway));
  ({ handler: feed } = await import('../../functions/feed/handler.ts'));
  ({ handler: fanOut } = await import('../../functions/fan-out/handler.ts'));
});

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await dynamo.stop();
});

function environmentOf(table: string, gateway: Server) {
  const asset = (id: string) => ({ id, decimals: 8, chainDecimals: 18, chainAsset: '0x1' });
  const market = {
    id: 'ETH-USDC',
    groupId,
    baseUnitsPerLot: 100_000,
    quoteUnitsPerTickLot: 1_000,
    minSizeLots: 1,
    minNotionalUnits: 1,
    makerFeeBps: 5,
    takerFeeBps: 10,
    state: 'open',
  };
  return {
    CROSSBOOK_STAGE: 'local',
    CROSSBOOK_CATALOG: JSON.stringify({
      assets: [asset('ETH'), asset('USDC')],
      markets: [market],
    }),
    CROSSBOOK_FEED_TABLE: table,
    CROSSBOOK_HISTORY_TABLE: table,
    CROSSBOOK_LEASE_TABLE: table,
    CROSSBOOK_SESSION_TABLE: table,
    // What the deployment says; the local cloud's variable must win over it.
    CROSSBOOK_WEBSOCKET_MANAGEMENT: 'https://nowhere.invalid/live',
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
  };
}

type Answer = { status: number; body: string; type?: string };

function serve(answer: (path: string, body: string) => Answer): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { status, body: text, type } = answer(request.url ?? '', body);
      response.writeHead(status, type ? { 'x-amzn-errortype': type } : {});
      response.end(text);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function send(connectionId: string, eventType: string, request?: object) {
  const routeKey = request ? (request as { action: string }).action : `$${eventType.toLowerCase()}`;
  const requestTimeEpoch = Date.now();
  const requestContext = { connectionId, eventType, routeKey, requestId: 'r', requestTimeEpoch };
  const event = { requestContext, ...(request ? { body: JSON.stringify(request) } : {}) };
  const context = { functionName: 'feed', awsRequestId: 'r' } as Context;
  const { body } = await feed(event as unknown as APIGatewayProxyWebsocketEventV2, context);
  return body ? (JSON.parse(body) as FeedReply) : undefined;
}

const says = (connectionId: string, request: object) => send(connectionId, 'MESSAGE', request);

const trade = (tradeId: string): FeedMessage => ({
  type: 'trade',
  market: 'ETH-USDC',
  tradeId,
  price: '1850.25',
  size: '1',
  takerSide: 'buy',
  atMs: 1,
});

test('a subscriber gets a snapshot and then every message; one that is gone is forgotten', async () => {
  const store = createFeedStore({ client: dynamo.client, table: dynamo.table });
  for (const connectionId of ['here=', 'gone=']) {
    await send(connectionId, 'CONNECT');
    const channels = ['depth:ETH-USDC', 'trades:ETH-USDC'];
    expect(await says(connectionId, { action: 'subscribe', channels })).toEqual({
      type: 'subscribed',
      channels,
      markets: [],
      snapshots: [
        {
          type: 'depth_snapshot',
          market: 'ETH-USDC',
          sequence: 12,
          bids: [['1850.25', '1.5']],
          asks: [],
          checksum: 99,
        },
      ],
    });
  }
  expect(await says('here=', { action: 'authenticate', token })).toMatchObject({ account });
  const mine = { action: 'subscribe', channels: [`account:${account}`] };
  expect(await says('here=', mine)).toMatchObject({ type: 'subscribed' });
  expect(await says('gone=', mine)).toMatchObject({ code: 'session_required' });

  gone.add('gone=');
  const publisher = createFeedPublisher({
    interestOf: store.interest,
    fanOut: async (request) => void (await fanOut(JSON.parse(JSON.stringify(request)))),
    clock: systemClock,
  });
  const said = (scope: string, channel: string, message: FeedMessage): Happening => ({
    ...{ scope, size: 1 },
    told: (isHeard) => (isHeard(channel) ? [{ channel, message }] : []),
  });
  publisher.publish([
    said(groupId, 'trades:ETH-USDC', trade('1')),
    said('accounts', `account:${account}`, trade('mine')),
    said(groupId, 'trades:BTC-USDC', trade('unheard')),
  ]);
  await publisher.stop();

  expect(posts.flatMap(({ messages }) => messages)).toEqual([trade('1'), trade('mine')]);
  expect(posts.every(({ path }) => path.endsWith('/@connections/here%3D'))).toBe(true);
  expect(await store.connection('gone=', Date.now())).toBeUndefined();
  expect((await store.interest(groupId)).map(({ connections }) => connections)).toEqual([1, 1]);

  await send('here=', 'DISCONNECT');
  expect([...(await store.interest(groupId)), ...(await store.interest('accounts'))]).toEqual([]);
});
