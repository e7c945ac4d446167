import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandJson } from '#wire/matcher-api.ts';
import { readOrderAnswers } from '#wire/order-answers.ts';
import { encodeOrderRequest } from '#wire/order-request.ts';
import { type Inlet, openInlet } from '../../containers/matcher/inlet.ts';
import type { Leader } from '../../containers/matcher/leader.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';

let world: MatcherWorld;
let running: Running;
let inlet: Inlet;
let leader: Leader | undefined;
let isAlive = true;
const failures: unknown[] = [];

beforeEach(async () => {
  world = new MatcherWorld();
  world.ledger.fund(address('alice'), 'USDC', 1_000n);
  running = await world.start();
  leader = running.leader;
  failures.length = 0;
  inlet = await openInlet({
    ...{ groupId, port: 0, leader: () => leader, isAlive: () => isAlive },
    failed: (error) => failures.push(error),
  });
});
afterEach(() => inlet.close());

/** `body`: absent where it is no JSON. */
type Answer = { status: number; retryAfter: string | undefined; body?: unknown; bytes: Buffer };

/** The matcher's time moves on while the answer is awaited. */
async function call(
  method: string,
  path: string,
  body: string | Uint8Array = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  let answer: Answer | undefined;
  let failure: unknown;
  const outgoing = request(
    { host: '127.0.0.1', port: inlet.port, method, path, headers, agent: false },
    (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const isJson = incoming.headers['content-type'] === 'application/json';
        answer = {
          ...{ status: incoming.statusCode ?? 0, bytes },
          retryAfter: incoming.headers['retry-after'],
          ...(isJson ? { body: JSON.parse(bytes.toString()) } : {}),
        };
      });
    },
  );
  outgoing.on('error', (error) => {
    failure = error;
  });
  outgoing.end(body);
  while (!answer && !failure) {
    await world.time.pass(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (!answer) throw failure;
  return answer;
}

const commands = (...requests: Parameters<typeof commandJson>[0][]) =>
  JSON.stringify({ commands: requests.map(commandJson) });

test('orders, commands, depth, accounts and health are answered over HTTP', async () => {
  const order = world.order('alice');
  const placed = await call('POST', '/orders', encodeOrderRequest([order]));
  expect(placed.status).toBe(200);
  expect(readOrderAnswers(placed.bytes, [order])).toMatchObject({
    epoch: 1,
    results: [{ status: 'accepted', order: { digest: order.digest, status: 'open' } }],
  });
  const cancel = world.cancel('alice', world.order('alice').digest);
  expect(await call('POST', '/commands', commands(cancel))).toMatchObject({
    status: 200,
    body: { epoch: 1, results: [{ status: 'refused', code: 'unknown_order' }] },
  });
  expect(await call('GET', '/depth?market=ETH-USDC&levels=5')).toMatchObject({
    status: 200,
    body: { bids: [[100, 2]], asks: [] },
  });
  expect(await call('GET', `/accounts/${address('alice')}`)).toMatchObject({
    status: 200,
    body: { credit: [{ asset: 'USDC', heldUnits: 200 }], orders: [{ digest: order.digest }] },
  });
  expect(await call('GET', `/orders/${order.digest}`)).toMatchObject({
    status: 200,
    body: { order: { digest: order.digest, status: 'open' } },
  });
  expect(await call('GET', `/orders/0x${'0'.repeat(64)}`)).toMatchObject({ status: 200, body: {} });
  expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { leading: true } });
  const demand = JSON.stringify({ account: address('alice'), asset: 'USDC' });
  expect(await call('POST', '/credit/demand', demand)).toMatchObject({
    status: 200,
    body: { returnedUnits: 0 },
  });
  expect(failures).toEqual([]);
});

test('who does not lead says so, to everything', async () => {
  leader = undefined;
  for (const [method, path] of [
    ['GET', '/health'],
    ['GET', '/depth?market=ETH-USDC'],
    ['POST', '/commands'],
    ['POST', '/orders'],
  ] as const) {
    const body = { code: 'not_leader' };
    expect(await call(method, path)).toMatchObject({ status: 503, retryAfter: '1', body });
  }
});

test('a request for another pair group is not for this matcher', async () => {
  const headers = { 'x-crossbook-group': 'another' };
  expect(await call('GET', '/health', '', headers)).toMatchObject({
    status: 503,
    body: { code: 'not_leader' },
  });
});

test.each([
  ['no JSON', '{', 400, 'malformed_json'],
  ['no commands', '{"commands":[]}', 400, 'invalid_request'],
  ['an unknown field', '{"commands":[],"more":1}', 400, 'invalid_request'],
  ['a body of 1 MB', 'x'.repeat(1024 * 1024), 413, 'body_too_large'],
])('%s is refused, and nothing changes', async (_, body, status, code) => {
  const before = running.leader.engine.stateHash();
  expect(await call('POST', '/commands', body)).toMatchObject({ status, body: { code } });
  expect(running.leader.engine.stateHash()).toBe(before);
  expect(running.doubts).toEqual([]);
});

