import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerBytes, type HttpAnswer, readAnswer } from '#cloud/http-answer.ts';

type Sent = { status: number; body: string; pieces: number[] | undefined };

const sent: fc.Arbitrary<Sent> = fc.record({
  status: fc.constantFrom(200, 400, 413, 500, 503),
  body: fc.string({ unit: 'binary', maxLength: 200 }),
  /** Where the body is cut; undefined where it has a length. */
  pieces: fc.option(fc.array(fc.nat(), { maxLength: 5 }), { nil: undefined }),
});

function bytesOf({ status, body, pieces }: Sent): Buffer {
  const head = `HTTP/1.1 ${status} Some Words\r\nx-amzn-RequestId: 1\r\n`;
  const bytes = Buffer.from(body);
  if (!pieces)
    return Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
  const cuts = [...new Set(pieces.map((at) => at % (bytes.length || 1)))].sort((a, b) => a - b);
  const chunks = [...cuts, bytes.length]
    .map((to, nth) => bytes.subarray(cuts[nth - 1] ?? 0, to))
    .filter(({ length }) => length > 0)
    .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)};a=b\r\n`), chunk, '\r\n']);
  const all = [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...chunks, '0\r\n\r\n'];
  return Buffer.concat(all.map((part) => Buffer.from(part)));
}

const read = (text: string) => readAnswer(Buffer.from(text, 'latin1'));
const readable = (answer: Partial<HttpAnswer>) => expect.objectContaining(answer);

describe('an answer', () => {
  test('is what was sent, and none before its last byte is there', () => {
    fc.assert(
      fc.property(sent, fc.nat(), (answer, at) => {
        const bytes = bytesOf(answer);
        expect(readAnswer(bytes.subarray(0, at % bytes.length))).toBe(undefined);
        const { status, body } = answer;
        expect(readAnswer(bytes)).toEqual(readable({ status, body, isLast: false }));
      }),
    );
  });

  test('is the last of its connection where something comes behind it that nobody asked for', () => {
    fc.assert(
      fc.property(sent, sent, (answer, other) => {
        const { status, body } = answer;
        const both = Buffer.concat([bytesOf(answer), bytesOf(other)]);
        expect(readAnswer(both)).toEqual(readable({ status, body, isLast: true }));
      }),
    );
  });

  test.each([
    'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  ])('says that it is the last of its connection (%#)', (text) => {
    expect(read(text)).toEqual(readable({ status: 200, body: '', isLast: true }));
  });

  test('names its headers in lower case, with nothing around their values', () => {
    const answer = read(
      'HTTP/1.1 400\r\nX-Amzn-ErrorType:  A:http://b/ \r\nContent-Length:0\r\n\r\n',
    );
    expect(answer).toEqual(
      readable({
        headers: new Map([
          ['x-amzn-errortype', 'A:http://b/'],
          ['content-length', '0'],
        ]),
      }),
    );
  });

  test('comes behind any word that it is still to come', () => {
    const before = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n';
    expect(read(before)).toBe(undefined);
    const answer = read(`${before}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    expect(answer).toEqual(readable({ status: 200, body: 'ok', isLast: false }));
  });

  test('may have headers behind its pieces', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = read(`${head}2\r\nok\r\n0\r\nDigest: 1\r\n\r\n`);
    expect(answer).toEqual(readable({ body: 'ok', isLast: false }));
  });

  test('of nothing has no length', () => {
    expect(read('HTTP/1.1 204 No Content\r\n\r\n')).toEqual(readable({ status: 204, body: '' }));
  });
});

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';

test.each<[string, string]>([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ['another HTTP', 'HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status that is none', 'HTTP/1.1 0200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['leaving HTTP', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n'],
  ['a header that goes on in the next line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
  ['no length', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n'],
  ['a length and pieces', `${chunked}Content-Length: 0\r\n\r\n0\r\n\r\n`],
  ['pieces and more', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['a piece without a length', `${chunked}\r\n\r\nok\r\n`],
  ['a piece with a length below zero', `${chunked}\r\n-1\r\n\r\n`],
  ['a piece longer than its length', `${chunked}\r\n1\r\nok\r\n0\r\n\r\n`],
])('an answer of %s is a fault', (_, text) => {
  expect(read(text)).toEqual({ fault: expect.any(String) });
});

test('an answer is not waited for beyond its bound', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n';
  expect(read(head)).toBe(undefined);
  expect(read(head + 'a'.repeat(answerBytes))).toEqual({ fault: expect.any(String) });
});
