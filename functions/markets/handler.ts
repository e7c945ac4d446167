/** `markets`: public data. Terms from the settings, books from the matchers, the past from the history. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { catalogOf, setting, signingDomainOf } from '#cloud/settings.ts';
import { marketRoutes } from './market-routes.ts';

const environment = process.env;
const client = documentClient();
const clock = systemClock;
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });

const routes = marketRoutes({
  catalog: catalogOf(environment),
  signingDomain: signingDomainOf(environment),
  matchers: createMatcherClient({ leases, clock }),
  history: createHistoryStore({ client, table: setting(environment, 'historyTable') }),
  clock,
});

export const handler = httpHandler('markets', routes, { logger: createLogger('markets') });