test('what a frame could not hold is refused at the door', async () => {
  const order = world.order('alice');
  const refused = { status: 400, body: { code: 'invalid_request' } };
  const strange = { ...order, order: { ...order.order, terms: 'ETH-USDC market gtc' } };
  const short = encodeOrderRequest([order]).subarray(0, -1);
  const cancel = world.cancel('alice', order.digest);
  for (const body of [encodeOrderRequest([strange]), short, commands(cancel)])
    expect(await call('POST', '/orders', body)).toMatchObject(refused);
  const nobody = { ...cancel, account: 'alice' };
  for (const body of [commands(nobody), commands(...Array(21).fill(cancel)), short])
    expect(await call('POST', '/commands', body)).toMatchObject({ status: 400 });
  expect(running.doubts).toEqual([]);
});

test('what is not there is not found', async () => {
  expect(await call('GET', '/depth?market=DOGE-USDC')).toMatchObject({
    status: 404,
    body: { code: 'unknown_market' },
  });
  expect(await call('GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await call('GET', '/depth?market=ETH-USDC&levels=0')).toMatchObject({ status: 400 });
});

test('a matcher that replays is alive although it does not lead, until it says that it is not', async () => {
  leader = undefined;
  isAlive = true;
  expect(await call('GET', '/alive')).toMatchObject({ status: 200 });
  expect(await call('GET', '/health')).toMatchObject({ status: 503 });
  isAlive = false;
  expect(await call('GET', '/alive')).toMatchObject({ status: 503 });
});

/** All that a connection answers to these bytes, until it ends. */
function exchanged(bytes: string, end: 'closes its side' | 'keeps it open'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: inlet.port, allowHalfOpen: true });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (more) => {
      text += more;
    });
    socket.on('end', () => {
      socket.end();
      resolve(text);
    });
    socket.on('error', reject);
    socket.write(bytes);
    if (end === 'closes its side') socket.end();
  });
}

const alive = (more = '') => `GET /alive HTTP/1.1\r\nhost: matcher\r\n${more}\r\n`;
const statuses = (text: string) => text.match(/HTTP\/1\.1 \d+/g);

test('requests that come at once are answered in their order, until one is the last', async () => {
  isAlive = true;
  const bytes = `${alive()}GET /nothing HTTP/1.1\r\n\r\n${alive('connection: close\r\n')}${alive()}`;
  const text = await exchanged(bytes, 'keeps it open');
  expect(statuses(text)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  expect(text.match(/connection: close/g)).toHaveLength(1);
});

test('thousands of requests that come at once and are refused at once are all answered', async () => {
  isAlive = true;
  const empty = 'POST /orders HTTP/1.1\r\n\r\n'.repeat(5_000);
  const text = await exchanged(`${empty}${alive('connection: close\r\n')}`, 'keeps it open');
  const all = statuses(text);
  expect(all).toHaveLength(5_001);
  expect(all?.filter((each) => each === 'HTTP/1.1 400')).toHaveLength(5_000);
  expect(failures).toEqual([]);
});

test('who closes its side after a request is still answered', async () => {
  isAlive = true;
  expect(statuses(await exchanged(alive(), 'closes its side'))).toEqual(['HTTP/1.1 200']);
});

test('who asks whether to send a body is told to', async () => {
  const head = 'POST /commands HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n';
  const bytes = `${head}connection: close\r\n\r\n`;
  const socket = connect({ host: '127.0.0.1', port: inlet.port });
  socket.setEncoding('utf8').write(bytes);
  let text = '';
  for await (const more of socket) {
    if (text === '') socket.write('{');
    text += more;
  }
  expect(statuses(text)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 400']);
});

test('what is no HTTP is refused, and its connection ends', async () => {
  const text = await exchanged('\x16\x03\x01\r\n\r\n', 'keeps it open');
  expect(statuses(text)).toEqual(['HTTP/1.1 400']);
  expect(failures).toEqual([]);
});

test.each([
  ['asks nothing', ''],
  ['never comes to the end of a request', 'GET /alive HTTP/1.1\r\nx-more: '],
])('a connection that %s is ended', async (_, begun) => {
  const door = await openInlet({
    ...{ groupId, port: 0, leader: () => undefined, isAlive: () => true, idleMs: 20 },
    failed: (error) => failures.push(error),
  });
  const socket = connect({ host: '127.0.0.1', port: door.port });
  const ended = new Promise((resolve) => socket.on('close', resolve));
  const trickle = setInterval(() => begun && socket.write('x'), 2);
  socket.on('error', () => {}).write(begun);
  await ended;
  clearInterval(trickle);
  door.close();
  expect(failures).toEqual([]);
});

test('a door that closes ends idle connections', async () => {
  const ended = new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: inlet.port });
    socket.on('data', () => inlet.close());
    socket.on('close', () => resolve());
    socket.on('error', reject);
    socket.write(alive());
  });
  await expect(ended).resolves.toBeUndefined();
});
