/** Files of statements: the bucket where they lie for some days, and the function that writes them, one message one export. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { exportKeptMs } from '#wire/export-request.ts';
import { exportKeys, historyKeys, ledgerKeys } from '#wire/table-keys.ts';
import type { Stage } from '../settings.ts';
import type { Bundles } from './bundles.ts';
import { onObjects, onPartitionsOf, readsMarkets, sendsTo, worksOff } from './permission.ts';
import { ServerFunction } from './server-function.ts';

/** Where the files are. */
export const exportPrefix = 'exports/';
/** A run saves what it has before its time is over, and sends its export on. */
export const exportRunSeconds = 120;

type StatementExportsProps = {
  stage: Stage;
  bundles: Bundles;
  ledger: ITableV2;
  history: ITableV2;
  queue: IQueue;
};

export class StatementExports extends Construct {
  readonly bucket: Bucket;
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: StatementExportsProps) {
    super(scope, id);
    this.bucket = this.fileBucket(props.stage);
    this.lambda = this.writer(props);
    new CfnEventSourceMapping(this, 'Messages', {
      functionName: this.lambda.functionName,
      eventSourceArn: props.queue.queueArn,
      // Each takes as long as a run may.
      batchSize: 1,
      // They read for as long as they run: orders and clearing come first.
      scalingConfig: { maximumConcurrency: 5 },
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    new Rule(this, 'Sweep', {
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new LambdaTarget(this.lambda)],
    });
  }

  private fileBucket(stage: Stage): Bucket {
    const bucket = new Bucket(this, 'Files', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // Whatever is in it can be asked for again.
      removalPolicy: RemovalPolicy.DESTROY,
      // Whoever has a file's URL may fetch it from our pages.
      cors: [{ allowedMethods: [HttpMethods.GET], allowedOrigins: stage.corsOrigins }],
    });
    bucket.addLifecycleRule({
      id: 'old-files',
      prefix: exportPrefix,
      expiration: Duration.millis(exportKeptMs),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    });
    return bucket;
  }

  private writer({ stage, bundles, ledger, history, queue }: StatementExportsProps) {
    return new ServerFunction(this, 'Exports', {
      name: 'exports',
      description: 'Writes files of statements',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        ledgerTable: ledger.tableName,
        historyTable: history.tableName,
        exportQueue: queue.queueUrl,
        exportBucket: this.bucket.bucketName,
      },
      allow: [
        onPartitionsOf(ledger, exportKeys.allOpen, ...changesExports, 'DeleteItem'),
        onPartitionsOf(ledger, ledgerKeys.entries(''), 'Query'),
        onPartitionsOf(ledger, ledgerKeys.depositsOf(''), 'Query'),
        onPartitionsOf(ledger, ledgerKeys.withdrawalsOf(''), 'Query'),
        onPartitionsOf(ledger, ledgerKeys.withdrawal('').pk, 'BatchGetItem'),
        onPartitionsOf(history, historyKeys.fill('', 0, '', 0, 'maker').pk, 'Query'),
        onPartitionsOf(history, historyKeys.doneOrder('', 0, '').pk, 'Query'),
        readsMarkets(history),
        ...onObjects(this.bucket, exportPrefix, 'GetObject', 'PutObject'),
        sendsTo(queue),
        worksOff(queue),
      ],
      timeoutSeconds: exportRunSeconds,
      // Rows become text: CPU, which Lambda gives by memory.
      memoryMiB: 1_024,
    }).lambda;
  }
}

/** What asking for exports and working on them takes: all of it in partitions of their own. */
export const changesExports = ['BatchGetItem', 'Query', 'PutItem'] as const;
