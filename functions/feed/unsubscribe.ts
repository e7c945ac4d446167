/** Ends subscriptions; a channel that was not subscribed to is as good as left. */
import type { FeedStore } from '#cloud/feed-store.ts';
import { refuse } from '#cloud/http-edge.ts';
import type { FeedRoute } from '#cloud/websocket-edge.ts';
import { channelPattern } from '#wire/feed-message.ts';

export function unsubscribe(ports: {
  store: Pick<FeedStore, 'unsubscribe'>;
}): FeedRoute<'unsubscribe'> {
  return async (request, { connectionId }) => {
    const channels = [...new Set(request.channels)];
    const unknown = channels.find((channel) => !channelPattern.test(channel));
    if (unknown !== undefined) return refuse('unknown_channel', { channel: unknown });
    // A connection's row counts its channels: at once, its transactions would only be in each other's way.
    for (const channel of channels) await ports.store.unsubscribe({ connectionId, channel });
    return { type: 'unsubscribed', channels };
  };
}
