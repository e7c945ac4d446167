/** What reading an assembly promises. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type App,
  CfnOutput,
  aws_dynamodb as dynamodb,
  aws_ecs as ecs,
  aws_kinesis as kinesis,
  aws_lambda as lambda,
  Stack,
  Stage,
  aws_s3 as s3,
  aws_secretsmanager as secretsmanager,
  aws_sqs as sqs,
} from 'aws-cdk-lib';
import { HttpApi, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Assembly, type Resource, readAssembly } from '../../local/assembly.ts';
import {
  bundleFolder,
  newFolder,
  PLACE,
  readTemplates,
  removeFolders,
  synthesize,
} from './fixtures/assembly-folder.ts';

afterAll(removeFolders);

const BUNDLE = 'export const handler = async () => ({});';

function buildTwoStacks(app: App): void {
  const data = new Stack(app, 'Data');
  const table = new dynamodb.TableV2(data, 'Table', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
  });
  const stream = new kinesis.Stream(data, 'Journal', {
    encryption: kinesis.StreamEncryption.MANAGED,
  });
  const queue = new sqs.Queue(data, 'Jobs', { fifo: true });
  const bucket = new s3.Bucket(data, 'Archive');
  const secret = new secretsmanager.Secret(data, 'Key');

  const work = new Stack(app, 'Work');
  const ws = new WebSocketApi(work, 'Feed');
  const stage = new WebSocketStage(work, 'Stage', {
    webSocketApi: ws,
    stageName: 'v1',
    autoDeploy: true,
  });
  const http = new HttpApi(work, 'Http');
  new lambda.Function(work, 'Fn', {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(bundleFolder(BUNDLE)),
    environment: {
      TABLE: table.tableName,
      TABLE_STREAM: table.tableStreamArn ?? '',
      STREAM_ARN: stream.streamArn,
      QUEUE_URL: queue.queueUrl,
      BUCKET: bucket.bucketName,
      SECRET_ARN: secret.secretArn,
      SECRET_NAME: secret.secretName,
      CALLBACK: stage.callbackUrl,
    },
  });
  const image = bundleFolder('');
  writeFileSync(join(image, 'Dockerfile'), 'FROM scratch\n');
  const task = new ecs.FargateTaskDefinition(work, 'Task');
  task.addContainer('main', { image: ecs.ContainerImage.fromAsset(image) });
  new CfnOutput(work, 'Rest', { value: http.apiEndpoint, description: 'REST API' });
  new CfnOutput(work, 'WebSocket', { value: stage.url });
}

/** The properties of the only resource of a type. */
function propsOf<T>(assembly: Assembly, type: string): T {
  const [only] = assembly.of(type) as [Resource];
  return only.props as T;
}

type Variables = Record<'CALLBACK' | 'SECRET_ARN' | 'SECRET_NAME', string>;

function variablesOf(assembly: Assembly): Variables {
  const type = 'AWS::Lambda::Function';
  return propsOf<{ Environment: { Variables: Variables } }>(assembly, type).Environment.Variables;
}

describe.each(['weak', 'strong'] as const)('with %s references between stacks', (references) => {
  let assembly: Assembly;
  beforeAll(() => {
    assembly = synthesize(buildTwoStacks, references);
  });

  test("a function's variables hold the physical names of another stack's resources", () => {
    const [table] = assembly.of('AWS::DynamoDB::GlobalTable');
    const [stream] = assembly.of('AWS::Kinesis::Stream');
    const [queue] = assembly.of('AWS::SQS::Queue');
    const [bucket] = assembly.of('AWS::S3::Bucket');
    expect(variablesOf(assembly)).toMatchObject({
      TABLE: table?.name,
      TABLE_STREAM: `${table?.arn}/stream/local`,
      STREAM_ARN: stream?.arn,
      QUEUE_URL: `http://127.0.0.1:9001/000000000000/${queue?.name}`,
      BUCKET: bucket?.name,
    });
  });

  test("a secret's name can be cut out of its ARN", () => {
    const [secret] = assembly.of('AWS::SecretsManager::Secret');
    const { SECRET_ARN, SECRET_NAME } = variablesOf(assembly);
    expect(SECRET_ARN).toBe(secret?.arn);
    expect(SECRET_NAME).toBe(secret?.name);
  });

  test("an API's deployed address becomes the local one", () => {
    expect(variablesOf(assembly).CALLBACK).toBe('http://127.0.0.1:9003/v1');
    expect(assembly.outputs).toContainEqual({
      key: 'Rest',
      value: 'http://127.0.0.1:9002',
      description: 'REST API',
    });
    expect(assembly.outputs).toContainEqual({ key: 'WebSocket', value: 'ws://127.0.0.1:9003/v1' });
  });

  test('a FIFO queue ends in .fifo and a bucket is a DNS label', () => {
    expect(assembly.of('AWS::SQS::Queue')[0]?.name).toMatch(/\.fifo$/);
    expect(assembly.of('AWS::S3::Bucket')[0]?.name).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
  });

  test('code and images lead to their asset folders', () => {
    const { Code } = propsOf<{ Code: unknown }>(assembly, 'AWS::Lambda::Function');
    const { ContainerDefinitions } = propsOf<{ ContainerDefinitions: { Image: string }[] }>(
      assembly,
      'AWS::ECS::TaskDefinition',
    );
    expect(assembly.folderOf(Code)).toContain('asset.');
    expect(assembly.folderOf(ContainerDefinitions[0]?.Image)).toContain('asset.');
    expect(assembly.folderOf('nginx:latest')).toBeUndefined();
  });
});

