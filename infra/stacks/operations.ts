/** What operators may do to markets: one function without any route, and the one role that may invoke it. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { operationsFunctionName } from '#wire/operations.ts';
import type { Bundles } from '../constructs/bundles.ts';
import { may, onTable, readsMarkets } from '../constructs/permission.ts';
import { ServerFunction } from '../constructs/server-function.ts';
import type { Stage } from '../settings.ts';
import type { DataStack } from './data.ts';
import type { NetworkStack } from './network.ts';

type OperationsStackProps = {
  stage: Stage;
  bundles: Bundles;
  data: DataStack;
  network: NetworkStack;
};

export class OperationsStack extends Stack {
  readonly operations: LambdaFunction;

  constructor(scope: Construct, id: string, props: OperationsStackProps) {
    super(scope, id, { description: 'Crossbook: operators' });
    this.operations = this.operationsFunction(props);
    this.operatorRole(props.stage);
    new CfnOutput(this, 'OperationsFunctionName', { value: this.operations.functionName });
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
      allow: [onTable(data.leases, 'GetItem'), readsMarkets(data.history)],
      network: { vpc: network.vpc, securityGroup: network.callers },
      // A slow leader is asked twice.
      timeoutSeconds: 30,
    }).lambda;
  }

  /** Whoever may assume it in this account operates markets; CloudTrail has each of them, and each invocation. */
  private operatorRole(stage: Stage): void {
    const name = `crossbook-${stage.name}-operator`;
    const policy = new ManagedPolicy(this, 'OperatorPolicy', {
      managedPolicyName: name,
      description: `Operates the markets of Crossbook ${stage.name}`,
      statements: [may('lambda:InvokeFunction', this.operations.functionArn)],
    });
    const role = new Role(this, 'Operator', {
      roleName: name,
      description: `Operates the markets of Crossbook ${stage.name}`,
      assumedBy: new AccountRootPrincipal(),
      managedPolicies: [policy],
    });
    new CfnOutput(this, 'OperatorRoleArn', { value: role.roleArn });
  }
}
