/** The feed's stores and callers in memory, with the promises of the real ones, for unit tests. */
import type { APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda';
import { feedLimits } from '#cloud/feed-limits.ts';
import type { Connection, FeedStore } from '#cloud/feed-store.ts';

export function memoryFeedStore(): FeedStore & { channels(connectionId: string): string[] } {
  type Listening = { scope: string; sessionExpiresAtMs?: number };
  const connections = new Map<string, Connection & { listening: Map<string, Listening> }>();
  const listeners = () =>
    [...connections.values()].flatMap(({ connectionId, listening }) =>
      [...listening].map(([channel, each]) => ({ connectionId, channel, ...each })),
    );
  return {
    channels: (connectionId) => [...(connections.get(connectionId)?.listening.keys() ?? [])],
    async connect({ connectionId }) {
      connections.set(connectionId, { connectionId, channels: 0, listening: new Map() });
    },
    async connection(connectionId) {
      const found = connections.get(connectionId);
      return found && { ...found };
    },
    async signIn({ connectionId, account, sessionExpiresAtMs }) {
      const found = connections.get(connectionId);
      if (found) Object.assign(found, { account, sessionExpiresAtMs });
      return found !== undefined;
    },
    async subscribe({ connectionId, channel, ...listening }) {
      const found = connections.get(connectionId);
      if (!found) return 'gone';
      if (found.listening.has(channel)) return 'already_subscribed';
      if (found.listening.size >= feedLimits.channelsPerConnection) return 'too_many_subscriptions';
      found.listening.set(channel, listening);
      return 'subscribed';
    },
    async renew({ connectionId, channel, sessionExpiresAtMs }) {
      const found = connections.get(connectionId)?.listening.get(channel);
      if (found) found.sessionExpiresAtMs = sessionExpiresAtMs;
    },
    async expire({ connectionId, channel, atMs }) {
      const listening = connections.get(connectionId)?.listening;
      const found = listening?.get(channel);
      if (!found) return 'left';
      if ((found.sessionExpiresAtMs ?? Number.POSITIVE_INFINITY) > atMs) return 'renewed';
      listening?.delete(channel);
      return 'expired';
    },
    async unsubscribe({ connectionId, channel }) {
      connections.get(connectionId)?.listening.delete(channel);
    },
    async disconnect(connectionId) {
      connections.delete(connectionId);
    },
    async interest(wanted) {
      const channels = listeners().filter(({ scope }) => scope === wanted);
      const counts = Map.groupBy(channels, ({ channel }) => channel);
      return [...counts].map(([channel, all]) => ({ channel, slice: 0, connections: all.length }));
    },
    subscribers: async (wanted) =>
      listeners()
        .filter(({ channel }) => channel === wanted)
        .map(({ connectionId, sessionExpiresAtMs }) => ({
          connectionId,
          ...(sessionExpiresAtMs === undefined ? {} : { sessionExpiresAtMs }),
        })),
  };
}

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** An event as API Gateway sends it. */
export function socketEvent(
  connectionId: string,
  eventType: EventType,
  { body, atMs = 1_700_000_000_000 }: { body?: string; atMs?: number } = {},
): APIGatewayProxyWebsocketEventV2 {
  const requestContext = {
    connectionId,
    eventType,
    requestId: 'request-1',
    requestTimeEpoch: atMs,
    routeKey: routeOf(eventType, body),
  };
  return { requestContext, body } as unknown as APIGatewayProxyWebsocketEventV2;
}

export const lambdaContext = { functionName: 'feed', awsRequestId: 'request-1' } as Context;

function routeOf(eventType: EventType, body: string | undefined): string {
  if (eventType !== 'MESSAGE') return `$${eventType.toLowerCase()}`;
  try {
    return String(JSON.parse(body ?? '').action ?? '$default');
  } catch {
    return '$default';
  }
}
