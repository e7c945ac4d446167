/** What operators may do to markets and to money: functions without any route, one role for markets, each person's own rights for money. */
import { ArnFormat, CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { adjustmentsFunctionName } from '#wire/adjustments.ts';
import { archiveFunctionName, operationsFunctionName } from '#wire/operations.ts';
import { chainKeys, historyKeys, ledgerKeys } from '#wire/table-keys.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { chainParts, settlingSettings } from '../constructs/chain-access.ts';
import {
  may,
  onObjects,
  onPartitions,
  onPatterns,
  onTable,
  readsMarkets,
  readsStream,
  tendsDeadLetters,
} from '../constructs/permission.ts';
import { ServerFunction } from '../constructs/server-function.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { JournalStack } from './journal.ts';
import type { MoneyStack } from './money.ts';
import type { NetworkStack } from './network.ts';

type OperationsStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  journal: JournalStack;
  network: NetworkStack;
  money: MoneyStack;
};

export class OperationsStack extends Stack {
  readonly operations: LambdaFunction;
  readonly adjustments: LambdaFunction;

  constructor(scope: Construct, id: string, props: OperationsStackProps) {
    super(scope, id, { description: 'Crossbook: operators' });
    this.operations = this.operationsFunction(props);
    this.adjustments = this.adjustmentsFunction(props);
    this.operatorRole(props);
    this.adjusterPolicy(props);
    new CfnOutput(this, 'OperationsFunctionName', { value: this.operations.functionName });
    new CfnOutput(this, 'AdjustmentsFunctionName', { value: this.adjustments.functionName });
  }

  private operationsFunction({ stage, bundles, data, network }: OperationsStackProps) {
    return new ServerFunction(this, 'Operations', {
      name: 'operations',
      // Fixed, so that the command line finds it by the stage alone.
      functionName: operationsFunctionName(stage.name),
      description: 'Takes orders of operators to the matchers: market states, listings, fee tiers',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        leaseTable: data.leases.tableName,
        historyTable: data.history.tableName,
      },
      allow: [
        onTable(data.leases, 'GetItem'),
        readsMarkets(data.history),
        onPartitions(data.history, [historyKeys.assets], 'PutItem'),
      ],
      network: { vpc: network.vpc, securityGroup: network.callers },
      // A slow leader is asked twice.
      timeoutSeconds: 30,
    }).lambda;
  }

  /** In no network of ours: it asks AWS who its caller is. */
  private adjustmentsFunction({ stage, bundles, data }: OperationsStackProps) {
    return new ServerFunction(this, 'Adjustments', {
      name: 'adjustments',
      functionName: adjustmentsFunctionName(stage.name),
      description: 'Moves money by hand: one person proposes, two others approve',
      stage,
      bundles,
      settings: {
        catalog: JSON.stringify(stage.catalog),
        ledgerTable: data.ledger.tableName,
        outboxTable: data.outbox.tableName,
        historyTable: data.history.tableName,
        chainTable: data.chain.tableName,
        adjusters: JSON.stringify(stage.adjusters),
        ...settlingSettings(stage),
      },
      allow: [
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'),
        onPartitions(data.ledger, [ledgerKeys.proposals], 'Query'),
        onTable(data.outbox, 'PutItem'),
        // Their word on withdrawals; the list of those that are open is the only one.
        onPatterns(data.chain, chainParts.withdrawals, 'GetItem', 'BatchGetItem', 'PutItem'),
        onPartitions(data.chain, [chainKeys.openWithdrawals], 'Query'),
        readsMarkets(data.history),
      ],
      timeoutSeconds: 20,
    }).lambda;
  }

  /** For each adjuster's own user or permission set: a role that people share would let one of them be several. */
  private adjusterPolicy({ stage }: OperationsStackProps): void {
    new ManagedPolicy(this, 'AdjusterPolicy', {
      managedPolicyName: `crossbook-${stage.name}-adjuster`,
      description: `Proposes and approves adjustments of Crossbook ${stage.name}`,
      statements: [may('lambda:InvokeFunction', this.adjustments.functionArn)],
    });
  }

  /** Whoever may assume it in this account operates markets and reads journals; CloudTrail has each of them, and each invocation. */
  private operatorRole({ stage, data, journal, money }: OperationsStackProps): void {
    const name = `crossbook-${stage.name}-operator`;
    const policy = new ManagedPolicy(this, 'OperatorPolicy', {
      managedPolicyName: name,
      description: `Operates the markets of Crossbook ${stage.name}`,
      statements: [
        may('lambda:InvokeFunction', this.operations.functionArn),
        // `npm run ops -- reconcile`.
        may('lambda:InvokeFunction', money.reconciliation.day.functionArn),
        // A day's liabilities again, after a failure.
        may('lambda:InvokeFunction', money.proving.functionArn),
        // `npm run journal`: where the journals are, and all of them.
        may('lambda:GetFunctionConfiguration', this.functionArn(archiveFunctionName(stage.name))),
        readsStream(...journal.streams.values()),
        ...onObjects(journal.archive, 'journal/', 'GetObject'),
        // `npm run ops -- dead-letters`: what failed and why, and back into its queue with it.
        may('lambda:GetFunctionConfiguration', money.outboxSweep.functionArn),
        onTable(data.outbox, 'GetItem', 'Query'),
        ...tendsDeadLetters(money.work),
        // `npm run ops -- rebuild-ledger`: all of the ledger, and a shadow of it.
        onTable(data.ledger, 'GetItem', 'BatchGetItem', 'Query', 'Scan'),
        onTable(data.ledgerShadow, 'BatchGetItem', 'BatchWriteItem', 'Scan'),
      ],
    });
    const role = new Role(this, 'Operator', {
      roleName: name,
      description: `Operates the markets of Crossbook ${stage.name}`,
      assumedBy: new AccountRootPrincipal(),
      managedPolicies: [policy],
    });
    new CfnOutput(this, 'OperatorRoleArn', { value: role.roleArn });
  }
  private functionArn(resourceName: string): string {
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    return this.formatArn({ service: 'lambda', resource: 'function', resourceName, arnFormat });
  }
}
