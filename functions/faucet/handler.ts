/** `faucet`: demo tokens. Deployed only to stages whose settings ask for it; never to prod. */
import { randomUUID } from 'node:crypto';
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createFaucetStore } from '#cloud/faucet-store.ts';
import { type ApiRequest, httpHandler } from '#cloud/http-edge.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { rpcPoolOf } from '#cloud/rpc-pool-of.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { transactionSenderOf } from '#cloud/transaction-sender-of.ts';
import { settingNames } from '#wire/setting-names.ts';
import { type FaucetPorts, giveFunds } from './give-funds.ts';
import { minting } from './minting.ts';

const environment = process.env;
const logger = createLogger('faucet');
const client = documentClient();
const historyTable = { client, table: setting(environment, 'historyTable') };
const rpc = await rpcPoolOf(environment, { clock, random: Math.random });
const report = (incident: string, what: { id: string; nonce: number; reason: string }) =>
  logger.error(`transaction sender: ${incident}`, what);

const ports: FaucetPorts = {
  claims: createFaucetStore({ client, table: setting(environment, 'ledgerTable') }),
  assets: createMarketDirectory({ ...historyTable, catalog: catalogOf(environment), clock }).assets,
  ...minting({
    rpc,
    sender: transactionSenderOf(environment, 'faucetKey', { client, rpc, clock, report }),
    coinAtoms: BigInt(environment[settingNames.faucetCoin] ?? 0),
  }),
  clock,
  newKey: randomUUID,
};

const routes = { 'POST /v1/faucet': (request: ApiRequest) => giveFunds(request, ports) };

export const handler = httpHandler('faucet', routes, { logger });
