/** Sender, started once a minute for almost as long: takes care that what was stored to be sent is mined and confirmed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { documentClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { rpcPoolOf } from '#cloud/rpc-pool-of.ts';
import { type SendingKey, transactionSenderOf } from '#cloud/transaction-sender-of.ts';
import { settingNames } from '#wire/setting-names.ts';
import { followSenders } from './follow-senders.ts';

const environment = process.env;
const logger = createLogger('sender');
const metrics = createMetrics('sender');
const rpc = await rpcPoolOf(environment, { clock, random: Math.random });
const client = documentClient();
const report = (incident: string, what: { id: string; nonce: number; reason: string }) => {
  logger.error(`transaction sender: ${incident}`, what);
  metrics.addMetric(metricNames.senderIncidents, MetricUnit.Count, 1);
};
// Only a stage with a faucet has the second key.
const keys = (['operatorKey', 'faucetKey'] as const satisfies SendingKey[]).filter(
  (key) => environment[settingNames[key]],
);
const senders = keys.map((key) => ({
  key,
  sender: transactionSenderOf(environment, key, { client, rpc, clock, report }),
}));
const lastMs = 8_000;
/** Whoever sends broadcasts at once, and the indexer says what was settled: nobody waits for these looks. */
const pollMs = 4_000;

export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) {
  const lastsMs = context.getRemainingTimeInMillis() - lastMs;
  const ports = { senders, clock, pause, report: warn };
  const { passes, states } = await followSenders(ports, { lastsMs, pollMs });
  const all = Object.values(states);
  const oldestMs = Math.max(...all.map(({ oldestUnminedMs }) => oldestUnminedMs));
  const covered = Math.min(...all.map(({ batchesCovered }) => batchesCovered));
  metrics.addMetric(metricNames.transactionOldestMs, MetricUnit.Milliseconds, oldestMs);
  metrics.addMetric(metricNames.senderBatchesCovered, MetricUnit.Count, covered);
  metrics.publishStoredMetrics();
  return { passes, oldestMs, covered };
}

function warn(problem: string, error: unknown): void {
  logger.warn(problem, { error });
}
