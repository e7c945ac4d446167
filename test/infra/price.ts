/** Monthly prices of what a template keeps running while no order flows: public list prices, us-east-1, in dollars. */
import { leasePollMs } from '../../containers/matcher/bounds.ts';
import { listAt, type Properties, type Resource } from './synthesized.ts';

const hours = 730;

const prices = {
  vCpuHour: 0.03238, // Fargate, ARM
  gibHour: 0.00356,
  /** Fargate Spot moves with the market; it is about this part of the price on demand. */
  spotPart: 0.3,
  publicAddressHour: 0.005,
  shardHour: 0.015,
  /** Retention beyond 24 hours; beyond 7 days each GB stored costs 0.023 more, and an idle journal grows by nothing. */
  longRetentionShardHour: 0.02,
  secret: 0.4,
  key: 1,
  alarm: 0.1,
  dashboard: 3,
  customMetric: 0.3,
  millionWrites: 0.625,
  millionReads: 0.125,
  millionFifoRequests: 0.5,
  millionQueueRequests: 0.4,
  /** 0.20, and 100 ms with half a GiB on ARM. */
  millionShortInvocations: 0.87,
  /** Lambda on ARM. */
  millionGibSeconds: 13.33,
} as const;

export type Line = { what: string; dollars: number };

type Rule = (resource: Resource, all: Resource[]) => Line[];

const free: Rule = () => [];

/** Of every type, what an idle one costs. What is paid by use (a table, a function, an API) is free while idle. */
const rules: Record<string, Rule> = {
  'AWS::ApiGatewayV2::Api': free,
  'AWS::ApiGatewayV2::Integration': free,
  'AWS::ApiGatewayV2::Route': free,
  'AWS::ApiGatewayV2::RouteResponse': free,
  'AWS::ApiGatewayV2::Stage': free,
  'AWS::CloudWatch::Alarm': () => [{ what: 'alarms', dollars: prices.alarm }],
  'AWS::CloudWatch::Dashboard': () => [{ what: 'dashboard', dollars: prices.dashboard }],
  'AWS::DynamoDB::GlobalTable': free,
  'AWS::EC2::FlowLog': free,
  'AWS::EC2::InternetGateway': free,
  'AWS::EC2::Route': free,
  'AWS::EC2::RouteTable': free,
  'AWS::EC2::SecurityGroup': free,
  'AWS::EC2::SecurityGroupEgress': free,
  'AWS::EC2::SecurityGroupIngress': free,
  'AWS::EC2::Subnet': free,
  'AWS::EC2::SubnetRouteTableAssociation': free,
  'AWS::EC2::VPC': free,
  'AWS::EC2::VPCEndpoint': gatewayEndpoint,
  'AWS::EC2::VPCGatewayAttachment': free,
  'AWS::ECS::Cluster': free,
  'AWS::ECS::Service': service,
  'AWS::ECS::TaskDefinition': leaseRenewals,
  'AWS::Events::Rule': scheduled,
  'AWS::IAM::ManagedPolicy': free,
  'AWS::KMS::Key': () => [{ what: 'keys', dollars: prices.key }],
  'AWS::IAM::Policy': free,
  'AWS::IAM::Role': free,
  'AWS::Kinesis::Stream': stream,
  'AWS::Lambda::EventInvokeConfig': free,
  'AWS::Lambda::EventSourceMapping': polling,
  'AWS::Lambda::Function': free,
  'AWS::Lambda::Permission': free,
  'AWS::Logs::LogGroup': free,
  // What is kept costs 0.023 a GB; an idle stage adds nothing.
  'AWS::S3::Bucket': free,
  'AWS::S3::BucketPolicy': free,
  'AWS::SNS::Topic': free,
  'AWS::SQS::Queue': free,
  'AWS::SQS::QueuePolicy': free,
  'AWS::SNS::TopicPolicy': free,
  'AWS::SecretsManager::Secret': () => [{ what: 'secrets', dollars: prices.secret }],
  'Custom::VpcRestrictDefaultSG': free,
};

/** Custom metrics are paid while they are written, each name of `#cloud/metrics.ts` once for each service that writes it; with one provider of the chain, each further one adds two. */
export const customMetrics = 46;

/** What the resources cost a month, by what it is paid for. Throws for a type without a price. */
export function monthly(resources: Resource[]): Line[] {
  const sums = new Map<string, number>([['custom metrics', customMetrics * prices.customMetric]]);
  for (const resource of resources) {
    const rule = rules[resource.type];
    if (!rule) throw new Error(`${resource.type} has no price: add it to test/infra/price.ts`);
    for (const { what, dollars } of rule(resource, resources))
      sums.set(what, (sums.get(what) ?? 0) + dollars);
  }
  return [...sums].map(([what, dollars]) => ({ what, dollars }));
}

function stream({ properties }: Resource): Line[] {
  const shards = Number(properties['ShardCount']);
  const long = Number(properties['RetentionPeriodHours']) > 24;
  return [
    { what: 'journal shards', dollars: shards * hours * prices.shardHour },
    ...(long
      ? [
          {
            what: 'journal retention',
            dollars: shards * hours * prices.longRetentionShardHour,
          },
        ]
      : []),
  ];
}

