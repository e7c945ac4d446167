/** The connection of puts beside a peer that closes, stops or says too much at any moment: an answer is always that of its own request. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createSafeServer,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { PostConnection } from '#cloud/post-connection.ts';
import { AssertionFailed } from '#domain/assertion.ts';
import { certificate, key } from './localhost-certificate.ts';

/** What the peer does once it has read all of a request, which is one line: no more is needed to tell them apart. */
type Doing = (socket: Socket, request: string) => void;

const answering = (body: string, header = ''): string =>
  `HTTP/1.1 200 OK\r\n${header}Content-Length: ${body.length}\r\n\r\n${body}`;
const answers: Doing = (socket, request) => socket.write(answering(request));
const patientMs = 5_000;
/** Short enough to wait for, long enough for an answer on a busy machine. */
const shortMs = 500;

const servers: Server[] = [];
let sockets: Socket[] = [];
let closings: Promise<void>[] = [];
let does: Doing[] = [];

function serve(socket: Socket): void {
  let read = '';
  sockets.push(socket);
  closings.push(new Promise((resolve) => socket.on('close', () => resolve())));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    read += chunk.toString();
    for (let end = read.indexOf('\n'); end >= 0; end = read.indexOf('\n')) {
      const request = read.slice(0, end);
      read = read.slice(end + 1);
      (does.shift() ?? answers)(socket, request);
    }
  });
}

async function peer(server = createServer(serve)): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function connection(limitMs = patientMs): Promise<PostConnection> {
  return new PostConnection(
    { protocol: 'http:', hostname: '127.0.0.1', port: await peer() },
    limitMs,
  );
}

const ask = async (from: PostConnection, word: string) =>
  (await from.post(Buffer.from(`${word}\n`))).body;

/** Until the newest connection is closed on both sides: the peer's own side ends when the other has. */
async function closed(): Promise<void> {
  await closings.at(-1);
  // But for a reset, which the other side reads in its next turn.
  for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
  sockets = [];
  closings = [];
  does = [];
});

test('requests follow one another on one connection', async () => {
  const to = await connection();
  for (const word of ['one', 'two', 'three']) expect(await ask(to, word)).toBe(word);
  expect(sockets).toHaveLength(1);
});

test('an answer may come in pieces', async () => {
  does = [
    (socket, request) => {
      const text = answering(request);
      for (const [nth, letter] of [...text].entries())
        setTimeout(() => socket.write(letter), nth / 4);
    },
  ];
  const to = await connection();
  expect(await ask(to, 'one')).toBe('one');
});

test.each<[string, Doing]>([
  ['says so', (socket, request) => socket.write(answering(request, 'Connection: close\r\n'))],
  [
    'says so and does',
    (socket, request) => socket.end(answering(request, 'Connection: close\r\n')),
  ],
  ['says nothing', (socket, request) => socket.end(answering(request))],
  [
    'resets it',
    (socket, request) => void socket.write(answering(request), () => socket.resetAndDestroy()),
  ],
])('a peer that closes after an answer, and %s, costs no request', async (_, closing) => {
  does = [closing];
  const to = await connection();
  expect(await ask(to, 'one')).toBe('one');
  await closed();
  expect(await ask(to, 'two')).toBe('two');
  expect(sockets).toHaveLength(2);
});

test.each<[string, Doing]>([
  ['without an answer', (socket) => socket.end()],
  ['by a reset', (socket) => socket.resetAndDestroy()],
  ['after half a head', (socket) => socket.end('HTTP/1.1 200 OK\r\nConte')],
  ['after half an answer', (socket, request) => socket.end(answering(request).slice(0, -1))],
  ['after what is no answer', (socket) => socket.end('+PONG\r\n\r\n')],
])('a request whose connection ends %s fails, and the next one does not', async (_, ending) => {
  does = [ending];
  const to = await connection();
  await expect(ask(to, 'one')).rejects.toThrow();
  expect(await ask(to, 'two')).toBe('two');
  expect(sockets).toHaveLength(2);
});

test.each<[string, string]>([
  ['nothing', ''],
  ['half an answer', answering('one').slice(0, -1)],
])(
  'a request of which %s came in time fails, and what comes late answers no other',
  async (_, said) => {
    let late = () => {};
    does = [
      (socket) => {
        socket.write(said);
        late = () => socket.write(answering('one').slice(said.length));
      },
      (socket, request) => {
        late();
        socket.write(answering(request));
      },
    ];
    const to = await connection(shortMs);
    await expect(ask(to, 'one')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await ask(to, 'two')).toBe('two');
  },
);

test.each<[string, Doing]>([
  ['with an answer', (socket, request) => socket.write(answering(request) + answering('other'))],
  [
    'after an answer',
    (socket, request) => {
      socket.write(answering(request));
      setTimeout(() => socket.write(answering('other')), 10);
    },
  ],
])('what a peer says unasked %s answers nothing', async (_, saying) => {
  does = [saying];
  const to = await connection();
  expect(await ask(to, 'one')).toBe('one');
  await closed();
  expect(await ask(to, 'two')).toBe('two');
  expect(sockets).toHaveLength(2);
});

test('what was answered before all of it was sent shares its connection with no other', async () => {
  does = [
    (socket, request) => {
      // Nothing more of it is read.
      socket.pause();
      socket.write(answering(request));
    },
  ];
  const to = await connection();
  const large = Buffer.alloc(32 * 1024 * 1024, 'a');
  large.write('one\n');
  expect((await to.post(large)).body).toBe('one');
  expect(await ask(to, 'two')).toBe('two');
  expect(sockets).toHaveLength(2);
});

test('a peer that is not there yet fails a request, and answers when it is', async () => {
  const port = await peer();
  await new Promise((closed) => servers.pop()?.close(closed));
  const to = new PostConnection({ protocol: 'http:', hostname: '127.0.0.1', port }, patientMs);
  await expect(ask(to, 'one')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const server = createServer(serve);
  servers.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(await ask(to, 'two')).toBe('two');
});

test('two requests at once are a bug', async () => {
  const to = await connection();
  const first = ask(to, 'one');
  expect(() => to.post(Buffer.from('two\n'))).toThrow(AssertionFailed);
  expect(await first).toBe('one');
});

test('an idle connection keeps no process running', async () => {
  const to = await connection();
  await ask(to, 'one');
  const holding = () =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = holding();
  does = [() => {}];
  const asked = ask(to, 'two');
  expect(holding()).toBe(before + 1);
  sockets[0]?.write(answering('two'));
  expect(await asked).toBe('two');
  expect(holding()).toBe(before);
});

test('a peer is spoken to safely and by its name, and a second time with less to agree on', async () => {
  const safe = { cert: certificate, key, ALPNProtocols: ['http/1.1'] };
  const port = await peer(createSafeServer(safe, serve));
  const to = new PostConnection({ protocol: 'https:', hostname: 'localhost', port }, patientMs);
  await expect(ask(to, 'one')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  setDefaultCACertificates([certificate]);
  const agreed: unknown[] = [];
  const ends: Doing = (socket, request) => {
    const { alpnProtocol, servername } = socket as TLSSocket;
    agreed.push([alpnProtocol, servername, (socket as TLSSocket).isSessionReused()]);
    socket.end(answering(request));
  };
  does = [ends, ends];
  expect(await ask(to, 'two')).toBe('two');
  await closed();
  expect(await ask(to, 'three')).toBe('three');
  expect(agreed).toEqual([
    ['http/1.1', 'localhost', false],
    ['http/1.1', 'localhost', true],
  ]);
});
