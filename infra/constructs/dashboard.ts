/** One page that answers: does it take orders, does it clear them, does anything wait? */
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Watched } from '../stacks/watch.ts';
import { outboxOldestMs } from './alarms.ts';

export function createDashboard(scope: Construct, watched: Watched, alarms: Alarm[]): void {
  const { journal, api, matcher, workers, money } = watched;
  const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 8 });
  const streams = [...journal.streams.values()];
  new Dashboard(scope, 'Dashboard', {
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms, width: 24, height: 4 })],
      [
        graph('Requests', [api.api.metricCount()]),
        graph('Latency p99', [api.api.metricLatency({ statistic: 'p99' })]),
        graph(
          'Matcher CPU %',
          [...matcher.services.values()].map((each) => each.metricCpuUtilization()),
        ),
      ],
      [
        graph(
          'Journal records',
          streams.map((each) => each.metricIncomingRecords({ statistic: 'Sum' })),
        ),
        graph(
          'Journal put latency',
          streams.map((each) => each.metricPutRecordLatency({ statistic: 'p99' })),
        ),
        graph(
          'Consumers behind, ms',
          [workers.settlement, workers.marketHistory, workers.archive].map((each) =>
            each.metric('IteratorAge', { statistic: 'Maximum' }),
          ),
        ),
      ],
      [
        graph('Outbox: oldest row, ms', [outboxOldestMs]),
        graph(
          'Outbox: oldest message, s',
          money.work.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage()),
        ),
        graph(
          'Dead letters',
          money.work.map(({ deadLetters }) =>
            deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
          ),
        ),
      ],
    ],
  });
}