/** Resolves one property of a resource in a stack with everything to point at. */
function resolve(expression: unknown): unknown {
  const template = {
    Conditions: {
      Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
      No: { 'Fn::Not': [{ Condition: 'Yes' }] },
      Both: { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Or': [{ Condition: 'No' }] }] },
    },
    Mappings: { Sizes: { small: { cpu: '256' } } },
    Parameters: { Stage: { Type: 'String', Default: 'local' }, Bare: { Type: 'String' } },
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
      Param: { Type: 'AWS::SSM::Parameter', Properties: { Value: expression } },
    },
  };
  const assembly = readTemplates({ App: template });
  return propsOf<{ Value: unknown }>(assembly, 'AWS::SSM::Parameter').Value;
}

describe('an expression', () => {
  test.each([
    [{ Ref: 'AWS::AccountId' }, '000000000000'],
    [{ Ref: 'Stage' }, 'local'],
    [{ Ref: 'Queue' }, 'http://127.0.0.1:9001/000000000000/App-Queue'],
    [{ 'Fn::GetAtt': 'Queue.Arn' }, 'arn:aws:sqs:us-east-1:000000000000:App-Queue'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'a-b'],
    [{ 'Fn::Sub': `\${Stage}/\${Queue.QueueName}/\${!Kept}` }, `local/App-Queue/\${Kept}`],
    [{ 'Fn::Sub': [`\${x}`, { x: { Ref: 'Stage' } }] }, 'local'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    [{ 'Fn::If': ['Yes', 'then', 'else'] }, 'then'],
    [{ 'Fn::If': ['Both', 'then', 'else'] }, 'else'],
    [{ 'Fn::FindInMap': ['Sizes', 'small', 'cpu'] }, '256'],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
    [`{{resolve:secretsmanager:x}}`, `{{resolve:secretsmanager:x}}`],
  ])('%j resolves to %s', (expression, expected) => {
    expect(resolve(expression)).toBe(expected);
  });

  test.each([
    [{ Ref: 'Nobody' }, /App, Param: Ref to Nobody/],
    [{ Ref: 'Bare' }, /App, Param: parameter Bare has no value: give it a Default/],
    [{ 'Fn::GetAtt': ['Nobody', 'Arn'] }, /App, Param: Fn::GetAtt Nobody.Arn/],
    [{ 'Fn::GetAtt': ['Queue', 'Color'] }, /App, Param: Fn::GetAtt Queue.Color .* AWS::SQS::Queue/],
    [{ 'Fn::Transform': {} }, /App, Param: Fn::Transform is not supported locally/],
    [{ 'Fn::If': ['Never', 1, 2] }, /App, Param: the condition Never is not defined/],
    [{ 'Fn::ImportValue': 'x' }, /App, Param: no stack exports x/],
    [{ 'Fn::Select': [7, ['a']] }, /App, Param: Fn::Select points outside/],
  ])('%j is refused in a sentence that names stack and resource', (expression, message) => {
    expect(() => resolve(expression)).toThrow(message);
  });
});

describe('a resource', () => {
  test('has the name that its template states', () => {
    const assembly = readTemplates({
      App: { Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } } } },
    });
    expect(assembly.resources[0]?.name).toBe('jobs');
  });

  test('shares its name with no resource of another stack, and keeps it over reads', () => {
    const template = { Resources: { Q: { Type: 'AWS::SQS::Queue' } } };
    const names = (): string[] =>
      readTemplates({ One: template, Two: template }).resources.map((found) => found.name);
    expect(new Set(names()).size).toBe(2);
    expect(names()).toEqual(names());
  });

  test('with a very long logical id keeps within the length AWS allows, and unique', () => {
    const id = 'Very'.repeat(40);
    const type = { Type: 'AWS::Lambda::Function' };
    const { resources } = readTemplates({
      S: { Resources: { [`${id}A`]: type, [`${id}B`]: type } },
    });
    const names = resources.map((found: Resource) => found.name);
    expect(names.every((name) => name.length <= 64)).toBe(true);
    expect(new Set(names).size).toBe(2);
  });

  test('whose condition is false does not exist', () => {
    const { resources } = readTemplates({
      App: {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Q: { Type: 'AWS::SQS::Queue', Condition: 'Never' } },
      },
    });
    expect(resources).toEqual([]);
  });
});

test("the stacks of CDK's stages are read too, and refer to each other", () => {
  const assembly = synthesize((app) => {
    const dev = new Stage(app, 'Dev');
    const queue = new sqs.Queue(new Stack(dev, 'Data'), 'Jobs');
    const work = new Stack(dev, 'Work');
    new sqs.Queue(work, 'Other');
    new CfnOutput(work, 'Name', { value: queue.queueName });
  }, 'weak');
  expect(assembly.stacks).toEqual(['Dev-Data', 'Dev-Work']);
  const [queue] = assembly.of('AWS::SQS::Queue');
  expect(assembly.outputs).toContainEqual({ key: 'Name', value: queue?.name });
});

test('a folder without an assembly is refused in a sentence that says what to do', () => {
  expect(() => readAssembly(newFolder(), PLACE)).toThrow(
    /manifest.json cannot be read: synthesize/,
  );
});

test('a template that is not JSON is refused in a sentence that says what to do', () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'manifest.json'), '{"artifacts":');
  expect(() => readAssembly(folder, PLACE)).toThrow(/is not valid JSON: delete its folder/);
});

test('a second API of one kind is refused by name', () => {
  const api = { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } };
  expect(() => readTemplates({ App: { Resources: { One: api, Two: api } } })).toThrow(
    /App, Two: the local cloud serves one HTTP API/,
  );
});
