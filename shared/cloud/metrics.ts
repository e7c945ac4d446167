/** The one metrics module: CloudWatch embedded metric format, printed with the logs, so that no call leaves the process. */
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

export type { Metrics };
export { MetricUnit };

/** Every metric's name, so that alarms and code cannot differ. */
export const metricNames = {
  ordersAccepted: 'OrdersAccepted',
  ordersRefused: 'OrdersRefused',
  trades: 'Trades',
  journalPutMs: 'JournalPutMs',
  journalStopped: 'JournalStopped',
  snapshotFailed: 'SnapshotFailed',
  standbyStopped: 'StandbyStopped',
  clearedFrames: 'ClearedFrames',
  clearingMismatch: 'ClearingMismatch',
  marketHalted: 'MarketHalted',
  operations: 'Operations',
  reconciliationDifferences: 'ReconciliationDifferences',
  reconciliationAgeHours: 'ReconciliationAgeHours',
  feedMessages: 'FeedMessages',
  feedConnectionsGone: 'FeedConnectionsGone',
  outboxOverdue: 'OutboxOverdue',
  outboxOldestMs: 'OutboxOldestMs',
  exportsDone: 'ExportsDone',
  exportsFailed: 'ExportsFailed',
  liabilitiesAgeHours: 'LiabilitiesAgeHours',
  liabilitiesFailed: 'LiabilitiesFailed',
  liabilitiesUncovered: 'LiabilitiesUncovered',
  withdrawalSurprises: 'WithdrawalSurprises',
  withdrawalReviewMs: 'WithdrawalReviewMs',
  withdrawalOldestMs: 'WithdrawalOldestMs',
  chainIndexAgeMs: 'ChainIndexAgeMs',
  chainDeepReorg: 'ChainDeepReorg',
  guardOldestMs: 'GuardOldestMs',
  transactionOldestMs: 'TransactionOldestMs',
  senderIncidents: 'SenderIncidents',
  senderBatchesCovered: 'SenderBatchesCovered',
  rpcLatencyMs: 'RpcLatencyMs',
  rpcLagBlocks: 'RpcLagBlocks',
  rpcProvidersDegraded: 'RpcProvidersDegraded',
  rpcProviderLied: 'RpcProviderLied',
  batchOverdueMs: 'BatchOverdueMs',
  fillsRejected: 'FillsRejected',
  settlementWaits: 'SettlementWaits',
  insuredOpen: 'InsuredOpen',
} as const;

export const metricsNamespace = 'Crossbook';

/** Metrics of one service; call `publishStoredMetrics()` at the end of each piece of work. */
export function createMetrics(serviceName: string): Metrics {
  return new Metrics({ namespace: metricsNamespace, serviceName });
}
