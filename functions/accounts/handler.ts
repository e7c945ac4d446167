/** `accounts`: a signed-in user's balances, orders, fills, entries, deposits, withdrawals and settings. */

import { chainFundingOf } from '#cloud/chain-funding.ts';
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionVerifier } from '#cloud/session-token.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { fillSettlementsOf } from '#cloud/settlement-status.ts';
import { createStatementStore } from '#cloud/statement-store.ts';
import { groupsOf } from '#wire/catalog.ts';
import { accountRoutes } from './account-routes.ts';

const environment = process.env;
const client = documentClient();
const clock = systemClock;
const catalog = catalogOf(environment);
const historyTable = setting(environment, 'historyTable');
const ledgerTable = setting(environment, 'ledgerTable');
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const keys = createSessionStore({ client, table: setting(environment, 'sessionTable') });

const routes = accountRoutes({
  ledger: createLedgerStore({ client, table: ledgerTable }),
  statements: createStatementStore({ client, table: ledgerTable }),
  chain: chainFundingOf(environment, client),
  settlements: fillSettlementsOf(environment, client),
  history: createHistoryStore({ client, table: historyTable }),
  matchers: createMatcherClient({ leases, clock }),
  markets: createMarketDirectory({ client, table: historyTable, catalog, clock }),
  groups: groupsOf(catalog),
  verifySession: createSessionVerifier({ keys, stage: setting(environment, 'stage'), clock }),
});

export const handler = httpHandler('accounts', routes, { logger: createLogger('accounts') });
