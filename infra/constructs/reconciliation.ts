/** Who looks whether money adds up: after every run that is cleared, and over all accounts once a day. */
import { CfnOutput, Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { reconcileDayFunctionName } from '#wire/reconciliation-report.ts';
import { outboxKeys, reconciliationKeys } from '#wire/table-keys.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from '../stacks/data.ts';
import type { Bundles } from './bundles.ts';
import { readsVault, vaultSettings } from './chain-access.ts';
import {
  onObjects,
  onPartitions,
  onPartitionsOf,
  onTable,
  readsStream,
  worksOff,
} from './permission.ts';
import { ServerFunction } from './server-function.ts';

type ReconciliationProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  archive: IBucket;
  streams: readonly IStream[];
  /** Pair group → stream name, as a setting. */
  streamNames: string;
  queue: IQueue;
};

export class Reconciliation extends Construct {
  /** Each cleared run against the journal. */
  readonly runs: LambdaFunction;
  /** Every account, once a day and on demand. */
  readonly day: LambdaFunction;

  constructor(scope: Construct, id: string, props: ReconciliationProps) {
    super(scope, id);
    this.runs = this.runsFunction(props);
    this.day = this.dayFunction(props);
    new CfnEventSourceMapping(this, 'Messages', {
      functionName: this.runs.functionName,
      eventSourceArn: props.queue.queueArn,
      batchSize: 10,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    // It works on yesterday until that is finished, and then only says so.
    new Rule(this, 'Schedule', {
      schedule: Schedule.rate(Duration.minutes(15)),
      targets: [new LambdaTarget(this.day)],
    });
    new CfnOutput(this, 'DayFunctionName', { value: this.day.functionName }).overrideLogicalId(
      'ReconcileDayFunctionName',
    );
  }

  private runsFunction(props: ReconciliationProps): LambdaFunction {
    const { stage, bundles, data, archive, streams, queue } = props;
    const { ledger, outbox } = data;
    return new ServerFunction(this, 'Runs', {
      name: 'reconcile',
      description: 'Compares each cleared run with the journal',
      stage,
      bundles,
      settings: settingsOf(props),
      allow: [
        onTable(ledger, 'GetItem', 'BatchGetItem', 'Query'),
        onPartitionsOf(ledger, reconciliationKeys.differences(''), 'PutItem'),
        onPartitions(
          outbox,
          [outboxKeys.topic('reconcile')],
          ...(['GetItem', 'UpdateItem', 'DeleteItem'] as const),
        ),
        ...onObjects(archive, 'journal/', 'GetObject'),
        readsStream(...streams),
        worksOff(queue),
      ],
      timeoutSeconds: 30,
      memoryMiB: 1_024,
    }).lambda;
  }

  private dayFunction(props: ReconciliationProps): LambdaFunction {
    const { stage, bundles, data, archive, streams } = props;
    const { ledger, outbox } = data;
    return new ServerFunction(this, 'Day', {
      name: 'reconcile-day',
      // Fixed, so that an operator invokes it by the stage alone.
      functionName: reconcileDayFunctionName(stage.name),
      description: 'Compares every account with its entries, the engines and the vault',
      stage,
      bundles,
      settings: { ...settingsOf(props), ...(stage.chain.settles && vaultSettings(stage, data)) },
      allow: [
        ...(stage.chain.settles ? readsVault(data) : []),
        onTable(ledger, 'GetItem', 'BatchGetItem', 'Query'),
        onPartitionsOf(ledger, reconciliationKeys.differences(''), 'PutItem', 'DeleteItem'),
        onPartitionsOf(ledger, reconciliationKeys.allSums(''), 'PutItem'),
        onPartitions(ledger, [reconciliationKeys.days], 'PutItem'),
        onPartitions(outbox, [outboxKeys.topic('reconcile')], 'Query'),
        ...onObjects(archive, 'journal/', 'GetObject'),
        ...onObjects(archive, 'snapshots/', 'GetObject'),
        readsStream(...streams),
      ],
      // A step takes four minutes at most, and saves where it is.
      timeoutSeconds: 300,
      // A million lines of credit in memory.
      memoryMiB: 1_769,
    }).lambda;
  }
}

/** Both read the same places. */
const settingsOf = ({ data, archive, streamNames }: ReconciliationProps) => ({
  ledgerTable: data.ledger.tableName,
  outboxTable: data.outbox.tableName,
  journalStreams: streamNames,
  archiveBucket: archive.bucketName,
});
