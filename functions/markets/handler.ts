/** `markets`: public data. Terms and states from the directory, books from the matchers, the past from the history. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { catalogOf, setting, signingDomainOf } from '#cloud/settings.ts';
import { groupsOf } from '#wire/catalog.ts';
import { chainPlacesOf } from './chain-terms.ts';
import { marketRoutes } from './market-routes.ts';

const environment = process.env;
const client = documentClient();
const clock = systemClock;
const catalog = catalogOf(environment);
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const history = { client, table: setting(environment, 'historyTable') };

const routes = marketRoutes({
  directory: createMarketDirectory({ ...history, catalog, clock }),
  groups: groupsOf(catalog),
  signingDomain: signingDomainOf(environment),
  chain: chainPlacesOf(environment),
  matchers: createMatcherClient({ leases, clock }),
  history: createHistoryStore(history),
  clock,
});

export const handler = httpHandler('markets', routes, { logger: createLogger('markets') });
