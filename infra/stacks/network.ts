/** The network: public subnets without NAT, closed security groups, gateways to DynamoDB and S3. */
import { Stack } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { createLogGroup } from '../constructs/server-function.ts';
import type { Stage } from '../settings.ts';

/** Where a matcher listens. */
export const matcherPort = 8080;

export class NetworkStack extends Stack {
  readonly vpc: Vpc;
  /** Of the functions that call a matcher. */
  readonly callers: SecurityGroup;
  readonly matchers: SecurityGroup;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id, { description: 'Crossbook: network' });
    this.vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 20 }],
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
      // Emptied by a custom resource, which only a real account can run.
      restrictDefaultSecurityGroup: stage.name !== 'local',
    });
    this.vpc.addFlowLog('Rejected', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(createLogGroup(this, stage, 'FlowLogs')),
    });

    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound: false });
    this.callers = group('Callers', 'Functions that call a matcher');
    this.matchers = group('Matchers', 'Matchers');

    const port = Port.tcp(matcherPort);
    const aws = Port.tcp(443);
    this.matchers.addIngressRule(this.callers, port, 'commands and queries');
    this.matchers.addIngressRule(this.matchers, port, 'credit demanded by another pair group');
    this.matchers.addEgressRule(this.matchers, port, 'credit demanded of another pair group');
    this.callers.addEgressRule(this.matchers, port, 'commands and queries');
    this.matchers.addEgressRule(Peer.anyIpv4(), aws, 'AWS APIs');
    this.callers.addEgressRule(
      Peer.anyIpv4(),
      aws,
      'DynamoDB, by its gateway: no other route exists',
    );
  }
}
