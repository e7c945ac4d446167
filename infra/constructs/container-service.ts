/** A Fargate service of one bundled container: ARM64, read-only file system, a role of its own. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  AvailabilityZoneRebalancing,
  AwsLogDriverMode,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  type HealthCheck,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
  Secret as SecretVariable,
} from 'aws-cdk-lib/aws-ecs';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { settingNames } from '#wire/setting-names.ts';
import type { Stage } from '../settings.ts';
import type { Bundles } from './bundles.ts';
import { nodeFlags } from './node-flags.ts';
import { createLogGroup, environmentOf, type Settings } from './server-function.ts';

type ContainerServiceProps = {
  /** The folder under containers/. */
  name: string;
  stage: Stage;
  bundles: Bundles;
  cluster: ICluster;
  securityGroup: ISecurityGroup;
  cpuUnits: number;
  memoryMiB: number;
  /** Two: one works and one stands by, each in a zone of its own. One where absent. */
  tasks?: 1 | 2;
  settings: Settings;
  /** Settings that are secrets: ECS reads them when a task starts. */
  secrets?: Partial<Record<keyof typeof settingNames, ISecret>>;
  allow: PolicyStatement[];
  port?: number;
  healthCheck?: HealthCheck;
  /** Cheaper, may be interrupted with two minutes' notice. */
  spot?: boolean;
};

/**
 * A pair is replaced one by one: a third task comes and is caught up before an old one goes, which hands over where it leads.
 * A single task ends before the next one starts; it is never two.
 */
const deploymentOf = (tasks: 1 | 2) =>
  tasks === 2
    ? {
        desiredCount: 2,
        minHealthyPercent: 100,
        maxHealthyPercent: 150,
        // Fargate spreads tasks over the subnets' zones; this brings them apart again after a zone was out.
        availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      }
    : {
        desiredCount: 1,
        minHealthyPercent: 0,
        maxHealthyPercent: 100,
        // On by default, and it would need a second task for a while.
        availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
      };

export class ContainerService extends Construct {
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: ContainerServiceProps) {
    super(scope, id);
    const taskDefinition = this.taskDefinition(props);
    for (const statement of props.allow) taskDefinition.addToTaskRolePolicy(statement);
    this.service = new FargateService(this, 'Service', {
      cluster: props.cluster,
      taskDefinition,
      ...deploymentOf(props.tasks ?? 1),
      circuitBreaker: { rollback: true },
      // A public address is the way to AWS's APIs without NAT; the security group lets nobody in from there.
      assignPublicIp: true,
      vpcSubnets: { subnets: props.cluster.vpc.publicSubnets },
      securityGroups: [props.securityGroup],
      ...(props.spot && {
        capacityProviderStrategies: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      }),
    });
  }

  private taskDefinition(props: ContainerServiceProps): FargateTaskDefinition {
    const definition = new FargateTaskDefinition(this, 'Task', {
      cpu: props.cpuUnits,
      memoryLimitMiB: props.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    const secrets = Object.entries(props.secrets ?? {}).map(([name, secret]) => [
      settingNames[name as keyof typeof settingNames],
      SecretVariable.fromSecretsManager(secret),
    ]);
    definition.addContainer(props.name, {
      image: ContainerImage.fromAsset(props.bundles.containerFolder(props.name), {
        platform: Platform.LINUX_ARM64,
      }),
      command: ['node', ...nodeFlags, 'main.mjs'],
      environment: {
        ...environmentOf({ stage: props.stage.name, ...props.settings }),
        AWS_REGION: Stack.of(this).region,
        NODE_OPTIONS: '--enable-source-maps',
      },
      secrets: Object.fromEntries(secrets),
      readonlyRootFilesystem: true,
      stopTimeout: Duration.seconds(120),
      logging: LogDrivers.awsLogs({
        streamPrefix: props.name,
        logGroup: createLogGroup(this, props.stage),
        // Lines are lost rather than that a matcher waits for CloudWatch to take them.
        mode: AwsLogDriverMode.NON_BLOCKING,
      }),
      ...(props.port && { portMappings: [{ containerPort: props.port }] }),
      ...(props.healthCheck && { healthCheck: props.healthCheck }),
    });
    return definition;
  }
}
