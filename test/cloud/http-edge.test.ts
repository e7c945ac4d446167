import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type ApiRequest,
  bodyLimitBytes,
  checked,
  httpHandler,
  ok,
  type Route,
  refuse,
} from '#cloud/http-edge.ts';
import { MatcherUnavailable } from '#cloud/matcher-client.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import { call, silentLogger } from '../functions/http-call.ts';

const route = 'POST /v1/faucet';
const handlerOf = (answer: Route) =>
  httpHandler('faucet', { [route]: answer }, { logger: silentLogger });
const echo = handlerOf(async ({ body }) => ok({ body: body ?? null }));

describe('the edge of a function', () => {
  test('hands the parsed request to the route and adds what every answer carries', async () => {
    let seen: ApiRequest | undefined;
    const handler = handlerOf(async (request) => {
      seen = request;
      return { status: 201, body: { made: true } };
    });
    const answer = await call(handler, route, {
      body: { a: [1] },
      path: { market: 'ETH-USDC' },
      query: { limit: '2' },
      headers: { authorization: 'Bearer x' },
    });
    expect(seen).toEqual({
      requestId: 'request-1',
      body: { a: [1] },
      path: { market: 'ETH-USDC' },
      query: { limit: '2' },
      headers: { authorization: 'Bearer x' },
    });
    expect(answer).toEqual({
      status: 201,
      body: { made: true },
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-request-id': 'request-1',
      },
    });
  });

  test('a route may let its answer be cached', async () => {
    const handler = handlerOf(async () => ok({}, { 'cache-control': 'public, max-age=1' }));
    const { headers } = await call(handler, route);
    expect(headers['cache-control']).toBe('public, max-age=1');
  });

  test('a route that does not exist is not found', async () => {
    const answer = await call(echo, 'POST /v1/other');
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('a body of the greatest size is read, one byte more is not, however it is encoded', async () => {
    const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    const base64 = (plain: string) => Buffer.from(plain).toString('base64');
    const tooLarge = { status: 413, body: { code: 'body_too_large' } };
    const most = text(bodyLimitBytes);
    const more = text(bodyLimitBytes + 1);
    expect((await call(echo, route, { text: most })).status).toBe(200);
    expect((await call(echo, route, { text: base64(most), base64: true })).status).toBe(200);
    expect(await call(echo, route, { text: more })).toMatchObject(tooLarge);
    expect(await call(echo, route, { text: base64(more), base64: true })).toMatchObject(tooLarge);
    // Two bytes a character: fewer characters than the limit, more bytes.
    const wide = `"${'é'.repeat(bodyLimitBytes / 2)}"`;
    expect(await call(echo, route, { text: wide })).toMatchObject(tooLarge);
  });
});

describe('trouble', () => {
  test('a refusal answers with its code, status, sentence, request id and details', async () => {
    const handler = handlerOf(async () => refuse('price_off_tick', { tick: '0.01' }));
    const { status, body } = await call(handler, route);
    expect(status).toBe(422);
    expect(body).toEqual({
      code: 'price_off_tick',
      message: refusalTable.price_off_tick.message,
      requestId: 'request-1',
      details: { tick: '0.01' },
    });
  });

  test('an unexpected failure tells the caller nothing but the request id', async () => {
    const handler = handlerOf(async () => {
      throw new Error('password hunter2 at 10.0.0.7');
    });
    const { status, body } = await call(handler, route);
    expect(status).toBe(500);
    expect(body).toEqual({
      code: 'internal_error',
      message: refusalTable.internal_error.message,
      requestId: 'request-1',
    });
  });

  test('an answer that is no JSON is a failure of ours, not a crash', async () => {
    const handler = handlerOf(async () => ok({ amount: 1n }));
    expect(await call(handler, route)).toMatchObject({
      status: 500,
      body: { code: 'internal_error' },
    });
  });

  test.each([
    ['unavailable', 503],
    ['busy', 503],
    ['outcome_unknown', 504],
  ] as const)('a matcher that is %s answers %i and when to come back', async (code, status) => {
    const handler = handlerOf(async () => {
      throw new MatcherUnavailable(code, 'majors: 10.0.0.7 refused', 1_200);
    });
    const answer = await call(handler, route);
    expect(answer).toMatchObject({ status, body: { code }, headers: { 'retry-after': '2' } });
    expect(JSON.stringify(answer.body)).not.toContain('10.0.0.7');
  });
});

describe('a body against its schema', () => {
  const schema = z.strictObject({ a: z.number(), b: z.strictObject({ c: z.string() }) });

  test('answers where it is wrong', () => {
    expect(checked(schema, { a: 'x', b: { c: 1 } })).toMatchObject({
      refused: 'invalid_request',
      details: [{ path: 'a' }, { path: 'b.c' }],
    });
  });

  test('a misspelt field is named, although another one is then missing', () => {
    expect(checked(schema, { a: 1, b: { d: '' } })).toMatchObject({
      refused: 'unknown_field',
      details: expect.arrayContaining([{ path: 'b.d', message: 'there is no such field' }]),
    });
  });

  test('a thousand faults are answered with the first twenty', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]));
    const answer = checked(z.strictObject({}), many);
    expect(answer).toMatchObject({ refused: 'unknown_field' });
    expect('details' in answer && (answer.details as unknown[]).length).toBe(20);
  });
});
