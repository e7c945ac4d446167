/** The edge of every HTTP function: dispatch by route, body, errors, headers. Routes see a plain request and answer a plain answer. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type * as z from 'zod';
import type { Refusal } from '#domain/refusal.ts';
import { type ErrorBody, refusalTable } from '#wire/refusal-status.ts';
import type { HttpFunction, RouteOf } from '#wire/routes.ts';
import { MatcherUnavailable } from './matcher-client.ts';

export type ApiRequest = {
  requestId: string;
  path: Record<string, string | undefined>;
  query: Record<string, string | undefined>;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  /** The parsed JSON; undefined where the request had none. */
  body: unknown;
};

export type Answered = { status: number; body: unknown; headers?: Record<string, string> };
export type Refused = { refused: Refusal; details?: unknown; retryAfterMs?: number };
export type ApiAnswer = Answered | Refused;
export type Route = (request: ApiRequest) => Promise<ApiAnswer>;

/** The largest body: 20 orders are about 20 KB; API Gateway itself would take 10 MB. */
export const bodyLimitBytes = 64 * 1024;

export type HttpEdgeOptions = { logger: Logger };
export type HttpLambda = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Makes the Lambda handler of one HTTP function from its routes; the routes' keys are those that the deployment was given. */
export function httpHandler<F extends HttpFunction>(
  name: F,
  routes: { [R in RouteOf<F>]: Route },
  { logger }: HttpEdgeOptions,
): HttpLambda {
  const byKey = new Map<string, Route>(Object.entries<Route>(routes));
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (event: APIGatewayProxyEventV2) => {
      const requestId = event.requestContext.requestId;
      logger.appendKeys({ requestId, route: event.routeKey, function: name });
      try {
        return resultOf(await answerTo(event, byKey.get(event.routeKey)), requestId);
      } catch (error) {
        return errorResult(fault(error, logger), requestId);
      }
    }) as HttpLambda;
}

export const ok = (body: unknown, headers: Record<string, string> = {}): Answered => ({
  status: 200,
  body,
  headers,
});

export const refuse = (refused: Refusal, details?: unknown): Refused =>
  details === undefined ? { refused } : { refused, details };

export const isRefused = (value: object): value is Refused => 'refused' in value;

/**
 * Checks a value against its schema: `{ value }`, or `unknown_field` / `invalid_request` with
 * `[{ path, message }]`. A misspelt field is named as such, although it also makes another one missing.
 */
export function checked<T>(schema: z.ZodType<T>, input: unknown): { value: T } | Refused {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { value: parsed.data };
  const { issues } = parsed.error;
  // A body has at most thousands of faults; the first twenty are enough to mend it.
  const details = issues.slice(0, 20).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [{ path: issue.path.join('.'), message: issue.message }];
    return issue.keys.slice(0, 20).map((key) => ({
      path: [...issue.path, key.slice(0, 64)].join('.'),
      message: 'there is no such field',
    }));
  });
  const unknown = issues.some((issue) => issue.code === 'unrecognized_keys');
  return refuse(unknown ? 'unknown_field' : 'invalid_request', details);
}

async function answerTo(
  event: APIGatewayProxyEventV2,
  route: Route | undefined,
): Promise<ApiAnswer> {
  if (!route) return refuse('not_found');
  const body = bodyOf(event);
  if (isRefused(body)) return body;
  return route({
    requestId: event.requestContext.requestId,
    path: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    body: body.value,
  });
}

/** What the caller may learn of a fault: its code. The rest goes to the log. */
function fault(error: unknown, logger: Logger): Refused {
  if (error instanceof MatcherUnavailable) {
    logger.warn('the matcher did not answer', { code: error.code, why: error.message });
    const { code, retryAfterMs } = error;
    return retryAfterMs === undefined ? refuse(code) : { refused: code, retryAfterMs };
  }
  logger.error('a route failed', error as Error);
  return refuse('internal_error');
}

function bodyOf(event: APIGatewayProxyEventV2): { value: unknown } | Refused {
  if (!event.body) return { value: undefined };
  // The length is checked before decoding, so that a huge body is never copied.
  const longest = event.isBase64Encoded ? Math.ceil(bodyLimitBytes / 3) * 4 : bodyLimitBytes;
  if (event.body.length > longest) return refuse('body_too_large');
  const bytes = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > bodyLimitBytes) return refuse('body_too_large');
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return refuse('malformed_json');
  }
}

const resultOf = (answer: ApiAnswer, requestId: string) =>
  isRefused(answer) ? errorResult(answer, requestId) : result(answer, requestId);

function errorResult(answer: Refused, requestId: string): APIGatewayProxyStructuredResultV2 {
  const { refused: code, details, retryAfterMs } = answer;
  const { status, message } = refusalTable[code];
  const body: ErrorBody = {
    code,
    message,
    requestId,
    ...(details === undefined ? {} : { details }),
  };
  const wait = retryAfterMs === undefined ? {} : { 'retry-after': seconds(retryAfterMs) };
  return result({ status, body, headers: wait }, requestId);
}

/** Whole seconds, at least one: the header knows nothing finer. */
const seconds = (ms: number): string => Math.max(1, Math.ceil(ms / 1000)).toString();

function result(answer: Answered, requestId: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: answer.status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...answer.headers,
    },
    body: JSON.stringify(answer.body),
  };
}
