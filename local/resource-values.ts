/** What Ref and Fn::GetAtt of each resource type give in the local cloud. */
import { token } from './physical-names.ts';

/** Base URLs of the local services, known before the template is read because ports are chosen first. */
export type LocalUrls = { sqs: string; httpApi: string; webSocketApi: string };

export type Place = { region: string; account: string; urls: LocalUrls };

/** A resource while the template is being read; `prop` gives one property, resolved. */
export type Subject = {
  stack: string;
  id: string;
  type: string;
  name: string;
  prop: (key: string) => unknown;
};

/** Service and resource part of the ARN, by type. */
const ARNS: Readonly<Record<string, (subject: Subject) => [service: string, rest: string]>> = {
  'AWS::CloudWatch::Alarm': (s) => ['cloudwatch', `alarm:${s.name}`],
  'AWS::DynamoDB::GlobalTable': (s) => ['dynamodb', `table/${s.name}`],
  'AWS::DynamoDB::Table': (s) => ['dynamodb', `table/${s.name}`],
  'AWS::ECR::Repository': (s) => ['ecr', `repository/${s.name}`],
  'AWS::ECS::Cluster': (s) => ['ecs', `cluster/${s.name}`],
  'AWS::ECS::Service': (s) => ['ecs', `service/${clusterOf(s)}/${s.name}`],
  'AWS::ECS::TaskDefinition': (s) => ['ecs', `task-definition/${s.name}:1`],
  'AWS::Events::EventBus': (s) => ['events', `event-bus/${s.name}`],
  'AWS::Events::Rule': (s) => ['events', `rule/${s.name}`],
  'AWS::KMS::Key': (s) => ['kms', `key/${s.name}`],
  'AWS::Kinesis::Stream': (s) => ['kinesis', `stream/${s.name}`],
  'AWS::Lambda::Alias': (s) => ['lambda', `function:${functionNameOf(s)}:${s.name}`],
  'AWS::Lambda::Function': (s) => ['lambda', `function:${s.name}`],
  'AWS::Lambda::LayerVersion': (s) => ['lambda', `layer:${s.name}:1`],
  'AWS::Lambda::Version': (s) => ['lambda', `function:${functionNameOf(s)}:1`],
  'AWS::Logs::LogGroup': (s) => ['logs', `log-group:${s.name}:*`],
  'AWS::SNS::Topic': (s) => ['sns', s.name],
  'AWS::SQS::Queue': (s) => ['sqs', s.name],
  'AWS::SSM::Parameter': (s) => ['ssm', `parameter/${s.name.replace(/^\//, '')}`],
  'AWS::Scheduler::Schedule': (s) => ['scheduler', `schedule/default/${s.name}`],
  'AWS::Scheduler::ScheduleGroup': (s) => ['scheduler', `schedule-group/${s.name}`],
  // Six characters follow a secret's name at AWS, and CDK's `secretName` cuts them off again.
  'AWS::SecretsManager::Secret': (s) => ['secretsmanager', `secret:${s.name}-${secretSuffix(s)}`],
  'AWS::StepFunctions::StateMachine': (s) => ['states', `stateMachine:${s.name}`],
  'AWS::WAFv2::WebACL': (s) => ['wafv2', `global/webacl/${s.name}/${token(s.id, 12)}`],
};

/** Types whose Ref is their ARN. */
const REF_IS_ARN: ReadonlySet<string> = new Set([
  'AWS::ECS::Service',
  'AWS::ECS::TaskDefinition',
  'AWS::Kinesis::StreamConsumer',
  'AWS::Lambda::Alias',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Version',
  'AWS::SNS::Topic',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
]);

