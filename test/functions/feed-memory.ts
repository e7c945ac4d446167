/** The feed's stores and callers in memory, with the promises of the real ones, for unit tests. */
import type { APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda';
import type { Connection, FeedStore } from '#cloud/feed-store.ts';
import { feedLimits } from '#cloud/feed-store.ts';

export function memoryFeedStore(): FeedStore & { channels(connectionId: string): string[] } {
  const connections = new Map<string, Connection & { listening: Map<string, string> }>();
  const listeners = () =>
    [...connections.values()].flatMap(({ connectionId, listening }) =>
      [...listening].map(([channel, scope]) => ({ connectionId, channel, scope })),
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
    async subscribe({ connectionId, channel, scope }) {
      const found = connections.get(connectionId);
      if (!found) return 'gone';
      if (found.listening.has(channel)) return 'already_subscribed';
      if (found.listening.size >= feedLimits.channelsPerConnection) return 'too_many_subscriptions';
      found.listening.set(channel, scope);
      return 'subscribed';
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
        .map(({ connectionId }) => connectionId),
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
