/** `orders`: signed orders and cancels, verified and sent on to the matcher that leads the pair group. */
import { randomUUID } from 'node:crypto';
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { marketsOf, setting, signingDomainOf } from '#cloud/settings.ts';
import { digests } from '#wire/eip712.ts';
import { orderRoutes } from './order-routes.ts';

const environment = process.env;
const client = documentClient();
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });
const stage = setting(environment, 'stage');

const routes = orderRoutes({
  matchers: createMatcherClient({ leases, clock: systemClock }),
  rules: { markets: marketsOf(environment), digestOf: digests(signingDomainOf(environment)) },
  verifySession: createSessionVerifier({ keys, stage, clock: systemClock }),
  newCommandId: () => `session:${randomUUID()}`,
});

export const handler = httpHandler('orders', routes, { logger: createLogger('orders') });
