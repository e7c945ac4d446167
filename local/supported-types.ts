/** Which resource types the local cloud runs, which have no local meaning, and the refusal of all others. */
import type { Assembly } from './assembly.ts';

/** Types that the local cloud gives a real counterpart. */
const RUN_TYPES: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::IntegrationResponse',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::RouteResponse',
  'AWS::ApiGatewayV2::Stage',
  'AWS::ApiGatewayV2::Deployment',
  'AWS::CloudFormation::CustomResource',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::ECS::Service',
  'AWS::ECS::TaskDefinition',
  'AWS::Events::Rule',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Kinesis::Stream',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::SSM::Parameter',
  'AWS::Scheduler::Schedule',
  'AWS::SecretsManager::Secret',
]);

/** Types that change nothing on one machine: permissions, networks, watching, naming. */
const IDLE_TYPES: readonly RegExp[] = [
  /^AWS::IAM::/,
  /^AWS::EC2::/,
  /^AWS::CDK::Metadata$/,
  /^AWS::CloudWatch::(Alarm|CompositeAlarm|AnomalyDetector|Dashboard)$/,
  /^AWS::Logs::(LogGroup|MetricFilter|ResourcePolicy|QueryDefinition)$/,
  /^AWS::Lambda::(Permission|Version|Alias)$/,
  /^AWS::(S3::Bucket|SQS::Queue|SNS::Topic|ECR::Repository)Policy$/,
  /^AWS::SNS::(Topic|Subscription|TopicPolicy)$/,
  /^AWS::SecretsManager::(ResourcePolicy|RotationSchedule|SecretTargetAttachment)$/,
  /^AWS::ApplicationAutoScaling::/,
  /^AWS::ECS::(Cluster|ClusterCapacityProviderAssociations|CapacityProvider)$/,
  /^AWS::Scheduler::ScheduleGroup$/,
  /^AWS::ServiceDiscovery::/,
  /^AWS::(CloudFront|WAFv2|CertificateManager|Route53|Budgets|CE|XRay|CloudTrail)::/,
  /^AWS::Kinesis::ResourcePolicy$/,
  /^AWS::ApiGateway::Account$/,
];

/** The types in the assembly that have no local meaning, each once, for a notice. Throws for a type that nobody handles. */
export function idleTypes(assembly: Assembly): string[] {
  const idle = new Set<string>();
  for (const { type, id, stack } of assembly.resources) {
    if (RUN_TYPES.has(type)) continue;
    if (IDLE_TYPES.some((pattern) => pattern.test(type))) {
      idle.add(type);
      continue;
    }
    throw new Error(
      `Stack ${stack}, ${id}: the local cloud does not know ${type}: leave it out of the local stage, or teach it to local/provision.ts and local/supported-types.ts.`,
    );
  }
  return [...idle].sort();
}
