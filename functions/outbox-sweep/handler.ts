/** Outbox sweep, once a minute: finds what is late in the outbox, sends it again and says how much it is. */
import { documentClient, queueClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { outboxQueues } from '#cloud/outbox-queues.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { setting } from '#cloud/settings.ts';
import { sweepOutbox } from './sweep-outbox.ts';

const logger = createLogger('outbox-sweep');
const metrics = createMetrics('outbox-sweep');
const ports = {
  outbox: createOutboxStore({
    client: documentClient(),
    table: setting(process.env, 'outboxTable'),
  }),
  senders: outboxQueues(queueClient(), process.env),
  report: (problem: string, error: unknown) => logger.error(problem, { error }),
};

export async function handler() {
  const swept = await sweepOutbox({ ...ports, nowMs: systemClock.nowMs() });
  metrics.addMetric(metricNames.outboxOverdue, MetricUnit.Count, swept.overdue);
  metrics.addMetric(metricNames.outboxOldestMs, MetricUnit.Milliseconds, swept.oldestMs);
  metrics.publishStoredMetrics();
  if (swept.overdue > 0) logger.warn('rows of the outbox are late', swept);
  if (swept.unsent > 0) throw new Error(`${swept.unsent} late rows could not be sent again`);
  return swept;
}
