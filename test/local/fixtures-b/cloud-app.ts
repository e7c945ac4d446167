/** A small CDK app with one of everything that the local cloud runs, and its bundles. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  App,
  CfnOutput,
  CustomResource,
  DefaultStackSynthesizer,
  Duration,
  aws_dynamodb as dynamodb,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  type IReusableStackSynthesizer,
  aws_kinesis as kinesis,
  aws_lambda as lambda,
  Stack,
  aws_s3 as s3,
  aws_secretsmanager as secrets,
  aws_lambda_event_sources as sources,
  aws_sqs as sqs,
} from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { buildSync } from 'esbuild';

const root = resolve(import.meta.dirname, '../../..');

/** Rows that functions write say what reached them: one per source and value. */
const SHARED = `
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
const dynamodb = new DynamoDBClient({});
const note = (pk, sk, more = {}) => dynamodb.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { pk: { S: pk }, sk: { S: sk }, ...more } }));
`;

const API = `${SHARED}
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { NodeHttpHandler } from '@smithy/node-http-handler';
const kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() });
export const handler = async (event) => {
  const { value } = JSON.parse(event.body);
  await kinesis.send(new PutRecordCommand({ StreamName: process.env.STREAM, PartitionKey: 'g', Data: Buffer.from(value) }));
  await new SQSClient({}).send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: value }));
  await new S3Client({}).send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: value, Body: 'x' }));
  const secret = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: process.env.SECRET }));
  await note('http', value);
  return { statusCode: 201, body: JSON.stringify({ secretLength: secret.SecretString.length }) };
};`;

const JOURNAL = `${SHARED}
export const handler = async (event) => {
  for (const record of event.Records) await note('kinesis', Buffer.from(record.kinesis.data, 'base64').toString());
};`;

const MAIL = `${SHARED}
export const handler = async (event) => {
  for (const record of event.Records) await note('sqs', record.body);
};`;

const OUTBOX = `${SHARED}
export const handler = async (event) => {
  for (const { dynamodb: change } of event.Records) {
    if (change.Keys.pk.S === 'kinesis') await note('stream', change.Keys.sk.S);
  }
};`;

const CREATED = `${SHARED}
export const handler = async ({ RequestType, ResourceProperties }) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
  const asked = await fetch(process.env.ETHEREUM_RPC_URLS, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (ResourceProperties.Wanted !== (await asked.json()).result) throw new Error('another chain');
  await note(RequestType, ResourceProperties.Wanted);
};`;

const CONTAINER = `
import { createServer } from 'node:http';
const metadata = await (await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4)).json();
const about = { pid: process.pid, address: metadata.Networks[0].IPv4Addresses[0], secret: process.env.PASSWORD, greeting: process.env.GREETING, leaked: process.env.LEAKED };
createServer((request, response) => response.end(JSON.stringify(about))).listen(Number(process.env.PORT), '127.0.0.1');
console.log(JSON.stringify({ message: 'listening' }));
`;

/** Synthesizes the app into a new temporary folder and gives the assembly's path. */
export function synthesizeCloudApp(options: { tasks?: number } = {}): string {
  const outdir = join(mkdtempSync(join(tmpdir(), 'local-cloud-app-')), 'cdk.out');
  const app = new App({
    outdir,
    analyticsReporting: false,
    // aws-cdk-lib's types do not know exactOptionalPropertyTypes, here and in the casts below.
    defaultStackSynthesizer: new DefaultStackSynthesizer({
      generateBootstrapVersionRule: false,
    }) as IReusableStackSynthesizer,
  });
  const stack = new Stack(app, 'Shop');
  const { table, stream, queue, secret, environment } = addState(stack);
  const fn = (id: string, source: string): lambda.Function => {
    const made = new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      timeout: Duration.seconds(10),
      memorySize: 256,
      code: lambda.Code.fromAsset(bundle(source, 'index.mjs')),
      environment,
    });
    table.grantReadWriteData(made);
    return made;
  };
  const startingPosition = lambda.StartingPosition.TRIM_HORIZON;
  fn('Journal', JOURNAL).addEventSource(
    new sources.KinesisEventSource(stream, { startingPosition, reportBatchItemFailures: true }),
  );
  fn('Mail', MAIL).addEventSource(new sources.SqsEventSource(queue));
  fn('Outbox', OUTBOX).addEventSource(
    new sources.DynamoEventSource(table as dynamodb.ITable, { startingPosition }),
  );
  const created = fn('Created', CREATED);
  created.addEnvironment('ETHEREUM_RPC_URLS', 'https://node.example');
  const properties = { Wanted: '0x7a69' };
  new CustomResource(stack, 'Thing', { serviceToken: created.functionArn, properties });
  const api = new HttpApi(stack, 'Http');
  const integration = new HttpLambdaIntegration('Api', fn('Api', API));
  api.addRoutes({ path: '/values', methods: [HttpMethod.POST], integration });
  addService(stack, secret, options.tasks ?? 1);
  new CfnOutput(stack, 'Url', { value: api.apiEndpoint, description: 'REST' });
  new CfnOutput(stack, 'TryPost', {
    value: `curl -X POST ${api.apiEndpoint}/values -H content-type:application/json -d '{"value":"a"}'`,
    description: 'Send a value',
  });
  app.synth();
  return outdir;
}

function addState(stack: Stack) {
  const table = new dynamodb.TableV2(stack, 'Rows', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
    dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const stream = new kinesis.Stream(stack, 'Stream', {
    shardCount: 1,
    retentionPeriod: Duration.hours(48),
    encryption: kinesis.StreamEncryption.MANAGED,
  });
  const dead = new sqs.Queue(stack, 'Dead');
  const queue = new sqs.Queue(stack, 'Mailbox', {
    deadLetterQueue: { queue: dead, maxReceiveCount: 2 },
  });
  const bucket = new s3.Bucket(stack, 'Archive');
  const secret = new secrets.Secret(stack, 'Secret', {
    generateSecretString: { passwordLength: 24 },
  });
  const environment = {
    TABLE: table.tableName,
    STREAM: stream.streamName,
    QUEUE: queue.queueUrl,
    BUCKET: bucket.bucketName,
    SECRET: secret.secretArn,
  };
  return { table, stream, queue, secret, environment };
}

function addService(stack: Stack, secret: secrets.Secret, tasks: number): void {
  const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 2 }) as ec2.IVpc;
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc }) as ecs.ICluster;
  const definition = new ecs.FargateTaskDefinition(stack, 'Task', { memoryLimitMiB: 512 });
  definition.addContainer('main', {
    image: ecs.ContainerImage.fromAsset(bundle(CONTAINER, 'main.mjs')),
    command: ['main.mjs'],
    environment: { GREETING: 'hello', PORT: '80' },
    secrets: { PASSWORD: ecs.Secret.fromSecretsManager(secret as secrets.ISecret) },
    logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'main' }),
    stopTimeout: Duration.seconds(60),
  });
  new ecs.FargateService(stack, 'Keeper', {
    cluster,
    taskDefinition: definition,
    desiredCount: tasks,
    assignPublicIp: true,
  });
}

/** A folder with the source bundled as the file, and a Dockerfile for those who want an image. */
export function bundle(source: string, file: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-cloud-bundle-'));
  mkdirSync(folder, { recursive: true });
  buildSync({
    stdin: { contents: source, resolveDir: root },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    outfile: join(folder, file),
    banner: {
      js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'Dockerfile'), `FROM node:24-slim\nCOPY ${file} .\n`);
  return folder;
}
