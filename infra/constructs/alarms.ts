/** Every alarm of a stage. */
import { Duration } from 'aws-cdk-lib';
import { type Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { groupIdsOf } from '../settings.ts';
import type { Watched } from '../stacks/watch.ts';
import { type AlarmTerms, type Create, createAlarm, ownMetric } from './alarm.ts';
import { chainAlarms } from './chain-alarms.ts';

export function createAlarms(scope: Construct, watched: Watched): Alarm[] {
  const create = (id: string, terms: AlarmTerms) => createAlarm(scope, id, terms);
  return [
    ...journalAlarms(watched, create),
    ...functionAlarms(watched, create),
    ...moneyAlarms(watched, create),
    ...marketAlarms(create),
    ...matcherAlarms(watched, create),
    ...apiAlarms(watched, create),
    ...chainAlarms(watched.stage, create),
  ];
}

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

export const outboxOldestMs = ownMetric('OutboxOldestMs', 'outbox-sweep', minute, 'Maximum');

function journalAlarms({ journal, workers }: Watched, create: Create): Alarm[] {
  const consumers = [
    { id: 'Settlement', service: 'settlement', lambda: workers.settlement },
    { id: 'MarketHistory', service: 'market-history', lambda: workers.marketHistory },
    { id: 'Archive', service: 'archive', lambda: workers.archive },
  ];
  return [
    ...consumers.flatMap(({ id, service, lambda }) => [
      // The metric is the oldest over the function's mappings, so one alarm watches every pair group.
      create(`${id}Behind`, {
        runbook: 'journal-consumer-behind',
        means: `functions/${service} is more than a minute behind the journal.`,
        metric: lambda.metric('IteratorAge', { statistic: 'Maximum', period: minute }),
        threshold: 60_000,
        periods: 3,
      }),
      create(`${id}Stopped`, {
        runbook: 'journal-stopped',
        means: `functions/${service} met a journal record that it may not pass.`,
        metric: ownMetric('JournalStopped', service),
        threshold: 1,
      }),
      create(`${id}Mismatch`, {
        runbook: 'clearing-mismatch',
        means: `functions/${service} found what it writes not as it left it.`,
        metric: ownMetric('ClearingMismatch', service),
        threshold: 1,
      }),
    ]),
    ...[...journal.streams].map(([groupId, stream]) =>
      create(`JournalThrottled-${groupId}`, {
        runbook: 'journal-throttled',
        means: `The journal of ${groupId} took no more writes.`,
        metric: stream.metricWriteProvisionedThroughputExceeded({
          statistic: 'Sum',
          period: minute,
        }),
        threshold: 1,
        periods: 3,
      }),
    ),
  ];
}

function functionAlarms(
  { api, feed, workers, money, operations, chain }: Watched,
  create: Create,
): Alarm[] {
  const functions = [
    ...api.functions,
    ...feed.functions,
    workers.settlement,
    workers.marketHistory,
    workers.archive,
    ...money.functions,
    ...chain.functions,
    operations.operations,
    operations.adjustments,
  ];
  const errors = functions.map((lambda) => {
    const name = lambda.node.scope?.node.id ?? lambda.node.id;
    return create(`${name}Errors`, {
      runbook: 'function-errors',
      means: `The function ${name} failed without an answer.`,
      metric: lambda.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 3,
    });
  });
  return [
    ...errors,
    // Concurrency is the account's: whichever function met its limit, all are about to.
    create('FunctionThrottles', {
      runbook: 'function-throttles',
      means: "A function was not run because the account's concurrency is used up.",
      metric: new Metric({
        ...{ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum' },
        period: fiveMinutes,
      }),
      threshold: 1,
    }),
  ];
}

function moneyAlarms({ money }: Watched, create: Create): Alarm[] {
  return [
    create('OutboxOverdue', {
      runbook: 'outbox-overdue',
      means: 'What should follow from moved money has waited for five minutes, or nobody looks.',
      metric: outboxOldestMs,
      threshold: 300_000,
      periods: 3,
      // The sweep says so every minute, 0 too.
      missingIsTrouble: true,
    }),
    create('ExportsFailed', {
      runbook: 'exports-failed',
      means: 'Files of statements could not be written, each after five attempts.',
      metric: ownMetric('ExportsFailed', 'exports', fiveMinutes),
      threshold: 1,
    }),
    ...liabilityAlarms(create),
    ...reconciliationAlarms(create),
    ...money.work.map(({ deadLetters }) =>
      create(deadLetters.node.id, {
        runbook: 'dead-letters',
        means: `A message was tried too often and lies among the ${deadLetters.node.id}.`,
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({
          statistic: 'Maximum',
          period: fiveMinutes,
        }),
        threshold: 1,
      }),
    ),
  ];
}

function reconciliationAlarms(create: Create): Alarm[] {
  const greatest = (name: string, service: string, period: Duration) =>
    ownMetric(name, service, period, 'Maximum');
  return [
    create('ReconciliationDifferences', {
      runbook: 'reconciliation',
      means: 'Money does not add up: a balance, a credit or the vault is not what entries say.',
      metric: greatest('ReconciliationDifferences', 'reconcile-day', Duration.minutes(15)),
      threshold: 1,
    }),
    create('ReconciliationRuns', {
      runbook: 'reconciliation',
      means: 'A cleared run is not what its frames of the journal say.',
      metric: ownMetric('ReconciliationDifferences', 'reconcile'),
      threshold: 1,
    }),
    create('ReconciliationLate', {
      runbook: 'reconciliation',
      means: 'No day has been reconciled for more than a day, or nobody looks.',
      metric: greatest('ReconciliationAgeHours', 'reconcile-day', Duration.hours(1)),
      threshold: 26,
      missingIsTrouble: true,
    }),
  ];
}

/** The function says all three with each run, every quarter of an hour. */
function liabilityAlarms(create: Create): Alarm[] {
  const greatest = (name: string) => ownMetric(name, 'liabilities', Duration.hours(1), 'Maximum');
  return [
    create('LiabilitiesLate', {
      runbook: 'liabilities',
      means: 'What users were owed yesterday is not published yet, or nobody looks.',
      metric: greatest('LiabilitiesAgeHours'),
      threshold: 26,
      missingIsTrouble: true,
    }),
    create('LiabilitiesFailed', {
      runbook: 'liabilities',
      means: 'What users were owed on a day does not add up, and is not published.',
      metric: greatest('LiabilitiesFailed'),
      threshold: 1,
    }),
    create('LiabilitiesUncovered', {
      runbook: 'liabilities',
      means: 'The vault held less than users were owed.',
      metric: greatest('LiabilitiesUncovered'),
      threshold: 1,
    }),
  ];
}

function marketAlarms(create: Create): Alarm[] {
  return [
    create('MarketHalted', {
      runbook: 'markets',
      means: 'A market halted itself: the next fill was too far from the mean price.',
      metric: ownMetric('MarketHalted', 'market-history'),
      threshold: 1,
    }),
  ];
}

function matcherAlarms({ stage, data, matcher }: Watched, create: Create): Alarm[] {
  const renewalsPerMinute = (60_000 / stage.leaseMs) * 3;
  const groups = groupIdsOf(stage).length;
  return [
    ...[...matcher.services].flatMap(([groupId, service]) => [
      // Each running task reports its CPU once a minute: the number of samples counts the tasks,
      // without the price of Container Insights.
      create(`MatcherNotRunning-${groupId}`, {
        runbook: 'matcher-not-running',
        means: `No matcher of ${groupId} has run for three minutes.`,
        metric: service.metricCpuUtilization({ statistic: 'SampleCount', period: minute }),
        threshold: 1,
        below: true,
        periods: 3,
        missingIsTrouble: true,
      }),
      create(`MatcherBusy-${groupId}`, {
        runbook: 'matcher-busy',
        means: `A matcher of ${groupId} uses nearly all of its CPU.`,
        // Of the leader: a standby does less, and would halve the average.
        metric: service.metricCpuUtilization({ statistic: 'Maximum', period: minute }),
        threshold: 80,
        periods: 5,
      }),
    ]),
    create('SnapshotFailed', {
      runbook: 'snapshot-failed',
      means:
        'Matchers could not write snapshots for most of an hour: a recovery replays ever more.',
      metric: ownMetric('SnapshotFailed', 'matcher', Duration.hours(1)),
      threshold: 3,
    }),
    ...standbyAlarms({ stage, matcher }, create),
    // Leaders renew their leases and nobody else writes often to this table: fewer writes than all
    // groups' leaders make, by half a leader, mean that one is missing.
    create('LeaderMissing', {
      runbook: 'leader-missing',
      means: 'A pair group has had no leader for three minutes.',
      metric: data.leases.metricConsumedWriteCapacityUnits({ statistic: 'Sum', period: minute }),
      threshold: (groups - 0.5) * renewalsPerMinute,
      below: true,
      periods: 3,
      missingIsTrouble: true,
    }),
  ];
}

function standbyAlarms(
  { stage, matcher }: Pick<Watched, 'stage' | 'matcher'>,
  create: Create,
): Alarm[] {
  if (stage.matcher.tasks < 2) return [];
  return [
    create('StandbyStopped', {
      runbook: 'standby-stopped',
      means:
        'A standby met a journal that it cannot follow, or came to another state than the leader.',
      metric: ownMetric('StandbyStopped', 'matcher'),
      threshold: 1,
    }),
    ...[...matcher.services].map(([groupId, service]) =>
      create(`StandbyMissing-${groupId}`, {
        runbook: 'standby-stopped',
        means: `Only one matcher of ${groupId} has run for ten minutes.`,
        metric: service.metricCpuUtilization({ statistic: 'SampleCount', period: minute }),
        threshold: stage.matcher.tasks,
        below: true,
        periods: 10,
      }),
    ),
  ];
}

function apiAlarms({ api, feed }: Watched, create: Create): Alarm[] {
  return [
    create('ApiFaults', {
      runbook: 'api-faults',
      means: 'The REST API answered with 5xx.',
      metric: api.api.metricServerError({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 5,
    }),
    create('FeedFaults', {
      runbook: 'feed-faults',
      means: 'WebSocket messages were not answered.',
      metric: feed.api.metric('IntegrationError', { statistic: 'Sum', period: fiveMinutes }),
      threshold: 5,
    }),
  ];
}
