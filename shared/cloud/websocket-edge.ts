/** The edge of the WebSocket function: dispatch by route, schemas, errors. Routes see a checked request and answer a reply. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda';
import { type FeedReply, type FeedRequest, feedRequest, frameBytes } from '#wire/feed-message.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import { checked, isRefused, type Refused, refuse } from './http-edge.ts';
import { MatcherUnavailable } from './matcher-client.ts';

export type FeedCaller = { connectionId: string; atMs: number };

type Asked<A extends FeedRequest['action']> = Extract<FeedRequest, { action: A }>;
export type FeedRoute<A extends FeedRequest['action']> = (
  request: Asked<A>,
  caller: FeedCaller,
) => Promise<FeedReply | Refused>;

export type FeedRoutes = {
  $connect(caller: FeedCaller): Promise<void>;
  $disconnect(caller: FeedCaller): Promise<void>;
} & { [A in FeedRequest['action']]: FeedRoute<A> };

export type WebSocketResult = { statusCode: number; body?: string };
export type WebSocketLambda = (
  event: APIGatewayProxyWebsocketEventV2,
  context: Context,
) => Promise<WebSocketResult>;

/** Makes the Lambda handler of the WebSocket API; what a route answers goes to the caller as the route's response. */
export function webSocketHandler(
  routes: FeedRoutes,
  { logger }: { logger: Logger },
): WebSocketLambda {
  return middy<APIGatewayProxyWebsocketEventV2, WebSocketResult>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (event: APIGatewayProxyWebsocketEventV2) => {
      const { connectionId, requestId, routeKey, eventType, requestTimeEpoch } =
        event.requestContext;
      logger.appendKeys({ requestId, connectionId, route: routeKey });
      const caller = { connectionId, atMs: requestTimeEpoch };
      if (eventType === 'MESSAGE') {
        const reply = await replyTo(event, caller, routes, logger);
        return { statusCode: 200, body: JSON.stringify(reply) };
      }
      await (eventType === 'CONNECT' ? routes.$connect(caller) : routes.$disconnect(caller));
      return { statusCode: 200 };
    }) as WebSocketLambda;
}

type Id = { id?: string | number };

async function replyTo(
  event: APIGatewayProxyWebsocketEventV2,
  caller: FeedCaller,
  routes: FeedRoutes,
  logger: Logger,
): Promise<FeedReply> {
  const text = event.body ?? '';
  const { requestId } = event.requestContext;
  if (Buffer.byteLength(text) > frameBytes)
    return errorReply(refuse('body_too_large', { limitBytes: frameBytes }), requestId, {});
  const body = parsed(text);
  if (!body) return errorReply(refuse('malformed_json'), requestId, {});
  const id = idOf(body.value);
  const reply = await answer(body.value, caller, routes, logger);
  return isRefused(reply) ? errorReply(reply, requestId, id) : { ...reply, ...id };
}

async function answer(
  body: unknown,
  caller: FeedCaller,
  routes: FeedRoutes,
  logger: Logger,
): Promise<FeedReply | Refused> {
  // API Gateway chose the route by the same field; reading it here too keeps one list of actions.
  if (!actions.has(actionOf(body))) return refuse('unknown_action');
  const request = checked(feedRequest, body);
  if (isRefused(request)) return request;
  try {
    const route = routes[request.value.action] as FeedRoute<FeedRequest['action']>;
    return await route(request.value, caller);
  } catch (error) {
    if (error instanceof MatcherUnavailable) {
      logger.warn('the matcher did not answer', { code: error.code, why: error.message });
      return refuse(error.code);
    }
    logger.error('a route failed', error as Error);
    return refuse('internal_error');
  }
}

const actions = new Set<unknown>(feedRequest.options.map((option) => option.shape.action.value));

const actionOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'action' in body ? body.action : undefined;

/** What the client calls its request, so that it knows an error for its own. */
function idOf(body: unknown): Id {
  if (typeof body !== 'object' || body === null || !('id' in body)) return {};
  const { id } = body;
  const usable = Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= 64);
  return usable ? { id: id as string | number } : {};
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function errorReply({ refused, details }: Refused, requestId: string, id: Id): FeedReply {
  return {
    type: 'error',
    code: refused,
    message: refusalTable[refused].message,
    requestId,
    ...(details === undefined ? {} : { details }),
    ...id,
  };
}
