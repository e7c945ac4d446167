/** Gives every resource the name it has in the running cloud: the template's own, or a stable one made of stack and logical id. */
import { createHash } from 'node:crypto';

/** Where a template states a name itself. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Stage': 'StageName',
  'AWS::ApplicationAutoScaling::ScalingPolicy': 'PolicyName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::ECS::Service': 'ServiceName',
  'AWS::ECS::TaskDefinition': 'Family',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::Kinesis::StreamConsumer': 'ConsumerName',
  'AWS::Lambda::Alias': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SSM::Parameter': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::SecretsManager::Secret': 'Name',
};

/** Types whose physical id is a short random token at AWS; ours is a hash, so that it survives a restart. */
const TOKEN_TYPES = /^AWS::ApiGatewayV2::(?!Stage$)/;

/** Longest generated names, in characters (AWS quotas); 128 where AWS allows more than anyone reads. */
const NAME_LIMITS: Readonly<Record<string, number>> = {
  'AWS::IAM::Role': 64,
  'AWS::Lambda::Function': 64,
  'AWS::S3::Bucket': 63,
  'AWS::SQS::Queue': 80 - '.fifo'.length,
};

/** The physical name of a resource; `stated` reads one of its properties, resolved. */
export function physicalName(
  resource: { stack: string; id: string; type: string },
  stated: (property: string) => unknown,
): string {
  const { stack, id, type } = resource;
  if (TOKEN_TYPES.test(type)) return token(`${stack}/${id}`, 10);
  if (type === 'AWS::KMS::Key') return keyId(`${stack}/${id}`);

  const property = NAME_PROPERTIES[type];
  const given = property === undefined ? undefined : stated(property);
  if (typeof given === 'string') return given;

  const generated = shorten(`${stack}-${id}`, NAME_LIMITS[type] ?? 128);
  if (type === 'AWS::S3::Bucket') return generated.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  if (type === 'AWS::SQS::Queue' && isTrue(stated('FifoQueue'))) return `${generated}.fifo`;
  return generated;
}

/** A lower-case alphanumeric token that is always the same for the same seed. */
export function token(seed: string, length: number): string {
  const digest = createHash('sha256').update(seed).digest('hex');
  return BigInt(`0x${digest}`).toString(36).slice(-length);
}

function keyId(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex');
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Keeps a long name unique: its head, then a hash of the whole. */
function shorten(name: string, limit: number): string {
  if (name.length <= limit) return name;
  return `${name.slice(0, limit - 9)}-${token(name, 8)}`;
}

/** CloudFormation takes booleans as strings too. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
