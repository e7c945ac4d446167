/** What the WebSocket front and its management API promise, over an API that CDK synthesized. */

import { once } from 'node:events';
import { request } from 'node:http';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { Front } from '../../local/front.ts';
import type { Functions } from '../../local/functions.ts';
import { startWebSocketFront } from '../../local/websocket-front.ts';
import { buildWebSocketApi, frontOf } from './fixtures/api-app.ts';
import { readTemplates, removeFolders, synthesize } from './fixtures/assembly-folder.ts';

// biome-ignore lint/suspicious/noExplicitAny: an event is looked into freely.
type Event = any;

let front: Front;
let functions: Functions;
let logged: string[];
const sockets: WebSocket[] = [];
const others: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  const started = frontOf(
    synthesize((app) => buildWebSocketApi(app, { hasDefault: true }), 'weak'),
  );
  functions = started.functions;
  logged = started.logged;
  front = await startWebSocketFront(started.options);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  for (const other of others.splice(0)) await other.stop();
});

afterAll(async () => {
  await front.stop();
  await functions.stop();
  removeFolders();
});

/** An open connection with everything it receives. */
async function connect(path = '/v1', options: { to?: Front; protocols?: string[] } = {}) {
  const { to = front, protocols = [] } = options;
  const settings: ClientOptions = { headers: { 'X-Own': 'a' } };
  const socket = new WebSocket(`${to.url}${path}`, protocols, settings);
  sockets.push(socket);
  const received: string[] = [];
  socket.on('message', (data) => received.push(String(data)));
  await once(socket, 'open');
  const next = async (): Promise<Event> => {
    await vi.waitFor(() => expect(received).not.toHaveLength(0), { timeout: 5_000, interval: 5 });
    return JSON.parse(received.shift() ?? '');
  };
  const ask = (message: unknown): Promise<Event> => {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    return next();
  };
  const idOf = async (): Promise<string> =>
    (await ask({ action: 'ask' })).event.requestContext.connectionId;
  return { socket, received, next, ask, idOf };
}

/** The status with which a handshake is refused. */
async function refusalOf(path: string, to = front): Promise<number | undefined> {
  const socket = new WebSocket(`${to.url}${path}`);
  const [error, response] = await Promise.race([
    once(socket, 'unexpected-response').then(([, answer]) => [undefined, answer]),
    once(socket, 'open').then(() => [new Error('the handshake was expected to fail')]),
  ]);
  if (error) throw error;
  response.resume();
  return response.statusCode;
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close');
  return code;
}

/** The first event of a kind that a function logged, once it is there. */
async function seen(matches: (event: Event) => boolean): Promise<Event> {
  const find = (): Event =>
    logged
      .filter((text) => text.startsWith('{"seen"'))
      .map((text) => JSON.parse(text).seen)
      .find(matches);
  await vi.waitFor(() => expect(find()).toBeDefined(), { timeout: 5_000, interval: 10 });
  return find();
}

describe('connecting', () => {
  test('asks $connect with the handshake and gives each client its own id', async () => {
    const one = await connect('/v1?token=t1&token=t2');
    const two = await connect();
    const [first, second] = [await one.idOf(), await two.idOf()];
    expect(first).not.toBe(second);
    const event = await seen(({ requestContext }) => requestContext.connectionId === first);
    expect(event).toMatchObject({
      headers: { 'X-Own': 'a' },
      multiValueHeaders: { 'X-Own': ['a'] },
      queryStringParameters: { token: 't2' },
      multiValueQueryStringParameters: { token: ['t1', 't2'] },
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        messageDirection: 'IN',
        stage: 'v1',
        connectionId: first,
        apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
        domainName: new URL(front.url).host,
        connectedAt: expect.any(Number),
        requestTimeEpoch: expect.any(Number),
        requestId: expect.any(String),
        identity: { sourceIp: '127.0.0.1' },
      },
      isBase64Encoded: false,
    });
  });

  test.each([
    ['/v1?refuse=401', 401],
    ['/v1?refuse=503', 503],
    ['/v1?fail=1', 500],
    ['/other', 403],
  ])('to %s is refused with %i', async (path, status) => {
    expect(await refusalOf(path)).toBe(status);
  });

  test('agrees to a subprotocol only when $connect returns it', async () => {
    const { socket } = await connect('/v1?protocol=book', { protocols: ['tape', 'book'] });
    expect(socket.protocol).toBe('book');
  });

  test('that ends, tells $disconnect why', async () => {
    const client = await connect();
    const connectionId = await client.idOf();
    client.socket.close(4001, 'done');
    const event = await seen(
      ({ requestContext }) =>
        requestContext.eventType === 'DISCONNECT' && requestContext.connectionId === connectionId,
    );
    expect(event.requestContext).toMatchObject({
      routeKey: '$disconnect',
      disconnectStatusCode: 4001,
      disconnectReason: 'done',
    });
  });
});

