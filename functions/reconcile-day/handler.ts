/** Reconcile-day: compares every account with its entries, engines and the vault, day by day and when an operator asks. */
import { setTimeout as pause } from 'node:timers/promises';
import { bucketOf, createArchiveStore } from '#cloud/archive-store.ts';
import { bucketClient, documentClient, kinesisReader } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createJournalFrames } from '#cloud/journal-frames.ts';
import { firstFrameMs } from '#cloud/journal-range.ts';
import { readToTip } from '#cloud/journal-reader.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { createReconciliationStore } from '#cloud/reconciliation-store.ts';
import { journalStreamsOf, setting } from '#cloud/settings.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import { ledgerVault } from '#cloud/vault-units.ts';
import { type DayPorts, reconcileDay } from './reconcile-day.ts';

const environment = process.env;
const client = documentClient();
const ledger = { client, table: setting(environment, 'ledgerTable') };
const streams = journalStreamsOf(environment);
const kinesis = kinesisReader();
const bucket = bucketOf({ client: bucketClient(), bucket: setting(environment, 'archiveBucket') });
const archive = createArchiveStore(bucket);
const logger = createLogger('reconcile-day');
const metrics = createMetrics('reconcile-day');

const ports: DayPorts = {
  ...ledger,
  groups: Object.keys(streams),
  archive,
  snapshots: createSnapshotStore(bucket),
  // Runs that are looked at again were archived long ago.
  frames: createJournalFrames({ archive, readRange: async () => [] }),
  async nextFrameMs(groupId, after) {
    try {
      return await firstFrameMs(
        readToTip({ client: kinesis, stream: streams[groupId] ?? '' }, after),
      );
    } catch (error) {
      // Then the archive alone says what is cleared, some seconds late.
      logger.warn('the stream does not read', { groupId, error: error as Error });
      return undefined;
    }
  },
  vault: ledgerVault(ledger),
  store: createReconciliationStore(ledger),
  outbox: createOutboxStore({ client, table: setting(environment, 'outboxTable') }),
  nowMs: systemClock.nowMs,
  pause: (ms) => pause(ms),
  // Whoever posts an operation has given up after half a minute, and clocks agree to the second.
  settleMs: 60_000,
  report({ differences, ageHours, pass }) {
    const { place, accounts, unsettled } = pass;
    logger.info('reconciled', { name: pass.name, place, accounts, unsettled, differences });
    metrics.addMetric(metricNames.reconciliationDifferences, MetricUnit.Count, differences);
    metrics.addMetric(metricNames.reconciliationAgeHours, MetricUnit.NoUnit, ageHours);
    metrics.publishStoredMetrics();
  },
};

export const handler = (event: unknown) => reconcileDay(event, ports);
