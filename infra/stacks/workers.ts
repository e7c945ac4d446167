/** The journal's consumers. They never skip a record: they retry for ever, in order, and an alarm tells. */
import { Stack } from 'aws-cdk-lib';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { historyKeys } from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { onPartitions, onTable, readsStream } from '../constructs/permission.ts';
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
      settings: { ...settings, ledgerTable: data.ledger.tableName },
      allow: [
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
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
    this.consume(journal, 'Settlement', this.settlement);
    this.consume(journal, 'MarketHistory', this.marketHistory);
  }

  private consume(journal: JournalStack, name: string, lambda: LambdaFunction): void {
    for (const [groupId, stream] of journal.streams) {
      new CfnEventSourceMapping(this, `${name}-${groupId}`, {
        functionName: lambda.functionName,
        eventSourceArn: stream.streamArn,
        startingPosition: 'TRIM_HORIZON',
        batchSize: 100,
        // A user's next order may wait for the clearing of the grant of this one.
        maximumBatchingWindowInSeconds: 0,
        functionResponseTypes: ['ReportBatchItemFailures'],
        maximumRetryAttempts: -1,
        maximumRecordAgeInSeconds: -1,
        bisectBatchOnFunctionError: false,
        parallelizationFactor: 1,
      });
    }
  }
}
