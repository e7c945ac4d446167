/** Which decision answers which route of the WebSocket API. */
import type { Clock } from '#cloud/clock.ts';
import type { FeedStore } from '#cloud/feed-store.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import type { MatcherClient } from '#cloud/matcher-client.ts';
import type { SessionVerifier } from '#cloud/session-token.ts';
import type { FeedRoutes } from '#cloud/websocket-edge.ts';
import { depthToJson, statusToJson } from '#wire/present.ts';
import { authenticate } from './authenticate.ts';
import { subscribe } from './subscribe.ts';
import { unsubscribe } from './unsubscribe.ts';

export type FeedPorts = {
  store: FeedStore;
  matchers: Pick<MatcherClient, 'depth'>;
  markets: Pick<MarketDirectory, 'listed'>;
  verifySession: SessionVerifier;
  clock: Pick<Clock, 'nowMs'>;
};

export function feedRoutes({
  store,
  matchers,
  markets,
  verifySession,
  clock,
}: FeedPorts): FeedRoutes {
  return {
    $connect: store.connect,
    $disconnect: ({ connectionId }) => store.disconnect(connectionId),
    authenticate: authenticate({ store, verifySession }),
    subscribe: subscribe({
      store,
      markets,
      async snapshot(listed, levels) {
        const { groupId, id } = listed.market;
        return depthToJson(await matchers.depth(groupId, id, levels), listed);
      },
      async status(listed) {
        const { groupId, id } = listed.market;
        return statusToJson(await matchers.depth(groupId, id, 1), listed);
      },
    }),
    unsubscribe: unsubscribe({ store }),
    ping: async () => ({ type: 'pong', atMs: clock.nowMs() }),
  };
}
