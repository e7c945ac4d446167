/** Who settles on the chain what was cleared: by each row of the outbox, and each minute what nobody rang for. */

import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { chainKeys, outboxKeys } from '#wire/table-keys.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from '../stacks/data.ts';
import type { JournalStack } from '../stacks/journal.ts';
import type { Bundles } from './bundles.ts';
import { chainParts, chainSettings, readsChain, writesChain } from './chain-access.ts';
import type { ChainNodes } from './chain-nodes.ts';
import {
  may,
  onObjects,
  onPartitions,
  onPatterns,
  onTable,
  readsMarkets,
  readsStream,
  worksOff,
} from './permission.ts';
import { ServerFunction } from './server-function.ts';
import { runsEveryMinute, worksOffMessages } from './trigger.ts';

type ChainSettlementProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  journal: JournalStack;
  queue: IQueue;
  operatorKey: Key;
  /** Where nodes are found, and what it takes to read that. */
  reach: ChainNodes;
  timeoutSeconds: number;
};

export class ChainSettlement extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ChainSettlementProps) {
    super(scope, id);
    const { stage, bundles, data, journal, queue, operatorKey, reach, timeoutSeconds } = props;
    this.lambda = new ServerFunction(this, 'ChainSettlement', {
      name: 'chain-settlement',
      description: 'Puts what was cleared into batches, predicts them and sends them',
      ...{ stage, bundles, timeoutSeconds },
      settings: {
        ...{ ...chainSettings(stage), ...reach.settings },
        catalog: JSON.stringify(stage.catalog),
        chainTable: data.chain.tableName,
        ledgerTable: data.ledger.tableName,
        outboxTable: data.outbox.tableName,
        historyTable: data.history.tableName,
        journalStreams: journal.namesOf(Stack.of(this)),
        archiveBucket: journal.archive.bucketName,
        operatorKey: operatorKey.keyId,
      },
      allow: [
        ...reach.allow,
        ...this.tables(data),
        ...onObjects(journal.archive, 'journal/', 'GetObject'),
        readsStream(...journal.streams.values()),
        may('kms:Sign', operatorKey.keyArn),
        may('kms:GetPublicKey', operatorKey.keyArn),
        worksOff(queue),
      ],
      // Two thousand frames of each pair group.
      memoryMiB: 1_024,
    }).lambda;
    worksOffMessages(this, 'Messages', { lambda: this.lambda, queue });
    runsEveryMinute(this, 'EveryMinute', this.lambda);
  }

  private tables({ chain, ledger, outbox, history }: DataStack): PolicyStatement[] {
    return [
      readsChain(chain, [`${chainKeys.delegation('').pk}*`, `${chainKeys.delegationsOf('')}*`]),
      writesChain(chain, chainParts.settlement, chainParts.sending),
      onPatterns(chain, [`${chainKeys.signedOrder('').pk}*`], 'BatchWriteItem'),
      onTable(ledger, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'),
      onPartitions(
        outbox,
        [outboxKeys.topic('settle')],
        ...(['GetItem', 'Query', 'UpdateItem', 'DeleteItem'] as const),
      ),
      onPartitions(outbox, [outboxKeys.topic('notify')], 'PutItem'),
      readsMarkets(history),
    ];
  }
}