describe('a message', () => {
  test('goes to the route that it selects, and a two-way route answers', async () => {
    const { ask } = await connect();
    const { event } = await ask({ action: 'ask', n: 1 });
    expect(event).toMatchObject({
      body: '{"action":"ask","n":1}',
      isBase64Encoded: false,
      requestContext: {
        routeKey: 'ask',
        eventType: 'MESSAGE',
        messageId: expect.any(String),
        stage: 'v1',
        connectedAt: expect.any(Number),
      },
    });
    expect(event).not.toHaveProperty('headers');
  });

  test.each([
    ['not JSON'],
    ['{"action":"unknown"}'],
    ['{"action":"$connect"}'],
    ['{"action":{}}'],
    ['null'],
  ])('that selects no route goes to $default: %s', async (message) => {
    const { ask } = await connect();
    const { event } = await ask(message);
    expect(event.requestContext.routeKey).toBe('$default');
    expect(event.body).toBe(message);
  });

  test('to a one-way route is answered nothing', async () => {
    const { socket, ask, received } = await connect();
    socket.send('{"action":"tell"}');
    const { event } = await ask({ action: 'ask' });
    expect(event.requestContext.routeKey).toBe('ask');
    expect(received).toEqual([]);
  });

  test('whose function fails is answered without the reason', async () => {
    const { ask, idOf } = await connect();
    const connectionId = await idOf();
    for (const action of ['ask', 'tell']) {
      expect(await ask({ action, throw: true })).toEqual({
        message: 'Internal server error',
        connectionId,
        requestId: expect.any(String),
      });
    }
  });

  test('without a route is forbidden where there is no $default', async () => {
    const started = frontOf(
      synthesize((app) => buildWebSocketApi(app, { hasDefault: false }), 'weak'),
    );
    const other = await startWebSocketFront(started.options);
    others.push(other, started.functions);
    const { ask } = await connect('/', { to: other });
    expect(await ask('{}')).toMatchObject({ message: 'Forbidden' });
  });

  test('in binary closes with 1003', async () => {
    const { socket } = await connect();
    socket.send(Buffer.from([1, 2, 3]));
    expect(await closeCode(socket)).toBe(1003);
  });
});

describe('the size of a message', () => {
  /** Sends a message in frames of at most 32 KB. */
  function sendInFrames(socket: WebSocket, text: string): void {
    const size = 32 * 1024;
    for (let at = 0; at < text.length; at += size) {
      socket.send(text.slice(at, at + size), { fin: at + size >= text.length });
    }
  }
  const padded = (length: number): string => {
    const empty = JSON.stringify({ action: 'ask', pad: '' });
    return JSON.stringify({ action: 'ask', pad: 'x'.repeat(length - empty.length) });
  };

  test('may be 128 KB; one byte more closes with 1009', async () => {
    const { socket, next } = await connect();
    sendInFrames(socket, padded(128 * 1024));
    expect((await next()).event.body).toHaveLength(128 * 1024);
    sendInFrames(socket, padded(128 * 1024 + 1));
    expect(await closeCode(socket)).toBe(1009);
  });

  test('may be 32 KB in one frame; one byte more closes with 1009', async () => {
    const { socket, ask, received } = await connect();
    expect((await ask(padded(32 * 1024))).event.body).toHaveLength(32 * 1024);
    socket.send(padded(32 * 1024 + 1));
    expect(await closeCode(socket)).toBe(1009);
    expect(received).toEqual([]);
  });
});

