/** What the template promises, for every stage. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { metricNames, metricsNamespace } from '#cloud/metrics.ts';
import { acknowledgements, checkWithNag, matches } from '../../infra/acknowledgements.ts';
import { stageNames } from '../../infra/settings.ts';
import { allowed } from './statements.ts';
import {
  appOf,
  checkedResourcesOf,
  listAt,
  ofType,
  type Properties,
  resourcesOf,
} from './synthesized.ts';

const everyStage = describe.each(stageNames);

everyStage('roles of stage %s', (stage) => {
  test('synthesizes without a finding that is not acknowledged', { timeout: 60_000 }, () => {
    expect(checkedResourcesOf(stage).length).toBeGreaterThan(100);
  });

  test('no role may do anything to everything, but for seven reasoned exceptions', () => {
    const exceptions = new Set<string>();
    for (const { id, statement } of allowed(stage)) {
      const actions = [statement['Action']].flat() as string[];
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
      for (const resource of [statement['Resource']].flat()) {
        if (JSON.stringify(resource).includes('*'))
          exceptions.add(`${id.replace(/[0-9A-F]{8}$/, '')}: ${actions[0]}`);
      }
    }
    const groups = stage === 'dev' ? ['majors'] : ['alts', 'majors'];
    expect([...exceptions].sort()).toEqual(
      [
        'Api/AccountsRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Api/WithdrawalsRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Chain/GuardChainGuardRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Chain/SettlementChainSettlementRoleDefaultPolicy: s3:GetObject',
        'Api/MarketsRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Api/OrdersRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Feed/FeedRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Operations/OperationsRoleDefaultPolicy: ec2:AssignPrivateIpAddresses',
        'Feed/FanOutRoleDefaultPolicy: execute-api:ManageConnections',
        'Workers/ArchiveRoleDefaultPolicy: s3:GetObject',
        'Operations/OperatorPolicy: s3:GetObject',
        'Money/LiabilitiesRoleDefaultPolicy: s3:GetObject',
        'Money/LiabilitiesRoleDefaultPolicy: s3:PutObject',
        'Api/LiabilityProofsRoleDefaultPolicy: s3:GetObject',
        'Money/ReconciliationRunsRoleDefaultPolicy: s3:GetObject',
        'Money/ReconciliationDayRoleDefaultPolicy: s3:GetObject',
        'Money/StatementExportsRoleDefaultPolicy: s3:GetObject',
        'Api/StatementsRoleDefaultPolicy: s3:GetObject',
        ...groups.map((group) => `Matcher/Matcher${group}TaskTaskRoleDefaultPolicy: s3:GetObject`),
        ...(stage === 'prod'
          ? []
          : ['Bots/BotsTaskExecutionRoleDefaultPolicy: ecr:GetAuthorizationToken']),
        ...groups.map(
          (group) =>
            `Matcher/Matcher${group}TaskExecutionRoleDefaultPolicy: ecr:GetAuthorizationToken`,
        ),
      ].sort(),
    );
  });
});

everyStage('writers of stage %s', (stage) => {
  test('only the credit desk, the clearing, the chain, account settings, adjustments and the faucet write the ledger', () => {
    const writers = writersOf(stage, 'Ledger');
    const groups = stage === 'dev' ? ['majors'] : ['alts', 'majors'];
    expect(writers).toEqual(
      [
        'Api/AccountsRole',
        'Api/WithdrawalsRole',
        'Chain/FactsRole',
        'Chain/GuardChainGuardRole',
        'Chain/SettlementChainSettlementRole',
        // Who asked it how often, and nothing else.
        ...(stage === 'prod' ? [] : ['Api/FaucetRole']),
        ...groups.map((group) => `Matcher/Matcher${group}TaskTaskRole`),
        'Workers/SettlementRole',
        'Operations/AdjustmentsRole',
        // The published days, and nothing else.
        'Money/LiabilitiesRole',
        // What they find, how far they are and sums of entries, and nothing else.
        'Money/ReconciliationRunsRole',
        'Money/ReconciliationDayRole',
        // Jobs of exports, and nothing else.
        'Api/StatementsRole',
        'Money/StatementExportsRole',
      ].sort(),
    );
    // Operators build a ledger beside it, never in it.
    expect(writersOf(stage, 'LedgerShadow')).toEqual([
      expect.stringMatching(/^Operations\/OperatorPolicy/),
    ]);
    // The first of them writes the register of assets alone.
    expect(writersOf(stage, 'History')).toEqual([
      'Operations/OperationsRole',
      'Workers/MarketHistoryRole',
    ]);
    expect(writersOf(stage, 'Sessions')).toEqual(['Api/SessionsRole']);
  });

  test('a matcher takes no lease and writes no journal but its own', () => {
    for (const { properties } of ofType(stage, 'AWS::ECS::TaskDefinition')) {
      if (!environmentOf(properties)['CROSSBOOK_PAIR_GROUP']) continue;
      const group = environmentOf(properties)['CROSSBOOK_PAIR_GROUP'];
      const statements = allowed(stage).filter(({ id }) =>
        id.startsWith(`Matcher/Matcher${group}TaskTaskRole`),
      );
      const lease = statements.find(({ statement }) => statement['Condition']);
      expect(lease?.statement['Condition']).toEqual({
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`LEASE#${group}`] },
      });
      const puts = statements.filter(
        ({ statement }) => statement['Action'] === 'kinesis:PutRecord',
      );
      expect(puts).toHaveLength(1);
      expect(JSON.stringify(puts[0]?.statement['Resource'])).toContain(`Journal${group}`);
    }
  });
});

everyStage('services of stage %s', (stage) => {
  test('journal consumers never skip a record', () => {
    const mappings = ofType(stage, 'AWS::Lambda::EventSourceMapping').filter(({ id }) =>
      id.startsWith('Workers/'),
    );
    expect(mappings).toHaveLength(stage === 'dev' ? 3 : 6);
    for (const { properties } of mappings) {
      expect(properties).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        MaximumRetryAttempts: -1,
        MaximumRecordAgeInSeconds: -1,
        BisectBatchOnFunctionError: false,
        ParallelizationFactor: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
      expect(properties).not.toHaveProperty('DestinationConfig');
    }
  });

  test('old news is not repeated: a failed or late fan-out is given up', () => {
    const configs = ofType(stage, 'AWS::Lambda::EventInvokeConfig');
    expect(configs.map(({ properties }) => properties)).toMatchObject([
      { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    ]);
    expect(JSON.stringify(configs[0]?.properties['FunctionName'])).toContain('FanOut');
  });

  test('each pair group has one shard; one matcher that is never two, or a leader and a standby that replace each other', () => {
    const groups = stage === 'dev' ? 1 : 2;
    const streams = ofType(stage, 'AWS::Kinesis::Stream');
    expect(streams).toHaveLength(groups);
    for (const { properties } of streams) expect(properties).toMatchObject({ ShardCount: 1 });
    const services = ofType(stage, 'AWS::ECS::Service').filter(({ id }) =>
      id.startsWith('Matcher/'),
    );
    expect(services).toHaveLength(groups);
    for (const { properties } of services) {
      const DeploymentCircuitBreaker = { Enable: true, Rollback: true };
      const single = { MinimumHealthyPercent: 0, MaximumPercent: 100, DeploymentCircuitBreaker };
      const pair = { MinimumHealthyPercent: 100, MaximumPercent: 150, DeploymentCircuitBreaker };
      expect(properties).toMatchObject(
        stage === 'prod'
          ? {
              DesiredCount: 2,
              AvailabilityZoneRebalancing: 'ENABLED',
              DeploymentConfiguration: pair,
            }
          : // Rebalancing is on by default, and refused beside a maximum of 100 %.
            {
              DesiredCount: 1,
              AvailabilityZoneRebalancing: 'DISABLED',
              DeploymentConfiguration: single,
            },
      );
      const network = properties['NetworkConfiguration'] as { AwsvpcConfiguration: Properties };
      expect(network.AwsvpcConfiguration['Subnets']).toHaveLength(2);
    }
  });

  test('containers run on ARM64, cannot write their file system and have time to hand over', () => {
    for (const { properties } of ofType(stage, 'AWS::ECS::TaskDefinition')) {
      expect(properties).toMatchObject({ RuntimePlatform: { CpuArchitecture: 'ARM64' } });
      for (const container of listAt(properties, 'ContainerDefinitions')) {
        expect(container).toMatchObject({
          ReadonlyRootFilesystem: true,
          StopTimeout: 120,
          // A matcher must not wait for its log to be taken.
          LogConfiguration: { LogDriver: 'awslogs', Options: { mode: 'non-blocking' } },
        });
      }
    }
  });
});

everyStage('settings of stage %s', (stage) => {
  test('a function has no variable that Lambda reserves, and all of them fit', () => {
    for (const { id, properties } of ofType(stage, 'AWS::Lambda::Function')) {
      const variables = (properties['Environment'] as Properties | undefined)?.['Variables'] ?? {};
      for (const name of Object.keys(variables)) expect(name).not.toMatch(/^(AWS|LAMBDA|_)/);
      // References stand for names that are shorter than they are; Lambda allows 4 KB.
      expect(JSON.stringify(variables).length, id).toBeLessThan(4_096);
    }
  });

  test('alarms on our own metrics name metrics that the code emits, as it emits them', () => {
    const own = ofType(stage, 'AWS::CloudWatch::Alarm').filter(
      ({ properties }) => properties['Namespace'] === metricsNamespace,
    );
    expect(own.length).toBeGreaterThan(8);
    const sources = new Map([
      ...readdirSync('functions').map((name): [string, string] => [name, handlerOf(name)]),
      ['matcher', 'containers/matcher/main.ts'],
    ]);
    for (const { properties } of own) {
      expect(Object.values<string>(metricNames)).toContain(properties['MetricName']);
      const [dimension, ...others] = listAt(properties, 'Dimensions');
      expect(others).toEqual([]);
      expect(dimension?.['Name']).toBe('service');
      const service = String(dimension?.['Value']);
      const source = readFileSync(sources.get(service) ?? '', 'utf8');
      expect(source).toContain(`createMetrics('${service}')`);
    }
  });

  test('a service on Spot finds its capacity provider in the cluster itself', () => {
    expect(ofType(stage, 'AWS::ECS::ClusterCapacityProviderAssociations')).toEqual([]);
    const spots = ofType(stage, 'AWS::ECS::Service').filter(
      ({ properties }) => properties['CapacityProviderStrategy'],
    );
    for (const { id, properties } of spots) {
      const cluster = `${id.split('/')[0]}/${(properties['Cluster'] as { Ref: string }).Ref}`;
      const found = ofType(stage, 'AWS::ECS::Cluster').find((each) => each.id === cluster);
      expect(found?.properties['CapacityProviders']).toContain('FARGATE_SPOT');
    }
    expect(spots).toHaveLength(stage === 'prod' ? 0 : 1);
  });
});

everyStage('edges of stage %s', (stage) => {
  test('nobody reaches a matcher but its callers and other matchers', () => {
    const network = resourcesOf(stage).filter(({ type }) => type.startsWith('AWS::EC2::'));
    const inline = network.filter(({ properties }) => properties['SecurityGroupIngress']);
    expect(inline).toEqual([]);
    const ingress = network.filter(({ type }) => type === 'AWS::EC2::SecurityGroupIngress');
    expect(ingress).toHaveLength(2);
    for (const { properties } of ingress) {
      expect(properties).toMatchObject({ FromPort: 8080, ToPort: 8080 });
      expect(properties).toHaveProperty('SourceSecurityGroupId');
    }
    expect(network.filter(({ type }) => type === 'AWS::EC2::NatGateway')).toEqual([]);
  });

  test('strangers cannot fill the ledger by the faucet', () => {
    const live = ofType(stage, 'AWS::ApiGatewayV2::Stage').find(({ id }) => id.startsWith('Api/'));
    const limits = live?.properties['RouteSettings'] as Record<string, Properties> | undefined;
    if (stage === 'prod') return expect(limits).toBeUndefined();
    expect(Object.keys(limits ?? {})).toEqual(['POST /v1/faucet']);
    const perSecond = limits?.['POST /v1/faucet']?.['ThrottlingRateLimit'];
    expect(perSecond).toBe(stage === 'dev' ? 2 : 1_000);
    // API Gateway refuses settings of a route that does not exist yet.
    const [route] = ofType(stage, 'AWS::ApiGatewayV2::Route').filter(
      ({ properties }) => properties['RouteKey'] === 'POST /v1/faucet',
    );
    expect(live?.dependsOn).toContain(route?.id.split('/')[1]);
  });

  test('every WebSocket route but connecting and disconnecting answers', () => {
    const routes = ofType(stage, 'AWS::ApiGatewayV2::Route').filter(({ id }) =>
      id.startsWith('Feed/'),
    );
    expect(routes).toHaveLength(7);
    for (const { properties } of routes) {
      const silent = ['$connect', '$disconnect'].includes(String(properties['RouteKey']));
      expect(properties['RouteResponseSelectionExpression']).toBe(silent ? undefined : '$default');
    }
    expect(ofType(stage, 'AWS::ApiGatewayV2::RouteResponse')).toHaveLength(5);
  });

  test('every alarm names a runbook that exists', () => {
    const alarms = ofType(stage, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(20);
    for (const { properties } of alarms) {
      const runbook = /docs\/operations\/[a-z-]+\.md$/.exec(String(properties['AlarmDescription']));
      expect(runbook && existsSync(runbook[0]), String(properties['AlarmDescription'])).toBe(true);
      expect(listAt(properties, 'AlarmActions')).toHaveLength(1);
    }
  });

  test('no setting names an endpoint or holds a secret', () => {
    const environments = [
      ...ofType(stage, 'AWS::Lambda::Function').map(
        ({ properties }) => (properties['Environment'] as Properties | undefined)?.['Variables'],
      ),
      ...ofType(stage, 'AWS::ECS::TaskDefinition').map(({ properties }) =>
        environmentOf(properties),
      ),
    ];
    for (const variables of environments) {
      for (const [name, value] of Object.entries(variables ?? {})) {
        expect(name).not.toMatch(/^AWS_ENDPOINT_URL/);
        expect(JSON.stringify(value)).not.toContain('resolve:secretsmanager');
      }
    }
  });
});

describe('prod', () => {
  test('has neither a faucet nor bots', () => {
    const text = JSON.stringify(resourcesOf('prod')).toLowerCase();
    expect(/faucet/.exec(text)).toBeNull();
    expect(/bots/.exec(text)).toBeNull();
    const dev = JSON.stringify(resourcesOf('dev')).toLowerCase();
    expect(/post \/v1\/faucet/.test(dev) && /bots/.test(dev)).toBe(true);
  });

  test('says at synthesis which values nobody has filled in', () => {
    const warnings = appOf('prod')
      .synth()
      .stacks.flatMap(({ messages }) => messages.map(({ entry }) => String(entry.data)));
    for (const what of ['tokens', 'vault', 'CORS', 'sign-in'])
      expect(warnings.filter((text) => text.includes(what))).toHaveLength(1);
  });

  test('keeps every table and journal, restores any second, refuses deletion', () => {
    const tables = ofType('prod', 'AWS::DynamoDB::GlobalTable');
    expect(tables).toHaveLength(8);
    for (const { properties, deletionPolicy } of tables) {
      expect(deletionPolicy).toBe('Retain');
      for (const replica of listAt(properties, 'Replicas')) {
        expect(replica).toMatchObject({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        });
      }
      expect(properties).toMatchObject({ SSESpecification: { SSEEnabled: true } });
    }
    for (const { deletionPolicy, properties } of ofType('prod', 'AWS::Kinesis::Stream')) {
      expect(deletionPolicy).toBe('Retain');
      expect(properties).toMatchObject({
        RetentionPeriodHours: 168,
        StreamEncryption: { EncryptionType: 'KMS' },
      });
    }
  });
});

describe('what prod keeps', () => {
  test('keeps the archive for ever, every version of it, closed to the public', () => {
    const archive = ofType('prod', 'AWS::S3::Bucket').find(({ id }) => id.startsWith('Journal/'));
    expect(archive?.deletionPolicy).toBe('Retain');
    expect(archive?.properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: {},
    });
    const rules = JSON.stringify(archive?.properties['LifecycleConfiguration']);
    // Only snapshots are ever forgotten: the journal makes them anew.
    expect(rules.match(/"ExpirationInDays"/g)).toHaveLength(1);
    expect(rules).toMatch(/"ExpirationInDays":30,"Id":"old-snapshots","Prefix":"snapshots\/"/);
    expect(rules).toContain('"StorageClass":"GLACIER_IR"');
  });

  test('lets files of statements go after a week, and gives them to nobody without a signed URL', () => {
    const files = ofType('prod', 'AWS::S3::Bucket').find(({ id }) => id.includes('Exports'));
    expect(files?.properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: {},
      LifecycleConfiguration: {
        Rules: [
          {
            Prefix: 'exports/',
            ExpirationInDays: 7,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    });
  });

  // A renamed construct would be a new, empty table beside the old one.
  test('names what holds data as it always did', () => {
    const kept = resourcesOf('prod')
      .filter(({ type }) => /GlobalTable$|Kinesis::Stream$|S3::Bucket$/.test(type))
      .map(({ id }) => id)
      .sort();
    expect(kept).toEqual([
      'Data/Chain5020D4BE',
      'Data/Feed908EF2E5',
      'Data/HistoryC127576E',
      'Data/LeasesEBFF46EF',
      'Data/LedgerB7379752',
      'Data/LedgerShadow162A0275',
      'Data/Outbox27BBF20A',
      'Data/Sessions8896A56D',
      'Journal/ArchiveDA4CB258',
      'Journal/Journalalts84A1CDE0',
      'Journal/JournalmajorsDB30F95B',
      'Money/LiabilityTreesCBE5A47D',
      'Money/StatementExportsFiles4425B6FF',
    ]);
  });
});

describe('the watch over the template', () => {
  test('a security group that is open to the world fails the synthesis', () => {
    const app = appOf('dev');
    const stack = new Stack(app, 'Breach');
    const group = new SecurityGroup(stack, 'Open', { vpc: new Vpc(stack, 'Vpc') });
    group.addIngressRule(Peer.anyIpv4(), Port.allTraffic());
    checkWithNag(app);
    expect(() => app.synth()).toThrow(/AwsSolutions-EC23/);
  });

  test('a role with an acknowledged finding fails the synthesis for any other', () => {
    const app = appOf('dev');
    const role = app.node.findAll().find(({ node }) => /Api\/Orders\/Role$/.test(node.path));
    if (!(role instanceof Role)) throw new Error('functions/orders has no role');
    role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:*'], resources: ['*'] }));
    checkWithNag(app);
    expect(() => app.synth()).toThrow(/AwsSolutions-IAM5\[Action::dynamodb:\*\]/);
  });

  test('nothing is acknowledged that is no finding', { timeout: 60_000 }, () => {
    const apps = (['dev', 'prod'] as const).map((stage) => ({ stage, app: appOf(stage) }));
    const used = new Set(
      apps.flatMap(({ app }) => matches(app).map(({ acknowledgement }) => acknowledgement)),
    );
    expect(acknowledgements.filter((each) => !used.has(each))).toEqual([]);
    let found = '';
    for (const { stage, app } of apps) {
      checkWithNag(app, []);
      try {
        app.synth();
      } catch (error) {
        found += (error as Error).message.replaceAll(`Crossbook-${stage}-`, 'Crossbook-<stage>-');
      }
    }
    for (const { rule } of acknowledgements)
      expect(found).toContain(`AwsSolutions::${rule.replace('<group>', 'majors')}'`);
  });
});

const handlerOf = (name: string) => `functions/${name}/handler.ts`;

/** Roles that may change items of a table. */
function writersOf(stage: Parameters<typeof resourcesOf>[0], table: string): string[] {
  const writers = allowed(stage).filter(
    ({ statement }) =>
      /dynamodb:(Put|Update|Delete|BatchWrite)/.test(JSON.stringify(statement['Action'])) &&
      new RegExp(`${table}[0-9A-F]{8}`).test(JSON.stringify(statement['Resource'])),
  );
  return [...new Set(writers.map(({ id }) => id.replace(/DefaultPolicy[0-9A-F]{8}$/, '')))].sort();
}

function environmentOf(taskDefinition: Properties): Record<string, unknown> {
  const variables = listAt(taskDefinition, 'ContainerDefinitions').flatMap((container) =>
    listAt(container, 'Environment'),
  );
  return Object.fromEntries(variables.map((each) => [String(each['Name']), each['Value']]));
}
