/** The WebSocket API: connections, sign-in, subscriptions. Messages to subscribers are posted by `fan-out`. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { webSocketHandler } from '#cloud/websocket-edge.ts';
import { feedRoutes } from './feed-routes.ts';

const environment = process.env;
const clock = systemClock;
const client = documentClient();
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });

const routes = feedRoutes({
  store: createFeedStore({ client, table: setting(environment, 'feedTable') }),
  matchers: createMatcherClient({ leases, clock }),
  markets: createMarketDirectory({
    client,
    table: setting(environment, 'historyTable'),
    catalog: catalogOf(environment),
    clock,
  }),
  verifySession: createSessionVerifier({ keys, stage: setting(environment, 'stage'), clock }),
  clock,
});

export const handler = webSocketHandler(routes, { logger: createLogger('feed') });
