/** Reconcile: compares each cleared run with the journal, soon after it was cleared. */
import { bucketOf, createArchiveStore } from '#cloud/archive-store.ts';
import { bucketClient, documentClient, kinesisReader } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createJournalFrames } from '#cloud/journal-frames.ts';
import { readJournalRange } from '#cloud/journal-range.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { outboxHandler } from '#cloud/outbox-edge.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { reconcileRun } from '#cloud/reconcile-run.ts';
import { createReconciliationStore } from '#cloud/reconciliation-store.ts';
import { journalStreamsOf, setting } from '#cloud/settings.ts';
import { reconcileRow } from './reconcile-row.ts';

const environment = process.env;
const client = documentClient();
const ledger = { client, table: setting(environment, 'ledgerTable') };
const streams = journalStreamsOf(environment);
const kinesis = kinesisReader();
const bucket = bucketOf({ client: bucketClient(), bucket: setting(environment, 'archiveBucket') });
const frames = createJournalFrames({
  archive: createArchiveStore(bucket),
  readRange: (groupId, after, through) => {
    const reader = createJournalReader({ client: kinesis, stream: streams[groupId] ?? '' });
    return readJournalRange(reader, after, through);
  },
});
const logger = createLogger('reconcile');
const metrics = createMetrics('reconcile');

export const handler = outboxHandler({
  topic: 'reconcile',
  outbox: createOutboxStore({ client, table: setting(environment, 'outboxTable') }),
  clock: systemClock,
  begin: () =>
    reconcileRow({
      reconcileRun: (groupId, toFrame) => reconcileRun({ ...ledger, frames }, groupId, toFrame),
      store: createReconciliationStore(ledger),
      nowMs: systemClock.nowMs,
      report(differences) {
        if (differences.length === 0) return;
        logger.error('a run is not what its frames say', { differences });
        metrics.addMetric(
          metricNames.reconciliationDifferences,
          MetricUnit.Count,
          differences.length,
        );
        metrics.publishStoredMetrics();
      },
    }),
  logger,
});