function service({ id, properties }: Resource, all: Resource[]): Line[] {
  const stack = id.split('/')[0];
  const { Ref } = properties['TaskDefinition'] as { Ref: string };
  const task = all.find((each) => each.id === `${stack}/${Ref}`)?.properties ?? {};
  const spot = JSON.stringify(properties).includes('FARGATE_SPOT');
  const hour =
    (Number(task['Cpu']) / 1024) * prices.vCpuHour +
    (Number(task['Memory']) / 1024) * prices.gibHour;
  const tasks = Number(properties['DesiredCount']);
  return [
    {
      what: spot ? 'bots (Spot)' : 'matchers',
      dollars: tasks * hours * hour * (spot ? prices.spotPart : 1),
    },
    { what: 'public addresses', dollars: tasks * hours * prices.publicAddressHour },
    ...leaseReads(tasks - 1),
  ];
}

/** A standby looks at its leader's lease five times a second. */
function leaseReads(standbys: number): Line[] {
  if (standbys < 1) return [];
  const reads = (standbys * hours * 3_600_000) / leasePollMs;
  return [{ what: 'lease reads', dollars: (reads / 1e6) * prices.millionReads }];
}

/** Each leader renews its lease three times in its duration. */
function leaseRenewals({ properties }: Resource): Line[] {
  const leaseMs = settingOf(properties, 'CROSSBOOK_LEASE_MS');
  if (leaseMs === undefined) return [];
  const renewals = (hours * 3_600_000 * 3) / Number(leaseMs);
  return [{ what: 'lease renewals', dollars: (renewals / 1e6) * prices.millionWrites }];
}

/** Lambda polls streams for nothing, and asks a queue by five long polls of 20 s at a time. */
function polling({ properties }: Resource, all: Resource[]): Line[] {
  const source = JSON.stringify(properties['EventSourceArn']);
  const queue = all.find(
    ({ id, type }) => type === 'AWS::SQS::Queue' && source.includes(String(id.split('/')[1])),
  );
  if (!queue) return [];
  const polls = (5 * hours * 3_600) / 20;
  const { millionFifoRequests, millionQueueRequests } = prices;
  const million = queue.properties['FifoQueue'] ? millionFifoRequests : millionQueueRequests;
  return [{ what: 'queue polling', dollars: (polls / 1e6) * million }];
}

/** How long who follows the chain runs, of its time: the indexer to its margin; the sender makes a pass of a second, and more where there is time. */
function followedSeconds(lambda: Resource): number | undefined {
  const seconds = Number(lambda.properties['Timeout']);
  if (lambda.id.startsWith('Chain/Indexer')) return seconds - 5;
  if (lambda.id.startsWith('Chain/Sender')) return 1 + Math.max(0, seconds - 8);
  return undefined;
}

/**
 * What an idle chain says is told at least once a run, and each `quietMs` of `functions/indexer`. Telling it writes the checkpoint with
 * its hashes, the facts, and two rows that are deleted again; each of two consumers moves its cursor twice, keeps a block and forgets one.
 */
function tellingOfChain(lambda: Resource, seconds: number): Line[] {
  if (!lambda.id.startsWith('Chain/Indexer')) return [];
  const variables = (lambda.properties['Environment'] as Properties)['Variables'] as Properties;
  const { confirmations, exitDelaySeconds } = JSON.parse(
    String(variables['CROSSBOOK_CHAIN_TERMS']),
  ) as { confirmations: number; exitDelaySeconds: number };
  const quietSeconds = Math.min(10, exitDelaySeconds / 24);
  const tellings = hours * 60 * Math.max(1, Math.ceil(seconds / quietSeconds));
  const checkpointKb = Math.ceil((32 * (256 + confirmations) + 600) / 1_024);
  const writes = 2 * (checkpointKb + 1 + 2 + 2 * 6) + 2;
  const dollars =
    writes * prices.millionWrites +
    20 * prices.millionReads +
    3 * prices.millionShortInvocations +
    6 * prices.millionFifoRequests;
  return [{ what: 'telling of the chain', dollars: (tellings / 1e6) * dollars }];
}

/** A function that a schedule wakes and that finds nothing to do. */
function scheduled({ id, properties }: Resource, all: Resource[]): Line[] {
  const targets = JSON.stringify(properties['Targets']);
  const lambda = all.find(
    (each) =>
      each.type === 'AWS::Lambda::Function' &&
      each.id.split('/')[0] === id.split('/')[0] &&
      targets.includes(`"${each.id.split('/')[1]}"`),
  );
  const seconds = lambda && followedSeconds(lambda);
  if (lambda && seconds !== undefined) {
    const gibibytes = Number(lambda.properties['MemorySize']) / 1_024;
    const gibSeconds = hours * 60 * seconds * gibibytes;
    return [
      { what: 'following the chain', dollars: (gibSeconds / 1e6) * prices.millionGibSeconds },
      ...tellingOfChain(lambda, seconds),
    ];
  }
  const expression = String(properties['ScheduleExpression']);
  const [, every, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1_440 }[unit];
  // A cron expression of ours is at most every quarter of an hour.
  const runs = (hours * 60) / (minutes === undefined ? 15 : Number(every) * minutes);
  return [{ what: 'schedules', dollars: (runs / 1e6) * prices.millionShortInvocations }];
}

function gatewayEndpoint({ properties }: Resource): Line[] {
  if (properties['VpcEndpointType'] === 'Gateway') return [];
  throw new Error('an interface endpoint costs 7.30 $ a month and zone: use a gateway or none');
}

function settingOf(taskDefinition: Properties, name: string): unknown {
  return listAt(taskDefinition, 'ContainerDefinitions')
    .flatMap((container) => listAt(container, 'Environment'))
    .find((variable) => variable['Name'] === name)?.['Value'];
}
