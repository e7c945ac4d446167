/** `withdrawals`: takes signed withdrawals in, and once a minute calls credit back for those that wait for it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { callCreditBack } from '#cloud/call-credit-back.ts';
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { type ApiRequest, httpHandler } from '#cloud/http-edge.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMatcherClient } from '#cloud/matcher-client.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { catalogOf, setting, signingDomainOf } from '#cloud/settings.ts';
import type { Payout } from '#cloud/withdrawal-store.ts';
import { groupsOf } from '#wire/catalog.ts';
import { digests } from '#wire/eip712.ts';
import { withdrawalTermsSchema } from '#wire/withdrawal-terms.ts';
import { requestWithdrawal } from './request-withdrawal.ts';
import { sweepWithdrawals } from './sweep-withdrawals.ts';

const environment = process.env;
const logger = createLogger('withdrawals');
const metrics = createMetrics('withdrawals');
const client = documentClient();
const catalog = catalogOf(environment);
const historyTable = { client, table: setting(environment, 'historyTable') };
const { assets } = createMarketDirectory({ ...historyTable, catalog, clock });
const leases = createLeaseStore({ client, table: setting(environment, 'leaseTable') });
const matchers = createMatcherClient({ leases, clock });
/** A matcher answers in the time of a frame or two; what it gives back is held a moment later. */
const patienceMs = 1_000;
const credit = { matchers, groups: groupsOf(catalog), patience: () => pause(patienceMs) };

const ports = {
  ...{ client, table: setting(environment, 'chainTable'), clock },
  ledger: createLedgerStore({
    ...{ client, table: setting(environment, 'ledgerTable') },
    outboxTable: setting(environment, 'outboxTable'),
    assets: async () => new Set((await assets()).map(({ id }) => id)),
  }),
  async callBack({ account, asset }: Payout) {
    await callCreditBack(credit, { account, asset });
  },
  assets,
  digestOf: digests(signingDomainOf(environment)),
  contracts: (['verifyingContract', 'exchangeContract'] as const).map((name) =>
    setting(environment, name).toLowerCase(),
  ),
  terms: withdrawalTermsSchema.parse(JSON.parse(setting(environment, 'withdrawalTerms'))),
  failed: (digest: string, error: unknown) =>
    logger.warn('a withdrawal does not go on', { digest, error: error as Error }),
};
const routes = {
  'POST /v1/account/withdrawals': (request: ApiRequest) => requestWithdrawal(request, ports),
};
const answer = httpHandler('withdrawals', routes, { logger });

export const handler = async (event: APIGatewayProxyEventV2 | object, context: Context) =>
  'requestContext' in event ? answer(event, context) : sweep();

async function sweep() {
  const swept = await sweepWithdrawals(ports);
  metrics.addMetric(metricNames.withdrawalReviewMs, MetricUnit.Milliseconds, swept.reviewMs);
  metrics.addMetric(metricNames.withdrawalOldestMs, MetricUnit.Milliseconds, swept.oldestMs);
  metrics.publishStoredMetrics();
  return swept;
}
