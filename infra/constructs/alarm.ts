/** One alarm: what it means in one sentence, and the runbook under docs/operations that says what to do. */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

export type AlarmTerms = {
  runbook: string;
  means: string;
  metric: IMetric;
  /** Alarms at this value and above, or below it where `below` is said. */
  threshold: number;
  below?: true;
  periods?: number;
  /** Silence is trouble too. */
  missingIsTrouble?: true;
};

export type Create = (id: string, terms: AlarmTerms) => Alarm;

export function createAlarm(scope: Construct, id: string, terms: AlarmTerms): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: `${terms.means} Runbook: docs/operations/${terms.runbook}.md`,
    metric: terms.metric,
    threshold: terms.threshold,
    comparisonOperator: terms.below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: terms.periods ?? 1,
    treatMissingData: terms.missingIsTrouble
      ? TreatMissingData.BREACHING
      : TreatMissingData.NOT_BREACHING,
  });
}

/** A metric of our own code: `#cloud/metrics.ts` writes it with the service's name. */
export const ownMetric = (
  metricName: string,
  service: string,
  period = Duration.minutes(1),
  statistic = 'Sum',
) =>
  new Metric({
    namespace: 'Crossbook',
    metricName,
    dimensionsMap: { service },
    statistic,
    period,
  });
