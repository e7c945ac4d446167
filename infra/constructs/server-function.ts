/** A Lambda function with a role of its own that may do what is listed and nothing else. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { settingNames } from '#wire/setting-names.ts';
import type { Stage } from '../settings.ts';
import type { Bundles } from './bundles.ts';

export type Settings = Partial<Record<keyof typeof settingNames, string>>;

type ServerFunctionProps = {
  /** The folder under functions/. */
  name: string;
  /** Where somebody must find the function by name; CloudFormation makes one up otherwise. */
  functionName?: string;
  description: string;
  stage: Stage;
  bundles: Bundles;
  settings: Settings;
  allow: PolicyStatement[];
  timeoutSeconds?: number;
  memoryMiB?: number;
  /** Given to the functions that call a matcher. */
  network?: { vpc: IVpc; securityGroup: ISecurityGroup };
};

/** Lambda attaches a function to a VPC by these, and AWS lets none of them name a resource. */
const networkActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

export class ServerFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ServerFunctionProps) {
    super(scope, id);
    const { stage, network } = props;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What functions/${props.name} may do`,
    });
    const logGroup = createLogGroup(this, stage);
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    for (const statement of props.allow) role.addToPolicy(statement);
    if (network)
      role.addToPolicy(new PolicyStatement({ actions: networkActions, resources: ['*'] }));

    this.lambda = new LambdaFunction(this, 'Function', {
      ...(props.functionName && { functionName: props.functionName }),
      description: props.description,
      code: Code.fromAsset(props.bundles.functionFolder(props.name)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB ?? 512,
      timeout: Duration.seconds(props.timeoutSeconds ?? 10),
      environment: {
        ...environmentOf({ stage: stage.name, ...props.settings }),
        NODE_OPTIONS: '--enable-source-maps',
      },
      role,
      logGroup,
      ...(network && {
        vpc: network.vpc,
        // No route to the internet is wanted: a function gets no public address in any subnet.
        allowPublicSubnet: true,
        vpcSubnets: { subnets: network.vpc.publicSubnets },
        securityGroups: [network.securityGroup],
      }),
    });
    if (network) onlyForLambdaItself(this, role, this.lambda);
  }
}

/** The network permissions are for Lambda that runs the function; its code is denied them. */
function onlyForLambdaItself(scope: Construct, role: Role, lambda: LambdaFunction): void {
  const statement = new PolicyStatement({
    effect: Effect.DENY,
    actions: networkActions,
    resources: ['*'],
    conditions: { ArnEquals: { 'lambda:SourceFunctionArn': lambda.functionArn } },
  });
  new Policy(scope, 'NetworkOnlyForLambda', { roles: [role], statements: [statement] });
}

/** Environment variables by the names that `#cloud/settings.ts` reads. */
export function environmentOf(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      settingNames[name as keyof typeof settingNames],
      value,
    ]),
  );
}

export function createLogGroup(scope: Construct, stage: Stage, id = 'Logs'): LogGroup {
  return new LogGroup(scope, id, {
    retention: stage.logRetentionDays === 7 ? RetentionDays.ONE_WEEK : RetentionDays.THREE_MONTHS,
    removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}
