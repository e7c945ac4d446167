/** Serves the template's HTTP API: routes, payload 2.0, CORS, throttling and the limits AWS sets. */

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ApiRoute, routesOf, stageOf } from './api-routes.ts';
import { closeServer, type Front, type FrontOptions, listen } from './front.ts';
import {
  ENTITY_TOO_LARGE,
  gatewayAnswer,
  type HttpAnswer,
  httpAnswer,
  INTERNAL_SERVER_ERROR,
  SERVICE_UNAVAILABLE,
} from './http-answer.ts';
import { type CorsConfiguration, corsHeaders, isPreflight, preflightHeaders } from './http-cors.ts';
import { httpEvent } from './http-event.ts';
import { createRouter, type RouteMatch } from './http-router.ts';
import { createThrottle } from './http-throttle.ts';
import type { InvokeResult, LambdaHost } from './lambda-host.ts';

/** Longest integration and largest body of an HTTP API (Amazon API Gateway quotas). */
const INTEGRATION_LIMIT_MS = 30_000;
/** Node's own 5 s cut connections that a busy client still counts on; a load balancer of AWS waits this long. */
const KEEP_ALIVE_MS = 60_000;
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Starts the front. Throws TemplateError for routes that cannot be served, before it listens. */
export async function startHttpFront(options: FrontOptions): Promise<Front> {
  const { host } = options;
  const cors = (options.api.props as { CorsConfiguration?: CorsConfiguration }).CorsConfiguration;
  const serve = createService(options);

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const requestId = randomUUID();
    answer(request, requestId)
      .catch((error: unknown) => {
        options.log({ source: 'http-api', level: 'ERROR', text: String(error), requestId });
        return INTERNAL_SERVER_ERROR;
      })
      .then((result) => send(request, response, result, requestId))
      .catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, requestId: string): Promise<HttpAnswer> {
    const { method = 'GET', headers } = request;
    if (cors !== undefined && isPreflight(method, headers)) {
      return { status: 204, headers: preflightHeaders(cors, headers.origin), body: '' };
    }
    const result = await serve(request, requestId);
    if (cors === undefined) return result;
    // With a CORS configuration AWS drops what the function said about it.
    const own = Object.entries(result.headers).filter(
      ([key]) => !key.startsWith('access-control-'),
    );
    const added = corsHeaders(cors, headers.origin);
    return { ...result, headers: { ...Object.fromEntries(own), ...added } };
  }

  const port = await listen(server, options.port, host);
  return { url: `http://${host}:${port}`, port, stop: () => closeServer(server) };
}

/** Everything between the socket and the function, as one function from request to answer. */
function createService(
  options: FrontOptions,
): (request: IncomingMessage, requestId: string) => Promise<HttpAnswer> {
  const { assembly, api, functionOf } = options;
  const routes = routesOf(assembly, api, INTEGRATION_LIMIT_MS);
  const hosts = new Map(routes.map((route) => [route.id, functionOf(route.functionUri)]));
  const router = createRouter(routes);
  const stage = stageOf(assembly, api);
  const mayPass = createThrottle(stage.throttle);

  return async (request, requestId) => {
    const url = parseUrl(request.url);
    if (url === undefined) return gatewayAnswer(400, 'Bad Request');
    const match = findRoute(router.match, request.method ?? 'GET', stagePath(url, stage.name));
    if (match === 'malformed') return gatewayAnswer(400, 'Bad Request');
    if (match === undefined) return gatewayAnswer(404, 'Not Found');
    const { route } = match;
    if (!mayPass(route.routeKey, performance.now())) return gatewayAnswer(429, 'Too Many Requests');
    if (route.needsAuthorization && request.headers.authorization === undefined) {
      return gatewayAnswer(403, 'Forbidden');
    }
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return ENTITY_TOO_LARGE;

    const host = hosts.get(route.id) as LambdaHost;
    const event = httpEvent({
      request,
      url,
      body,
      match,
      stage,
      apiId: api.name,
      accountId: assembly.account,
      requestId,
      now: new Date(),
    });
    const result = await withinLimit(host.invoke(event), route);
    return result === 'timeout' ? SERVICE_UNAVAILABLE : httpAnswer(result);
  };
}

/** The function goes on after the limit; only its client stops waiting, as at AWS. */
async function withinLimit(
  invocation: Promise<InvokeResult>,
  route: ApiRoute,
): Promise<InvokeResult | 'timeout'> {
  const { promise, resolve } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(() => resolve('timeout'), route.timeoutMs);
  const result = await Promise.race([invocation, promise]);
  clearTimeout(timer);
  return result;
}

/** The whole body, or undefined as soon as it is larger than `maxBytes`. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not destroy the socket: the client is still owed its 413.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parseUrl(target = '/'): URL | undefined {
  // Two slashes at the start would be read as a host.
  return URL.canParse(`http://local${target}`) && target.startsWith('/')
    ? new URL(`http://local${target}`)
    : undefined;
}

/** A stage other than $default is the first segment of the path and no part of the route. */
function stagePath(url: URL, stage: string): string | undefined {
  if (stage === '$default') return url.pathname;
  const prefix = `/${stage}`;
  if (url.pathname === prefix) return '/';
  return url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : undefined;
}

function findRoute(
  match: (method: string, path: string) => RouteMatch | undefined,
  method: string,
  path: string | undefined,
): RouteMatch | undefined | 'malformed' {
  if (path === undefined) return undefined;
  try {
    return match(method, path);
  } catch (error) {
    if (error instanceof URIError) return 'malformed';
    throw error;
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
  requestId: string,
): void {
  if (response.destroyed) return;
  // An unread body (413, 429, 404) is drained, so that the client gets to read the answer.
  if (!request.complete) request.resume();
  const close = answer.status === 413 ? { connection: 'close' } : {};
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const length = hasBody ? { 'content-length': String(Buffer.byteLength(answer.body)) } : {};
  try {
    response.writeHead(answer.status, {
      ...answer.headers,
      ...length,
      ...close,
      'apigw-requestid': requestId,
    });
    response.end(answer.body);
  } catch {
    // The function returned a header that HTTP cannot carry.
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(INTERNAL_SERVER_ERROR.body);
  }
}
