/** The journal's consumers. They never skip a record: they retry for ever, in order, and an alarm tells. */
import { Stack } from 'aws-cdk-lib';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { archiveFunctionName } from '#wire/operations.ts';
import { historyKeys } from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { settlingSettings } from '../constructs/chain-access.ts';
import { onObjects, onPartitions, onTable, readsStream } from '../constructs/permission.ts';
import { ServerFunction } from '../constructs/server-function.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { JournalStack } from './journal.ts';

type WorkersStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  journal: JournalStack;
};

export class WorkersStack extends Stack {
  /** journal → ledger */
  readonly settlement: LambdaFunction;
  /** journal → trades, candles, finished orders */
  readonly marketHistory: LambdaFunction;
  /** journal → S3, for as long as anybody wants to prove it */
  readonly archive: LambdaFunction;

  constructor(scope: Construct, id: string, props: WorkersStackProps) {
    super(scope, id, { description: 'Crossbook: consumers of the journal' });
    const { stage, bundles, data, journal } = props;
    const common = { stage, bundles, timeoutSeconds: 60 };
    const settings = { journalStreams: journal.namesOf(this) };
    const reads = readsStream(...journal.streams.values());

    this.settlement = new ServerFunction(this, 'Settlement', {
      ...common,
      name: 'settlement',
      description: 'Clears the journal into the ledger',
      settings: {
        ...settings,
        ledgerTable: data.ledger.tableName,
        outboxTable: data.outbox.tableName,
        ...settlingSettings(stage),
      },
      allow: [
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
        onTable(data.outbox, 'PutItem'),
        reads,
      ],
    }).lambda;
    this.marketHistory = new ServerFunction(this, 'MarketHistory', {
      ...common,
      name: 'market-history',
      description: 'Keeps trades, candles, finished orders and markets from the journal',
      settings: { ...settings, historyTable: data.history.tableName },
      allow: [
        onTable(data.history, 'GetItem', 'BatchGetItem', 'PutItem', 'BatchWriteItem'),
        onPartitions(data.history, [historyKeys.markets], 'UpdateItem'),
        reads,
      ],
    }).lambda;
    this.archive = new ServerFunction(this, 'Archive', {
      ...common,
      name: 'archive',
      // Fixed, so that `npm run journal` finds streams and bucket by the stage alone.
      functionName: archiveFunctionName(stage.name),
      description: 'Keeps the journal in S3',
      settings: {
        ...settings,
        archiveBucket: journal.archive.bucketName,
        // For operators, who ask it where things are: it may not touch these two.
        ledgerTable: data.ledger.tableName,
        shadowTable: data.ledgerShadow.tableName,
      },
      allow: [...onObjects(journal.archive, 'journal/', 'GetObject', 'PutObject'), reads],
    }).lambda;
    // A user's next order may wait for the clearing of the grant of this one.
    this.consume(journal, 'Settlement', this.settlement, { windowSeconds: 0, batchSize: 100 });
    this.consume(journal, 'MarketHistory', this.marketHistory, {
      windowSeconds: 0,
      batchSize: 100,
    });
    // Each batch is one object, and nobody waits for it: Lambda ends a batch at 6 MB whatever the window.
    this.consume(journal, 'Archive', this.archive, { windowSeconds: 10, batchSize: 10_000 });
  }

  private consume(
    journal: JournalStack,
    name: string,
    lambda: LambdaFunction,
    { windowSeconds, batchSize }: { windowSeconds: number; batchSize: number },
  ): void {
    for (const [groupId, stream] of journal.streams) {
      new CfnEventSourceMapping(this, `${name}-${groupId}`, {
        functionName: lambda.functionName,
        eventSourceArn: stream.streamArn,
        startingPosition: 'TRIM_HORIZON',
        batchSize,
        maximumBatchingWindowInSeconds: windowSeconds,
        functionResponseTypes: ['ReportBatchItemFailures'],
        maximumRetryAttempts: -1,
        maximumRecordAgeInSeconds: -1,
        bisectBatchOnFunctionError: false,
        parallelizationFactor: 1,
      });
    }
  }
}
