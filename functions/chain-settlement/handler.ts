/** `chain-settlement`: puts what was cleared into batches and sends them; once a minute also what nobody rang for. */
import type { SQSEvent } from 'aws-lambda';
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { outboxHandler } from '#cloud/outbox-edge.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { rpcPoolOf } from '#cloud/rpc-pool-of.ts';
import { setting } from '#cloud/settings.ts';
import { oldestOpenBatch } from '#cloud/settlement-batches.ts';
import { isTransferPlanned } from '#cloud/settlement-due.ts';
import { settlingAt } from '#cloud/settlement-of.ts';
import { settle } from '#cloud/settlement-pass.ts';
import { readPlanAlone } from '#cloud/settlement-plan.ts';
import { transactionSenderOf } from '#cloud/transaction-sender-of.ts';
import { settleRow } from './settle-row.ts';
import { sweepBatches } from './sweep-batches.ts';

const environment = process.env;
const logger = createLogger('chain-settlement');
const metrics = createMetrics('chain-settlement');
const client = documentClient();
const where = { client, chainTable: setting(environment, 'chainTable') };
const rpc = await rpcPoolOf(environment, { clock, random: Math.random });
const report = (incident: string, what: { id: string; nonce: number; reason: string }) =>
  logger.error(`transaction sender: ${incident}`, what);
const sender = transactionSenderOf(environment, 'operatorKey', { client, rpc, clock, report });
const settling = settlingAt(environment, {
  ...{ rpc, sender },
  told(batchId, failing) {
    logger.error('fills would be rejected: insurance takes a side', { batchId, failing });
    metrics.addMetric(metricNames.fillsRejected, MetricUnit.Count, failing.length);
    metrics.publishStoredMetrics();
  },
});

/** A pass waits for the chain so long; the rest of the function's minute is for what it is doing then. */
const passMs = 25_000;
const pass = () => settle(settling, clock.nowMs() + passMs);

const rows = outboxHandler({
  topic: 'settle',
  outbox: createOutboxStore({ client, table: setting(environment, 'outboxTable') }),
  begin: () =>
    settleRow({
      settle: pass,
      plan: () => readPlanAlone(where),
      isTransferPlanned: (operationId) => isTransferPlanned(where, operationId),
    }),
  ...{ clock, logger },
});

async function sweep() {
  const oldestOpen = () => oldestOpenBatch(where);
  const swept = await sweepBatches({ settle: pass, oldestOpen, nowMs: clock.nowMs });
  metrics.addMetric(metricNames.batchOverdueMs, MetricUnit.Milliseconds, swept.overdueMs);
  metrics.addMetric(metricNames.settlementWaits, MetricUnit.Count, swept.waits ? 1 : 0);
  metrics.addMetric(metricNames.insuredOpen, MetricUnit.Count, swept.insuredOpen);
  metrics.publishStoredMetrics();
  if (swept.waits) logger.error('settlement waits for a person', swept);
  return swept;
}

export const handler = (event: Partial<SQSEvent>) =>
  event.Records ? rows(event as SQSEvent) : sweep();
