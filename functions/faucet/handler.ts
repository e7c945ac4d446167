/** `faucet`: demo funds. Deployed only to stages whose settings ask for it; never to prod. */
import { randomUUID } from 'node:crypto';
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createFaucetStore } from '#cloud/faucet-store.ts';
import { type ApiRequest, httpHandler } from '#cloud/http-edge.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { type FaucetPorts, giveFunds } from './give-funds.ts';

const environment = process.env;
const client = documentClient();
const clock = systemClock;
const ledgerTable = { client, table: setting(environment, 'ledgerTable') };
const historyTable = { client, table: setting(environment, 'historyTable') };
const catalog = catalogOf(environment);
const { assets } = createMarketDirectory({ ...historyTable, catalog, clock });

const ports: FaucetPorts = {
  ledger: createLedgerStore({
    ...ledgerTable,
    outboxTable: setting(environment, 'outboxTable'),
    assets: async () => new Set((await assets()).map(({ id }) => id)),
  }),
  claims: createFaucetStore(ledgerTable),
  assets,
  clock,
  newKey: randomUUID,
};

const routes = { 'POST /v1/faucet': (request: ApiRequest) => giveFunds(request, ports) };

export const handler = httpHandler('faucet', routes, { logger: createLogger('faucet') });
