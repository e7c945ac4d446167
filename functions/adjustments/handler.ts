/** `adjustments`: money that operators move by hand. No route leads here, and being allowed to invoke it is not enough: each call proves a person. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { catalogOf, isSettled, setting } from '#cloud/settings.ts';
import { withdrawalReviewOf } from '#cloud/withdrawal-review.ts';
import { adjustmentsFunctionName } from '#wire/adjustments.ts';
import { identify } from './identify.ts';
import { type MoneyPorts, orderMoney } from './order-money.ts';

const environment = process.env;
const stage = setting(environment, 'stage');
const client = documentClient();
const clock = systemClock;
const historyTable = { client, table: setting(environment, 'historyTable') };
const { assets } = createMarketDirectory({
  ...historyTable,
  ...{ catalog: catalogOf(environment), clock, freshMs: 0 },
});
const logger = createLogger('adjustments');
const metrics = createMetrics('adjustments');
const who = {
  isLocal: stage === 'local',
  adjusters: JSON.parse(setting(environment, 'adjusters')) as string[],
  functionName: adjustmentsFunctionName(stage),
  region: environment['AWS_REGION'] ?? '',
  fetch,
};

const ports: Omit<MoneyPorts, 'identify'> = {
  ledger: createLedgerStore({
    ...{ client, table: setting(environment, 'ledgerTable') },
    outboxTable: setting(environment, 'outboxTable'),
    settles: isSettled(environment),
    assets: async () => new Set((await assets()).map(({ id }) => id)),
  }),
  assets,
  clock,
  settles: isSettled(environment),
  withdrawals: withdrawalReviewOf(environment, { client, clock }),
  told(order, by, answer) {
    logger.info('an operator moved money', { order, by, answer });
    metrics.addMetric(metricNames.operations, MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  },
};

/** The function's own address names the account that it runs in. */
export const handler = (event: unknown, context: { invokedFunctionArn: string }) => {
  const account = context.invokedFunctionArn.split(':')[4] ?? '';
  return orderMoney(event, {
    ...ports,
    identify: (proof, order) => identify(proof, order, { ...who, account }),
  });
};
