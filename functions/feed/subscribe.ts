/** Subscribes a connection to channels: all of them or none. Depth channels are answered with a snapshot. */
import type { Connection, FeedStore } from '#cloud/feed-store.ts';
import { type Refused, refuse } from '#cloud/http-edge.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import type { FeedRoute } from '#cloud/websocket-edge.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { channelPattern, type DepthSnapshot, marketOfChannel } from '#wire/feed-message.ts';
import { fittingSnapshots, levelsFor } from './snapshot-size.ts';

/** Snapshots that a request waits for at a time: a matcher serves everybody. */
const snapshotsAtOnce = 4;

export type SubscribePorts = {
  store: Pick<FeedStore, 'connection' | 'subscribe' | 'unsubscribe'>;
  markets: Map<string, ListedMarket>;
  snapshot(market: ListedMarket, levels: number): Promise<DepthSnapshot>;
};

export function subscribe(ports: SubscribePorts): FeedRoute<'subscribe'> {
  return async (request, { connectionId, atMs }) => {
    const channels = [...new Set(request.channels)];
    const connection = await ports.store.connection(connectionId, atMs);
    const refused = refusalOf(channels, connection, ports.markets, atMs);
    if (refused) return refused;

    const added: string[] = [];
    const undo = async () => {
      for (const channel of added) await ports.store.unsubscribe({ connectionId, channel });
    };
    for (const channel of channels) {
      const scope = scopeOf(channel, ports.markets);
      const until = untilOf(channel, connection);
      const answer = await ports.store.subscribe({ connectionId, channel, scope, ...until });
      if (answer === 'subscribed') added.push(channel);
      if (answer === 'too_many_subscriptions' || answer === 'gone') {
        await undo();
        return refuse(answer === 'gone' ? 'unavailable' : answer);
      }
    }
    try {
      // After the subscriptions are written: every delta that the snapshot lacks will be delivered.
      const snapshots = await snapshotsOf(channels, ports);
      return { type: 'subscribed', channels, snapshots };
    } catch (error) {
      await undo();
      throw error;
    }
  };
}

function refusalOf(
  channels: string[],
  connection: Connection | undefined,
  markets: Map<string, ListedMarket>,
  atMs: number,
): Refused | undefined {
  for (const channel of channels) {
    const marketId = marketOfChannel(channel);
    const exists = marketId ? markets.has(marketId) : channelPattern.test(channel);
    if (!exists) return refuse('unknown_channel', { channel });
  }
  // The connection's row has expired, or its $disconnect came first: only a new connection can listen.
  if (!connection) return refuse('unavailable');
  const wanted = channels.filter((channel) => marketOfChannel(channel) === undefined);
  if (wanted.length === 0) return undefined;
  if (!connection.account) return refuse('session_required');
  if ((connection.sessionExpiresAtMs ?? 0) <= atMs) return refuse('session_expired');
  const foreign = wanted.find((channel) => channel !== `account:${connection.account}`);
  return foreign ? refuse('not_owner', { channel: foreign }) : undefined;
}

function scopeOf(channel: string, markets: Map<string, ListedMarket>): string {
  const marketId = marketOfChannel(channel);
  return (marketId && markets.get(marketId)?.market.groupId) || 'accounts';
}

/** A private channel ends with the session that opened it, or with the one that it was renewed by. */
function untilOf(channel: string, connection: Connection | undefined) {
  const isPrivate = marketOfChannel(channel) === undefined;
  const { sessionExpiresAtMs } = connection ?? {};
  return isPrivate && sessionExpiresAtMs !== undefined ? { sessionExpiresAtMs } : {};
}

async function snapshotsOf(
  channels: string[],
  { markets, snapshot }: SubscribePorts,
): Promise<DepthSnapshot[]> {
  const listed = channels
    .filter((channel) => channel.startsWith('depth:'))
    .flatMap((channel) => markets.get(marketOfChannel(channel) ?? '') ?? []);
  const levels = levelsFor(listed.length);
  return fittingSnapshots(
    await sideBySide(listed, snapshotsAtOnce, (market) => snapshot(market, levels)),
  );
}