test('a handshake without its key is refused before $connect is asked', async () => {
  const { hostname, port } = new URL(front.url);
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const sent = request({ hostname, port, path: '/v1?nokey=1', headers }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  expect(response.statusCode).toBe(400);
  expect(logged.filter((text) => text.includes('nokey'))).toEqual([]);
});

test('stopping does not wait for a handshake under way', async () => {
  const started = frontOf(
    synthesize((app) => buildWebSocketApi(app, { hasDefault: true }), 'weak'),
  );
  const other = await startWebSocketFront(started.options);
  others.push(started.functions);
  const socket = new WebSocket(`${other.url}/v1?hang=1`);
  const failed = once(socket, 'error');
  await vi.waitFor(() => expect(started.logged.join()).toContain('hang'), { timeout: 5_000 });
  await other.stop();
  expect(await failed).toHaveLength(1);
});

test('a stage keeps connections and messages to its throttling settings', async () => {
  const throttle = { rateLimit: 0.001, burstLimit: 1 };
  const started = frontOf(
    synthesize((app) => buildWebSocketApi(app, { hasDefault: true, throttle }), 'weak'),
  );
  const other = await startWebSocketFront(started.options);
  others.push(other, started.functions);
  const { ask } = await connect('/v1', { to: other });
  expect(await refusalOf('/v1', other)).toBe(429);
  expect(await ask({ action: 'ask' })).toHaveProperty('event');
  expect(await ask({ action: 'ask' })).toMatchObject({ message: 'Too Many Requests' });
});

describe('a connection', () => {
  test.each([
    ['idle', { idleMs: 100 }],
    ['old', { lifeMs: 100 }],
  ])('too %s is closed with 1001', async (_, limits) => {
    const started = frontOf(
      synthesize((app) => buildWebSocketApi(app, { hasDefault: true }), 'weak'),
    );
    const other = await startWebSocketFront({ ...started.options, limits });
    others.push(other, started.functions);
    const { socket } = await connect('/v1', { to: other });
    expect(await closeCode(socket)).toBe(1001);
  });
});

describe('the management API', () => {
  const clientOf = (path: string): ApiGatewayManagementApiClient =>
    new ApiGatewayManagementApiClient({
      region: 'us-east-1',
      endpoint: `${front.url.replace('ws:', 'http:')}${path}`,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });

  test.each([[''], ['/v1']])('posts to a client, in order, under %j', async (path) => {
    const client = clientOf(path);
    const { next, idOf } = await connect();
    const ConnectionId = await idOf();
    for (const n of [1, 2, 3]) {
      await client.send(new PostToConnectionCommand({ ConnectionId, Data: JSON.stringify({ n }) }));
    }
    expect([await next(), await next(), await next()]).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('tells when a client connected and was last active', async () => {
    const { idOf } = await connect();
    const found = await clientOf('').send(new GetConnectionCommand({ ConnectionId: await idOf() }));
    expect(found.ConnectedAt).toBeInstanceOf(Date);
    expect(Number(found.LastActiveAt)).toBeGreaterThanOrEqual(Number(found.ConnectedAt));
    expect(found.Identity?.SourceIp).toBe('127.0.0.1');
  });

  test('closes a client, which is gone from then on', async () => {
    const { socket, idOf } = await connect();
    const ConnectionId = await idOf();
    const client = clientOf('');
    const [code] = await Promise.all([
      closeCode(socket),
      client.send(new DeleteConnectionCommand({ ConnectionId })),
    ]);
    expect(code).toBe(1000);
    await expect(client.send(new GetConnectionCommand({ ConnectionId }))).rejects.toMatchObject({
      name: 'GoneException',
    });
  });

  test('answers 410 GoneException for a client it does not know', async () => {
    const command = new PostToConnectionCommand({ ConnectionId: 'nobody=', Data: 'x' });
    await expect(clientOf('').send(command)).rejects.toMatchObject({
      name: 'GoneException',
      $metadata: { httpStatusCode: 410 },
    });
  });

  test('refuses more than 128 KB and the client gets nothing of it', async () => {
    const { received, idOf } = await connect();
    const ConnectionId = await idOf();
    const Data = Buffer.alloc(128 * 1024 + 1, 'x');
    const post = clientOf('').send(new PostToConnectionCommand({ ConnectionId, Data }));
    await expect(post).rejects.toMatchObject({
      name: 'PayloadTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
    expect(received).toEqual([]);
  });

  test('serves nothing else', async () => {
    const base = front.url.replace('ws:', 'http:');
    for (const path of ['/', '/v2/@connections/x', '/@connections/', '/@connections/%zz']) {
      expect((await fetch(`${base}${path}`)).status).toBe(403);
    }
  });
});

test('a selection expression that cannot be evaluated is refused by name', async () => {
  const Properties = { ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.header.x' };
  const assembly = readTemplates({
    App: { Resources: { Feed: { Type: 'AWS::ApiGatewayV2::Api', Properties } } },
  });
  await expect(startWebSocketFront(frontOf(assembly).options)).rejects.toThrow(
    /Stack App, Feed: route selection \$request.header.x is not supported locally/,
  );
});
