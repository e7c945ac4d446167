/** Exports: writes files of statements to S3, one message one export; on its schedule it sends again what got stuck. */
import { randomBytes } from 'node:crypto';
import type { Context, EventBridgeEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { documentClient, partsClient, queueClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createExportFiles } from '#cloud/export-files.ts';
import { exportSender } from '#cloud/export-sender.ts';
import { createExportStore } from '#cloud/export-store.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { createStatementStore } from '#cloud/statement-store.ts';
import { runMessages } from './run-messages.ts';
import { sweepExports } from './sweep-exports.ts';

const environment = process.env;
const client = documentClient();
const ledger = { client, table: setting(environment, 'ledgerTable') };
const history = { client, table: setting(environment, 'historyTable') };
const queueUrl = setting(environment, 'exportQueue');
const logger = createLogger('exports');
const metrics = createMetrics('exports');

const ports = {
  store: createExportStore(ledger),
  files: createExportFiles({
    client: partsClient(),
    bucket: setting(environment, 'exportBucket'),
  }),
  statements: createStatementStore(ledger),
  history: createHistoryStore(history),
  markets: createMarketDirectory({
    ...history,
    catalog: catalogOf(environment),
    clock: systemClock,
  }),
  send: exportSender({ client: queueClient(), queueUrl }),
  clock: systemClock,
  newName: () => randomBytes(16).toString('hex'),
};

export async function handler(
  event: SQSEvent | EventBridgeEvent<string, unknown>,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<SQSBatchResponse | object> {
  if (!('Records' in event)) return sweepExports({ ...ports, nowMs: systemClock.nowMs() });
  const leftMs = () => context.getRemainingTimeInMillis();
  const run = await runMessages(event.Records, { ...ports, leftMs }, logger);
  metrics.addMetric(metricNames.exportsDone, MetricUnit.Count, run.done);
  metrics.addMetric(metricNames.exportsFailed, MetricUnit.Count, run.failed);
  metrics.publishStoredMetrics();
  return { batchItemFailures: run.again.map((itemIdentifier) => ({ itemIdentifier })) };
}
