/** `operations`: what operators order of markets. No route leads here: whoever may invoke the function is an operator. */
import { createAssetRegister } from '#cloud/asset-register.ts';
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { groupsOf } from '#wire/catalog.ts';
import { type OperationsPorts, operate } from './operate.ts';

const environment = process.env;
const client = documentClient();
const clock = systemClock;
const catalog = catalogOf(environment);
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const table = setting(environment, 'historyTable');
const logger = createLogger('operations');
const metrics = createMetrics('operations');

const ports: OperationsPorts = {
  matchers: createMatcherClient({ leases, clock }),
  directory: createMarketDirectory({ client, table, catalog, clock, freshMs: 0 }),
  register: createAssetRegister({ client, table }),
  groups: groupsOf(catalog),
  told(request, answer) {
    // CloudTrail has the caller; here stands the reason that he gave.
    logger.info('an operator ordered', { request, answer });
    metrics.addMetric(metricNames.operations, MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  },
};

export const handler = (event: unknown) => operate(event, ports);
