/** Who acts on what users take back on the chain, at its head: in the VPC, because matchers must hear of it. */
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { outboxKeys } from '#wire/table-keys.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Bundles } from './bundles.ts';
import {
  chainParts,
  chainSettings,
  consumerParts,
  readsChain,
  writesChain,
} from './chain-access.ts';
import { onPartitions, onTable, readsMarkets, worksOff } from './permission.ts';
import { ServerFunction } from './server-function.ts';
import { runsEveryMinute, worksOffMessages } from './trigger.ts';

type ChainGuardProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  network: NetworkStack;
  queue: IQueue;
  timeoutSeconds: number;
};

export class ChainGuard extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ChainGuardProps) {
    super(scope, id);
    const { stage, bundles, data, network, queue, timeoutSeconds } = props;
    this.lambda = new ServerFunction(this, 'ChainGuard', {
      name: 'chain-guard',
      description:
        'Acts on exits, cancels and revocations on the chain, and tells matchers of its head',
      ...{ stage, bundles, timeoutSeconds },
      settings: {
        ...chainSettings(stage),
        catalog: JSON.stringify(stage.catalog),
        chainTable: data.chain.tableName,
        ledgerTable: data.ledger.tableName,
        outboxTable: data.outbox.tableName,
        historyTable: data.history.tableName,
        leaseTable: data.leases.tableName,
      },
      allow: [
        readsChain(data.chain, chainParts.facts),
        writesChain(data.chain, consumerParts('guard'), chainParts.accounts, chainParts.guard),
        onTable(data.leases, 'GetItem'),
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
        onTable(data.outbox, 'PutItem'),
        onPartitions(
          data.outbox,
          [outboxKeys.topic('guard')],
          ...(['GetItem', 'UpdateItem', 'DeleteItem'] as const),
        ),
        readsMarkets(data.history),
        worksOff(queue),
      ],
      network: { vpc: network.vpc, securityGroup: network.callers },
    }).lambda;
    worksOffMessages(this, 'Messages', { lambda: this.lambda, queue });
    runsEveryMinute(this, 'EveryMinute', this.lambda);
  }
}
