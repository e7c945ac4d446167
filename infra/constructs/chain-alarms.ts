/** What may go wrong between the chain and us. */
import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Stage } from '../settings.ts';
import { type Create, ownMetric } from './alarm.ts';

const [minute, fiveMinutes] = [Duration.minutes(1), Duration.minutes(5)];
const hourMs = 3_600_000;

export function chainAlarms({ chain: { terms, settles } }: Stage, create: Create): Alarm[] {
  const greatest = (name: string, service: string, period = minute) =>
    ownMetric(name, service, period, 'Maximum');
  return [
    create('ChainIndexBehind', {
      runbook: 'chain-index-behind',
      means: 'What the chain says is not written down any more: deposits and exits go unseen.',
      metric: greatest('ChainIndexAgeMs', 'indexer'),
      threshold: Math.max(10 * terms.blockMs, 120_000),
      periods: 3,
      missingIsTrouble: true,
    }),
    create('ChainDeepReorg', {
      runbook: 'deep-reorg',
      means: 'The chain took back more blocks than are taken for final: nothing is credited.',
      metric: greatest('ChainDeepReorg', 'indexer'),
      threshold: 1,
    }),
    create('RpcDegraded', {
      runbook: 'rpc-degraded',
      means: 'A provider of the chain has been slow, behind or silent for a quarter of an hour.',
      metric: greatest('RpcProvidersDegraded', 'indexer', fiveMinutes),
      threshold: 1,
      periods: 3,
    }),
    create('GuardBehind', {
      runbook: 'guard-behind',
      means:
        'What a user took back on the chain is not done here for minutes: an order may still trade.',
      metric: greatest('GuardOldestMs', 'chain-guard'),
      threshold: 300_000,
      periods: 3,
    }),
    ...sendingAlarms(terms.stuckAfterSeconds * 1_000, create),
    ...withdrawalAlarms(create),
    ...(settles ? settlementAlarms(5 * terms.stuckAfterSeconds * 1_000, create) : []),
  ];
}

function settlementAlarms(stuckMs: number, create: Create): Alarm[] {
  const greatest = (name: string) => ownMetric(name, 'chain-settlement', minute, 'Maximum');
  return [
    create('BatchOverdue', {
      runbook: 'batch-overdue',
      means: 'A batch of trades is planned and not mined, or nobody looks any more.',
      metric: greatest('BatchOverdueMs'),
      threshold: Math.max(600_000, stuckMs),
      periods: 3,
      missingIsTrouble: true,
    }),
    create('FillsRejected', {
      runbook: 'fill-rejected',
      means: 'A side of a matched trade could not settle: insurance took its place.',
      metric: ownMetric('FillsRejected', 'chain-settlement', fiveMinutes),
      threshold: 1,
    }),
    create('InsuredOpen', {
      runbook: 'fill-rejected',
      means: 'The ledger could not follow for an hour what insurance took over on the chain.',
      metric: ownMetric('InsuredOpen', 'chain-settlement', Duration.hours(1), 'Minimum'),
      threshold: 1,
    }),
    create('SettlementWaits', {
      runbook: 'settlement-waits',
      means: 'A batch cannot be sent without a person: insurance lacks funds, or it would revert.',
      metric: greatest('SettlementWaits'),
      threshold: 1,
      periods: 2,
    }),
  ];
}

function sendingAlarms(stuckAfterMs: number, create: Create): Alarm[] {
  return [
    create('TransactionStuck', {
      runbook: 'transaction-stuck',
      means: 'A transaction is not mined although its fees were raised several times.',
      metric: ownMetric('TransactionOldestMs', 'sender', minute, 'Maximum'),
      threshold: 5 * stuckAfterMs,
      periods: 3,
    }),
    create('SenderIncidents', {
      runbook: 'transaction-stuck',
      means: 'A signing account did something that its sender did not, or reached its fee cap.',
      metric: ownMetric('SenderIncidents', 'sender', fiveMinutes),
      threshold: 1,
    }),
    create('OperatorLowOnCoin', {
      runbook: 'operator-low-on-coin',
      means: 'A signing account has coin for few more batches at the highest fee that it may pay.',
      metric: ownMetric('SenderBatchesCovered', 'sender', fiveMinutes, 'Minimum'),
      threshold: 20,
      below: true,
      periods: 3,
    }),
  ];
}

function withdrawalAlarms(create: Create): Alarm[] {
  const oldest = (name: string) => ownMetric(name, 'withdrawals', fiveMinutes, 'Maximum');
  return [
    create('WithdrawalReviewLate', {
      runbook: 'withdrawals',
      means: 'A withdrawal has waited for a review for more than an hour.',
      metric: oldest('WithdrawalReviewMs'),
      threshold: hourMs,
    }),
    create('WithdrawalLate', {
      runbook: 'withdrawals',
      means: 'A withdrawal that nobody has to look at is on its way for more than two hours.',
      metric: oldest('WithdrawalOldestMs'),
      threshold: 2 * hourMs,
    }),
    create('WithdrawalSurprises', {
      runbook: 'withdrawals',
      means: 'The vault paid a withdrawal that was not to be paid.',
      metric: ownMetric('WithdrawalSurprises', 'chain-facts', fiveMinutes),
      threshold: 1,
    }),
  ];
}
