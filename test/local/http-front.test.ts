/** What the HTTP front promises, over an API that CDK synthesized. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiRoute } from '../../local/api-routes.ts';
import type { Front } from '../../local/front.ts';
import type { Functions } from '../../local/functions.ts';
import { startHttpFront } from '../../local/http-front.ts';
import { createRouter } from '../../local/http-router.ts';
import { createThrottle } from '../../local/http-throttle.ts';
import { buildHttpApi, frontOf } from './fixtures/api-app.ts';
import { readTemplates, removeFolders, synthesize } from './fixtures/assembly-folder.ts';

let front: Front;
let functions: Functions;

beforeAll(async () => {
  const started = frontOf(synthesize((app) => buildHttpApi(app), 'weak'));
  functions = started.functions;
  front = await startHttpFront(started.options);
});

afterAll(async () => {
  await front.stop();
  await functions.stop();
  removeFolders();
});

// biome-ignore lint/suspicious/noExplicitAny: an event is looked into freely.
type Event = any;

async function eventOf(path: string, init?: RequestInit): Promise<Event> {
  const response = await fetch(`${front.url}${path}`, init);
  expect(response.status).toBe(200);
  return response.json();
}

function answering(answer: unknown): Promise<Response> {
  return fetch(`${front.url}/v1/markets?answer=${encodeURIComponent(JSON.stringify(answer))}`);
}

/** Sends a request whose headers are exactly as given. */
function send(
  path: string,
  options: { method?: string; headers?: string[]; body?: Buffer },
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    text: string;
    headers: Record<string, unknown>;
  }>();
  const { hostname, port } = new URL(front.url);
  const headers = ['Host', `${hostname}:${port}`, ...(options.headers ?? [])];
  const sent = request(
    { hostname, port, path, method: options.method ?? 'GET', headers },
    (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
      });
    },
  );
  sent.on('error', reject);
  sent.end(options.body);
  return promise;
}

