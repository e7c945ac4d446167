/** Builds a function's event of an HTTP API (payload format 2.0) from a request. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { ApiStage } from './api-routes.ts';
import type { RouteMatch } from './http-router.ts';

export type HttpEventInput = {
  request: IncomingMessage;
  url: URL;
  body: Buffer;
  match: RouteMatch;
  stage: ApiStage;
  apiId: string;
  accountId: string;
  requestId: string;
  now: Date;
};

/** Types that a function gets as text; everything else arrives in base64, form posts too, as at AWS. */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript))$/;

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The event; shape and field rules: AWS, "Working with AWS Lambda proxy integrations for HTTP APIs". */
export function httpEvent(input: HttpEventInput): Record<string, unknown> {
  const { request, url, body, match, stage, now } = input;
  const headers = joinHeaders(request.rawHeaders);
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const forwarded = headers['x-forwarded-for'];
  const host = request.headers.host ?? '127.0.0.1';
  const { cookie, ...others } = headers;
  const isText = isTextBody(headers['content-type'], body);
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
    headers: {
      ...others,
      'x-forwarded-for': forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`,
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(request.socket.localPort),
    },
    ...(url.searchParams.size === 0 ? {} : { queryStringParameters: joinQuery(url) }),
    requestContext: {
      accountId: input.accountId,
      apiId: input.apiId,
      domainName: host,
      domainPrefix: input.apiId,
      http: {
        method: request.method,
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: input.requestId,
      routeKey: match.route.routeKey,
      stage: stage.name,
      time: requestTime(now),
      timeEpoch: now.getTime(),
    },
    ...(match.pathParameters === undefined ? {} : { pathParameters: match.pathParameters }),
    ...(stage.variables === undefined ? {} : { stageVariables: stage.variables }),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** API Gateway's time format: `21/Nov/2026:10:24:06 +0000`. */
export function requestTime(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(now.getUTCDate())}/${MONTHS[now.getUTCMonth()]}/${now.getUTCFullYear()}`;
  const time = [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds()].map(two).join(':');
  return `${day}:${time} +0000`;
}

/** Lower-case names; repeated headers joined by a comma (cookies by a semicolon). */
function joinHeaders(rawHeaders: string[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase();
    const value = String(rawHeaders[at + 1]);
    const before = joined[name];
    const separator = name === 'cookie' ? '; ' : ',';
    joined[name] = before === undefined ? value : `${before}${separator}${value}`;
  }
  return joined;
}

function joinQuery(url: URL): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name of url.searchParams.keys()) {
    joined[name] = url.searchParams.getAll(name).join(',');
  }
  return joined;
}

function isTextBody(contentType: string | undefined, body: Buffer): boolean {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && !TEXT_TYPES.test(type)) return false;
  return isUtf8(body);
}
