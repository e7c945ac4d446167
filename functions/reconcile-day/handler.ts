/** Reconcile-day: compares every account with its entries, engines and the vault, day by day and when an operator asks. */
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { reconcilingAt } from '#cloud/reconciling-places.ts';
import { setting } from '#cloud/settings.ts';
import { type DayPorts, reconcileDay } from './reconcile-day.ts';

const logger = createLogger('reconcile-day');
const metrics = createMetrics('reconcile-day');
const reconciling = await reconcilingAt(process.env, logger);

const ports: DayPorts = {
  ...reconciling,
  outbox: createOutboxStore({
    client: reconciling.client,
    table: setting(process.env, 'outboxTable'),
  }),
  report({ differences, ageHours, pass }) {
    const { name, place, accounts, unsettled } = pass;
    logger.info('reconciled', { name, place, accounts, unsettled, differences });
    metrics.addMetric(metricNames.reconciliationDifferences, MetricUnit.Count, differences);
    metrics.addMetric(metricNames.reconciliationAgeHours, MetricUnit.NoUnit, ageHours);
    metrics.publishStoredMetrics();
  },
};

export const handler = (event: unknown) => reconcileDay(event, ports);