describe('an event', () => {
  test('has the shape of payload format 2.0', async () => {
    const event = await eventOf('/v1/markets/ETH-USDC/trades?limit=5', {
      headers: { 'User-Agent': 'tester', 'X-Own': 'a' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/markets/{id}/trades',
      rawPath: '/v1/markets/ETH-USDC/trades',
      rawQueryString: 'limit=5',
      headers: { 'x-own': 'a', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
      queryStringParameters: { limit: '5' },
      pathParameters: { id: 'ETH-USDC' },
      requestContext: {
        accountId: '000000000000',
        apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
        http: {
          method: 'GET',
          path: '/v1/markets/ETH-USDC/trades',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'tester',
        },
        requestId: expect.any(String),
        routeKey: 'GET /v1/markets/{id}/trades',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('cookies');
  });

  test('joins repeated headers and query keys by comma and lists cookies apart', async () => {
    const { text } = await send('/v1/markets?a=1&a=2&b=x%20y', {
      headers: ['X-Twice', '1', 'x-twice', '2', 'Cookie', 'a=1; b=2', 'Cookie', 'c=3'],
    });
    const event: Event = JSON.parse(text);
    expect(event.queryStringParameters).toEqual({ a: '1,2', b: 'x y' });
    expect(event.rawQueryString).toBe('a=1&a=2&b=x%20y');
    expect(event.headers['x-twice']).toBe('1,2');
    expect(event.cookies).toEqual(['a=1', 'b=2', 'c=3']);
    expect(event.headers).not.toHaveProperty('cookie');
  });

  test('decodes path parameters', async () => {
    const event = await eventOf('/v1/markets/a%2Fb%20c');
    expect(event.pathParameters).toEqual({ id: 'a/b c' });
  });

  const post = (type: string, body: Buffer): Promise<Event> =>
    send('/v1/orders', {
      method: 'POST',
      headers: ['Authorization', 'x', 'Content-Type', type, 'Content-Length', String(body.length)],
      body,
    }).then(({ text }) => JSON.parse(text));

  test('carries a JSON body as text', async () => {
    const event = await post('application/json; charset=utf-8', Buffer.from('{"n":"é"}'));
    expect(event).toMatchObject({ body: '{"n":"é"}', isBase64Encoded: false });
  });

  test.each([
    ['application/octet-stream', Buffer.from([0, 255, 128])],
    ['application/json', Buffer.from([0x22, 0xff, 0x22])],
    ['application/x-www-form-urlencoded', Buffer.from('a=1')],
  ])('carries a body that is not text (%s) in base64', async (type, body) => {
    const event = await post(type, body);
    expect(event).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
  });
});

describe('an answer', () => {
  test('with a status code carries its status, headers, cookies and body', async () => {
    const response = await answering({
      statusCode: 201,
      headers: { 'Content-Type': 'text/csv', 'X-Own': 7 },
      cookies: ['a=1; Secure', 'b=2'],
      body: 'x,y',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('text/csv');
    expect(response.headers.get('x-own')).toBe('7');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
    expect(await response.text()).toBe('x,y');
  });

  test('in base64 arrives as bytes', async () => {
    const body = Buffer.from([0, 255, 1]).toString('base64');
    const response = await answering({ statusCode: 200, isBase64Encoded: true, body });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1]);
  });

  test('without a status code is JSON with status 200', async () => {
    const response = await answering({ markets: [] });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ markets: [] });
  });

  test.each([
    [{ statusCode: 'abc' }],
    [{ statusCode: 200, body: { not: 'text' } }],
    [{ statusCode: 200, headers: { 'x-bad': 'a\r\nb' } }],
  ])('that HTTP cannot carry is 500: %j', async (answer) => {
    const response = await answering(answer);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  });
});

describe('the gateway itself answers', () => {
  test.each([
    ['/nowhere', 404, 'Not Found'],
    ['/broken', 500, 'Internal Server Error'],
    ['/slow', 503, 'Service Unavailable'],
    ['/v1/markets/%zz', 400, 'Bad Request'],
  ])('%s with %i', async (path, status, message) => {
    const { status: got, text } = await send(path, {});
    expect(got).toBe(status);
    expect(JSON.parse(text)).toEqual({ message });
  });

  test('404 for a method without a route', async () => {
    expect((await fetch(`${front.url}/v1/markets`, { method: 'DELETE' })).status).toBe(404);
  });

  test('429 when the bucket of a route is empty', async () => {
    const statuses = [];
    for (let at = 0; at < 3; at += 1) {
      statuses.push((await fetch(`${front.url}/throttled`)).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('403 to an AWS_IAM route without an Authorization header', async () => {
    const response = await fetch(`${front.url}/v1/orders`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ message: 'Forbidden' });
  });

  const over = Buffer.alloc(10 * 1024 * 1024 + 1, 32);
  test.each([
    ['a stated', ['Content-Length', String(over.length)]],
    ['an unstated', ['Transfer-Encoding', 'chunked']],
  ])('413 to %s length over 10 MB', async (_, length) => {
    const headers = ['Authorization', 'x', ...length];
    const { status, text } = await send('/v1/orders', { method: 'POST', headers, body: over });
    expect(status).toBe(413);
    expect(JSON.parse(text)).toEqual({ message: 'Request Entity Too Large' });
  });
});

describe('CORS', () => {
  const ask = (origin: string): Promise<Response> =>
    fetch(`${front.url}/anywhere`, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });

  test('a preflight of an allowed origin is answered without a function', async () => {
    const response = await ask('https://app.example');
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '3600',
    });
  });

  test('a preflight of another origin is allowed nothing', async () => {
    const response = await ask('https://evil.example');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('access-control-allow-methods')).toBeNull();
  });

  test("answers carry the configuration's headers and not the function's", async () => {
    const answer = { statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'https://evil' } };
    const query = encodeURIComponent(JSON.stringify(answer));
    const response = await fetch(`${front.url}/v1/markets?answer=${query}`, {
      headers: { Origin: 'https://app.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-expose-headers')).toBe('x-request-id');
  });
});

describe('the router', () => {
  const keys = [
    '$default',
    'ANY /{proxy+}',
    'GET /v1/{proxy+}',
    'GET /v1/markets/{id}',
    'ANY /v1/markets/top',
    'GET /v1/markets/top',
    'GET /v1/markets',
  ];
  const router = createRouter(keys.map((routeKey) => ({ routeKey, id: routeKey }) as ApiRoute));

  test.each([
    ['GET', '/v1/markets', 'GET /v1/markets'],
    ['GET', '/v1/markets/top', 'GET /v1/markets/top'],
    ['PUT', '/v1/markets/top', 'ANY /v1/markets/top'],
    ['GET', '/v1/markets/ETH', 'GET /v1/markets/{id}'],
    ['GET', '/v1/markets/ETH/trades', 'GET /v1/{proxy+}'],
    ['PUT', '/v1/markets/ETH', 'ANY /{proxy+}'],
    ['GET', '/', 'ANY /{proxy+}'],
  ])('%s %s goes to %s, the most specific', (method, path, expected) => {
    expect(router.match(method, path)?.route.routeKey).toBe(expected);
  });

  test('falls back to $default where no path matches', () => {
    const small = createRouter(
      ['$default', 'GET /a'].map((routeKey) => ({ routeKey, id: routeKey }) as ApiRoute),
    );
    expect(small.match('GET', '/b')?.route.routeKey).toBe('$default');
  });
});

test('a bucket refills at its rate up to its burst', () => {
  const limits = { ThrottlingRateLimit: 2, ThrottlingBurstLimit: 3 };
  const mayPass = createThrottle({ default: limits, routes: {} });
  const passed = (nowMs: number): number => {
    let count = 0;
    while (mayPass('r', nowMs)) count += 1;
    return count;
  };
  expect([passed(0), passed(500), passed(60_000)]).toEqual([3, 1, 3]);
});

describe('starting', () => {
  test('on a taken port is refused in a sentence that says what to do', async () => {
    const { options } = frontOf(synthesize((app) => buildHttpApi(app), 'weak'));
    await expect(startHttpFront({ ...options, port: front.port })).rejects.toThrow(
      `Port ${front.port} is in use: stop the other program or choose another with --port.`,
    );
  });

  test('serves a named stage under its name', async () => {
    const named = frontOf(synthesize((app) => buildHttpApi(app, 'v2'), 'weak'));
    const staged = await startHttpFront(named.options);
    const inside = await fetch(`${staged.url}/v2/v1/markets`);
    const outside = await fetch(`${staged.url}/v1/markets`);
    await staged.stop();
    await named.functions.stop();
    expect(await inside.json()).toMatchObject({
      routeKey: 'GET /v1/markets',
      rawPath: '/v2/v1/markets',
    });
    expect(outside.status).toBe(404);
  });

  test('refuses an authorizer that it cannot run, by name', async () => {
    const assembly = readTemplates({
      App: {
        Resources: {
          Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
          Call: {
            Type: 'AWS::ApiGatewayV2::Integration',
            Properties: {
              IntegrationType: 'AWS_PROXY',
              IntegrationUri: 'f',
              PayloadFormatVersion: '2.0',
            },
          },
          Route: {
            Type: 'AWS::ApiGatewayV2::Route',
            Properties: {
              ApiId: { Ref: 'Api' },
              RouteKey: 'GET /a',
              AuthorizationType: 'JWT',
              Target: { 'Fn::Sub': `integrations/\${Call}` },
            },
          },
        },
      },
    });
    await expect(startHttpFront(frontOf(assembly).options)).rejects.toThrow(
      'Stack App, Route: authorization type JWT is not supported locally: check tokens in the function.',
    );
  });
});
