/** `orders`: signed orders and cancels, verified and sent on to the matcher that leads the pair group. */
import { randomBytes } from 'node:crypto';
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { catalogOf, setting, signingDomainOf } from '#cloud/settings.ts';
import { createSigningRights } from '#cloud/signing-rights.ts';
import { groupsOf } from '#wire/catalog.ts';
import { digests } from '#wire/eip712.ts';
import { orderRoutes } from './order-routes.ts';

const environment = process.env;
const clock = systemClock;
const catalog = catalogOf(environment);
const client = documentClient();
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });
const stage = setting(environment, 'stage');

const routes = orderRoutes({
  matchers: createMatcherClient({ leases, clock }),
  markets: createMarketDirectory({
    client,
    table: setting(environment, 'historyTable'),
    catalog,
    clock,
  }),
  groups: groupsOf(catalog),
  digestOf: digests(signingDomainOf(environment)),
  rights: createSigningRights({ client, table: setting(environment, 'chainTable'), clock }),
  clock,
  verifySession: createSessionVerifier({ keys, stage, clock }),
  newCommandId: () => `0x${randomBytes(32).toString('hex')}`,
});

export const handler = httpHandler('orders', routes, { logger: createLogger('orders') });
