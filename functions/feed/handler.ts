/** The WebSocket API: connections, sign-in, subscriptions. Messages to subscribers are posted by `fan-out`. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { marketsOf, setting } from '#cloud/settings.ts';
import { webSocketHandler } from '#cloud/websocket-edge.ts';
import { depthToJson } from '#wire/present.ts';
import { authenticate } from './authenticate.ts';
import { subscribe } from './subscribe.ts';
import { unsubscribe } from './unsubscribe.ts';

const environment = process.env;
const clock = systemClock;
const client = documentClient();
const store = createFeedStore({ client, table: setting(environment, 'feedTable') });
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });
const stage = setting(environment, 'stage');
const matchers = createMatcherClient({ leases, clock });

const routes = {
  $connect: store.connect,
  $disconnect: ({ connectionId }: { connectionId: string }) => store.disconnect(connectionId),
  authenticate: authenticate({
    store,
    verifySession: createSessionVerifier({ keys, stage, clock }),
  }),
  subscribe: subscribe({
    store,
    markets: marketsOf(environment),
    async snapshot(listed, levels) {
      const { groupId, id } = listed.market;
      return depthToJson(await matchers.depth(groupId, id, levels), listed);
    },
  }),
  unsubscribe: unsubscribe({ store }),
  ping: async () => ({ type: 'pong', atMs: clock.nowMs() }) as const,
};

export const handler = webSocketHandler(routes, { logger: createLogger('feed') });
