/** `delegations`: which keys may sign orders for an account, and within which bounds. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { ordersEnder } from '#cloud/guard-tasks.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLogger } from '#cloud/logger.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { setting, signingDomainOf } from '#cloud/settings.ts';
import { createSigningRights } from '#cloud/signing-rights.ts';
import { digests } from '#wire/eip712.ts';
import { delegationRoutes } from './delegation-routes.ts';

const environment = process.env;
const clock = systemClock;
const client = documentClient();
const table = setting(environment, 'chainTable');
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });

const routes = delegationRoutes({
  store: createDelegationStore({ client, table }),
  rights: createSigningRights({ client, table, clock }),
  endOrders: ordersEnder({ client, table }, clock),
  digestOf: digests(signingDomainOf(environment)),
  clock,
  verifySession: createSessionVerifier({ keys, stage: setting(environment, 'stage'), clock }),
});

export const handler = httpHandler('delegations', routes, { logger: createLogger('delegations') });
