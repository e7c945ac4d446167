/** Subscribes a connection to channels: all of them or none. Depth channels are answered with a snapshot, market channels with where the market stands. */
import type { Connection, FeedStore } from '#cloud/feed-store.ts';
import { type Refused, refuse } from '#cloud/http-edge.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import type { FeedRoute } from '#cloud/websocket-edge.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import {
  channelPattern,
  type DepthSnapshot,
  type MarketStatusJson,
  marketOfChannel,
} from '#wire/feed-message.ts';
import { fittingSnapshots, levelsFor } from './snapshot-size.ts';

/** Snapshots that a request waits for at a time: a matcher serves everybody. */
const snapshotsAtOnce = 4;

export type SubscribePorts = {
  store: Pick<FeedStore, 'connection' | 'subscribe' | 'unsubscribe'>;
  markets: Pick<MarketDirectory, 'listed'>;
  snapshot(market: ListedMarket, levels: number): Promise<DepthSnapshot>;
  status(market: ListedMarket): Promise<MarketStatusJson>;
};

type Markets = ReadonlyMap<string, ListedMarket>;

export function subscribe(ports: SubscribePorts): FeedRoute<'subscribe'> {
  return async (request, { connectionId, atMs }) => {
    const channels = [...new Set(request.channels)];
    const connection = await ports.store.connection(connectionId, atMs);
    const markets = await ports.markets.listed();
    const refused = refusalOf(channels, connection, markets, atMs);
    if (refused) return refused;

    const added: string[] = [];
    const undo = async () => {
      for (const channel of added) await ports.store.unsubscribe({ connectionId, channel });
    };
    for (const channel of channels) {
      const scope = scopeOf(channel, markets);
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
      const snapshots = await snapshotsOf(marketsOf('depth', channels, markets), ports);
      const statuses = await statusesOf(marketsOf('market', channels, markets), ports);
      return { type: 'subscribed', channels, snapshots, markets: statuses };
    } catch (error) {
      await undo();
      throw error;
    }
  };
}

function refusalOf(
  channels: string[],
  connection: Connection | undefined,
  markets: Markets,
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

function scopeOf(channel: string, markets: Markets): string {
  const marketId = marketOfChannel(channel);
  return (marketId && markets.get(marketId)?.market.groupId) || 'accounts';
}

/** A private channel ends with the session that opened it, or with the one that it was renewed by. */
function untilOf(channel: string, connection: Connection | undefined) {
  const isPrivate = marketOfChannel(channel) === undefined;
  const { sessionExpiresAtMs } = connection ?? {};
  return isPrivate && sessionExpiresAtMs !== undefined ? { sessionExpiresAtMs } : {};
}

/** The markets of the channels of one kind. */
const marketsOf = (kind: 'depth' | 'market', channels: string[], markets: Markets) =>
  channels
    .filter((channel) => channel.startsWith(`${kind}:`))
    .flatMap((channel) => markets.get(marketOfChannel(channel) ?? '') ?? []);

async function snapshotsOf(
  listed: ListedMarket[],
  { snapshot }: SubscribePorts,
): Promise<DepthSnapshot[]> {
  const levels = levelsFor(listed.length);
  return fittingSnapshots(
    await sideBySide(listed, snapshotsAtOnce, (market) => snapshot(market, levels)),
  );
}

const statusesOf = (listed: ListedMarket[], { status }: SubscribePorts) =>
  sideBySide(listed, snapshotsAtOnce, (market) => status(market));