/** Attributes other than the ARN. */
const ATTRIBUTES: Readonly<Record<string, (subject: Subject, place: Place) => string>> = {
  'AWS::ApiGatewayV2::Api.ApiEndpoint': (s, place) => apiUrl(s, place),
  'AWS::ApiGatewayV2::Api.ApiId': (s) => s.name,
  'AWS::CloudFront::Distribution.DomainName': () => 'distribution.invalid',
  'AWS::DynamoDB::GlobalTable.StreamArn': (s, place) => `${arnOf(s, place)}/stream/local`,
  'AWS::DynamoDB::GlobalTable.TableId': (s) => s.name,
  'AWS::DynamoDB::Table.StreamArn': (s, place) => `${arnOf(s, place)}/stream/local`,
  'AWS::ECS::Service.Name': (s) => s.name,
  'AWS::EC2::Subnet.AvailabilityZone': (s) => String(s.prop('AvailabilityZone')),
  'AWS::EC2::VPC.CidrBlock': (s) => String(s.prop('CidrBlock')),
  'AWS::KMS::Key.KeyId': (s) => s.name,
  'AWS::Kinesis::StreamConsumer.ConsumerARN': (s, place) => String(arnOf(s, place)),
  'AWS::Lambda::Function.FunctionName': (s) => s.name,
  'AWS::Lambda::Version.FunctionArn': (s, place) => String(arnOf(s, place)),
  'AWS::Lambda::Version.Version': () => '1',
  'AWS::S3::Bucket.DomainName': (s) => `${s.name}.s3.amazonaws.com`,
  'AWS::S3::Bucket.RegionalDomainName': (s, place) => `${s.name}.s3.${place.region}.amazonaws.com`,
  'AWS::SNS::Topic.TopicArn': (s, place) => String(arnOf(s, place)),
  'AWS::SNS::Topic.TopicName': (s) => s.name,
  'AWS::SQS::Queue.QueueName': (s) => s.name,
  'AWS::SQS::Queue.QueueUrl': (s, place) => queueUrl(s, place),
  'AWS::SSM::Parameter.Type': (s) => String(s.prop('Type')),
  'AWS::SSM::Parameter.Value': (s) => String(s.prop('Value')),
  'AWS::SecretsManager::Secret.Id': (s, place) => String(arnOf(s, place)),
};

/** EC2 and IAM attributes have no local meaning; any stable text does, since nothing local reads it. */
const MEANINGLESS =
  /^AWS::(EC2|IAM|ServiceDiscovery|ElasticLoadBalancingV2|CloudFront|CertificateManager|Route53|Cognito)::/;

/** The value of `Ref`. */
export function refOf(subject: Subject, place: Place): string {
  if (subject.type === 'AWS::SQS::Queue') return queueUrl(subject, place);
  if (REF_IS_ARN.has(subject.type)) return arnOf(subject, place) ?? subject.name;
  return subject.name;
}

/** The value of `Fn::GetAtt`, or undefined where the local cloud has none. */
export function attributeOf(subject: Subject, attribute: string, place: Place): string | undefined {
  const known = ATTRIBUTES[`${subject.type}.${attribute}`];
  if (known !== undefined) return known(subject, place);
  const arn = arnOf(subject, place);
  if (arn !== undefined && /^(Arn|.*Arn|.*ARN)$/.test(attribute)) return arn;
  if (MEANINGLESS.test(subject.type)) return `${subject.name}-${attribute}`;
  return undefined;
}

/** The ARN, for types that have one locally. */
export function arnOf(subject: Subject, place: Place): string | undefined {
  const { region, account } = place;
  if (subject.type === 'AWS::S3::Bucket') return `arn:aws:s3:::${subject.name}`;
  if (subject.type === 'AWS::IAM::Role') return `arn:aws:iam::${account}:role/${subject.name}`;
  if (subject.type === 'AWS::Kinesis::StreamConsumer') {
    return `${String(subject.prop('StreamARN'))}/consumer/${subject.name}:1`;
  }
  const parts = ARNS[subject.type]?.(subject);
  return parts && `arn:aws:${parts[0]}:${region}:${account}:${parts[1]}`;
}

function queueUrl(subject: Subject, place: Place): string {
  return `${place.urls.sqs}/${place.account}/${subject.name}`;
}

function apiUrl(subject: Subject, place: Place): string {
  const isWebSocket = subject.prop('ProtocolType') === 'WEBSOCKET';
  return isWebSocket ? place.urls.webSocketApi : place.urls.httpApi;
}

function functionNameOf(subject: Subject): string {
  return String(subject.prop('FunctionName')).replace(/^arn:.*:function:/, '');
}

function clusterOf(subject: Subject): string {
  return String(subject.prop('Cluster') ?? 'default').replace(/^.*cluster\//, '');
}

function secretSuffix(subject: Subject): string {
  return token(`${subject.stack}/${subject.id}`, 6);
}
