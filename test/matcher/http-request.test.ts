import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestBytes, requestHeadBytes } from '../../containers/matcher/bounds.ts';
import { RequestReader } from '../../containers/matcher/http-request.ts';

type Sent = { method: 'GET' | 'POST'; path: string; body: string };

const bytesOf = ({ method, path, body }: Sent): Buffer =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: matcher\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );

/** Everything that a reader finds in bytes that come in these pieces. */
function readAll(pieces: readonly Buffer[]): unknown[] {
  const reader = new RequestReader();
  const found: unknown[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let next = reader.next(); next; next = reader.next()) found.push(next);
  }
  return found;
}

const readText = (text: string) => readAll([Buffer.from(text, 'latin1')]);

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((each) => each % bytes.length))].sort((a, b) => a - b);
  return [...places, bytes.length].map((to, nth) => bytes.subarray(places[nth - 1] ?? 0, to));
}

const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path: fc.constantFrom('/commands', '/health', '/depth?market=ETH-USDC&levels=5'),
  body: fc.string({ unit: 'binary', maxLength: 200 }),
});

describe('requests on a connection', () => {
  test('are read as they were sent, however the network cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(sent, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (requests, at) => {
          const bytes = Buffer.concat(requests.map(bytesOf));
          expect(readAll(cut(bytes, at))).toEqual(
            requests.map(({ body, ...each }) => ({
              ...each,
              body: Buffer.from(body),
              wantedGroup: undefined,
              isLast: false,
            })),
          );
        },
      ),
    );
  });

  test('name the group that they mean, and say when they are the last', () => {
    const head = 'GET /health HTTP/1.1\r\nX-Crossbook-Group:  majors \r\nConnection: Close\r\n\r\n';
    expect(readText(head)).toEqual([
      {
        method: 'GET',
        path: '/health',
        body: Buffer.alloc(0),
        wantedGroup: 'majors',
        isLast: true,
      },
    ]);
  });

  test('whose body is too large are known by their head', () => {
    const head = `POST /commands HTTP/1.1\r\nContent-Length: ${requestBytes + 1}\r\n\r\n`;
    expect(readText(head)).toMatchObject([{ path: '/commands', body: undefined, isLast: true }]);
  });

  test('may wait to be told to go on', () => {
    const reader = new RequestReader();
    reader.push(
      Buffer.from('POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n'),
    );
    expect(reader.next()).toBeUndefined();
    expect([reader.takeAwaitsContinue(), reader.takeAwaitsContinue()]).toEqual([true, false]);
    reader.push(Buffer.from('{}'));
    expect(reader.next()).toMatchObject({ body: Buffer.from('{}') });
  });
});

describe('what can be understood in two ways is not understood', () => {
  test.each([
    ['no request', 'hello\r\n\r\n', 400],
    ['another version', 'GET / HTTP/1.0\r\n\r\n', 505],
    ['another method', 'HEAD / HTTP/1.1\r\n\r\n', 501],
    ['another host’s path', 'GET http://other/ HTTP/1.1\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', 400],
    ['a length that is none', 'POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n', 400],
    ['a length in a list', 'POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n', 400],
    ['chunks', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 501],
    ['a space before the colon', 'POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n', 400],
    ['a line that goes on', 'POST / HTTP/1.1\r\nA: b\r\n Content-Length: 1\r\n\r\n', 400],
    ['a line feed alone', 'POST / HTTP/1.1\r\nA: b\nContent-Length: 1\r\n\r\n', 400],
    ['a head without an end', `GET / HTTP/1.1\r\nA: ${'b'.repeat(requestHeadBytes)}`, 431],
    ['a head that is too long', `GET /${'a'.repeat(requestHeadBytes)} HTTP/1.1\r\n\r\n`, 431],
  ])('%s', (_, text, status) => {
    expect(readText(text)).toEqual([{ status }]);
  });

  test('whatever bytes come, a reader does not throw', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('GET / HTTP/1.1\r\n', 'Content-Length: 3\r\n', '\r\n', 'abc')
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 8 }), (pieces) => {
        for (const each of readAll(pieces)) expect(each).toBeTypeOf('object');
      }),
    );
  });
});
