/** What lets a function run: a queue's messages, or the time. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Only what it names as failed comes again. It needs the permission `worksOff`. */
export function worksOffMessages(
  scope: Construct,
  id: string,
  { lambda, queue, batchSize = 10 }: { lambda: LambdaFunction; queue: IQueue; batchSize?: number },
): void {
  new CfnEventSourceMapping(scope, id, {
    functionName: lambda.functionName,
    eventSourceArn: queue.queueArn,
    batchSize,
    functionResponseTypes: ['ReportBatchItemFailures'],
  });
}

export function runsEveryMinute(scope: Construct, id: string, lambda: LambdaFunction): void {
  const schedule = Schedule.rate(Duration.minutes(1));
  new Rule(scope, id, { schedule, targets: [new LambdaTarget(lambda)] });
}
