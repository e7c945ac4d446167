import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { provision } from '../../local/provision.ts';
import { generate, openSecrets } from '../../local/secrets.ts';
import { idleTypes } from '../../local/supported-types.ts';
import { type EmulatorSet, newStateFolder, startEmulatorSet } from './fixtures-b/emulator-set.ts';
import { assemblyOf, resource } from './fixtures-b/resources.ts';

let set: EmulatorSet;

beforeAll(async () => {
  set = await startEmulatorSet();
});
afterAll(async () => {
  await set.stop();
});

const TABLE = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'owner', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byOwner',
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
  TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' },
  Replicas: [{ Region: 'us-east-1' }],
  SSESpecification: { SSEEnabled: false },
};
const DEAD_ARN = 'arn:aws:sqs:us-east-1:000000000000:dead.fifo';
const RESOURCES = [
  resource('AWS::DynamoDB::GlobalTable', 'rows', TABLE),
  resource('AWS::Kinesis::Stream', 'journal', { ShardCount: 2, RetentionPeriodHours: 8_760 }),
  // Before its dead-letter queue on purpose: the order of a template means nothing.
  resource('AWS::SQS::Queue', 'mail.fifo', {
    FifoQueue: true,
    VisibilityTimeout: 77,
    RedrivePolicy: { deadLetterTargetArn: DEAD_ARN, maxReceiveCount: 3 },
  }),
  resource('AWS::SQS::Queue', 'dead.fifo', { FifoQueue: true }),
  resource('AWS::S3::Bucket', 'archive'),
];

const create = (resources = RESOURCES): Promise<void> =>
  provision({
    assembly: assemblyOf(resources),
    clients: set.clients,
    progress: () => undefined,
  });

test('a second boot finds everything there and changes nothing', async () => {
  await create();
  await create();
  const { Table } = await set.clients.dynamodb.send(
    new DescribeTableCommand({ TableName: 'rows' }),
  );
  expect(Table?.TableStatus).toBe('ACTIVE');
});

test('a table has its index, stream and expiry', async () => {
  await create();
  const { dynamodb } = set.clients;
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: 'rows' }));
  const expiry = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: 'rows' }));
  expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).toBe('byOwner');
  expect(Table?.StreamSpecification?.StreamViewType).toBe('NEW_IMAGE');
  expect(expiry.TimeToLiveDescription?.AttributeName).toBe('expiresAt');
});

test('a stream has its shards and retention', async () => {
  await create();
  const command = new DescribeStreamSummaryCommand({ StreamName: 'journal' });
  const { StreamDescriptionSummary } = await set.clients.kinesis.send(command);
  expect(StreamDescriptionSummary).toMatchObject({
    OpenShardCount: 2,
    RetentionPeriodHours: 8_760,
  });
});

test('a queue has its visibility timeout and dead-letter queue, in whatever order they stand', async () => {
  await create();
  const QueueUrl = `${set.urls.sqs}/000000000000/mail.fifo`;
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
  const { Attributes } = await set.clients.sqs.send(command);
  expect(Attributes?.['VisibilityTimeout']).toBe('77');
  expect(JSON.parse(Attributes?.['RedrivePolicy'] ?? '{}')).toMatchObject({
    deadLetterTargetArn: DEAD_ARN,
  });
});

test('a bucket is there', async () => {
  await create();
  const answer = await set.clients.s3.send(new HeadBucketCommand({ Bucket: 'archive' }));
  expect(answer.$metadata.httpStatusCode).toBe(200);
});

test('a table whose keys changed since it was stored is refused with what to do', async () => {
  await create();
  const KeySchema = [{ AttributeName: 'owner', KeyType: 'HASH' }];
  const changed = [resource('AWS::DynamoDB::GlobalTable', 'rows', { ...TABLE, KeySchema })];
  await expect(create(changed)).rejects.toThrow(/Stack, rows: .*--fresh/);
});

test('a type that nobody handles is refused by type, logical id and stack', () => {
  const unknown = assemblyOf([resource('AWS::Redshift::Cluster', 'Big')]);
  expect(() => idleTypes(unknown)).toThrow(/Stack Stack, Big: .*AWS::Redshift::Cluster/);
});

test('types without a local meaning are listed once', () => {
  const types = ['AWS::IAM::Role', 'AWS::IAM::Role', 'AWS::EC2::VPC', 'AWS::Kinesis::Stream'];
  const resources = types.map((type, n) => resource(type, `r${n}`));
  expect(idleTypes(assemblyOf(resources))).toEqual(['AWS::EC2::VPC', 'AWS::IAM::Role']);
});

test('a generated secret stays the same at every boot, in a file that only its owner reads', () => {
  const file = join(newStateFolder(), 'secrets.json');
  const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-abcdef';
  const props = { GenerateSecretString: { PasswordLength: 20 } };
  const assembly = assemblyOf([resource('AWS::SecretsManager::Secret', 'key', props, arn)]);
  const first = openSecrets(assembly, file).find('key')?.value;
  const second = openSecrets(assembly, file).find(arn)?.value;
  expect(first).toHaveLength(20);
  expect(second).toBe(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a generated secret keeps to its rules', () => {
  const rules = { PasswordLength: 40, ExcludePunctuation: true, ExcludeCharacters: 'abcABC123' };
  expect(generate(rules)).toMatch(/^[d-zD-Z04-9]{40}$/);
  const template = { SecretStringTemplate: '{"user":"x"}', GenerateStringKey: 'password' };
  expect(JSON.parse(generate(template))).toEqual({ user: 'x', password: expect.any(String) });
});
