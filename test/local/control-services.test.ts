import { createHash, createPublicKey, createVerify } from 'node:crypto';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AsyncInvocations, createAsyncInvocations } from '../../local/async-invocation.ts';
import { type ControlServices, startControlServices } from '../../local/control-services.ts';
import { createFunctions, type Functions } from '../../local/functions.ts';
import { openKeys } from '../../local/key-service.ts';
import { createLambdaService } from '../../local/lambda-service.ts';
import { openParameters, parameterOperations } from '../../local/parameter-service.ts';
import { openSecrets } from '../../local/secrets.ts';
import { secretsOperations } from '../../local/secrets-service.ts';
import { bundle } from './fixtures-b/cloud-app.ts';
import { type EmulatorSet, startEmulatorSet } from './fixtures-b/emulator-set.ts';
import { assemblyOf, resource } from './fixtures-b/resources.ts';

const FUNCTION = `let calls = 0; export const handler = async (event) => {
  calls += 1;
  if (event.fail) throw new TypeError('call ' + calls);
  return { ...event, calls };
};`;
const LAMBDA_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:worker';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-key-abcdef';
const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/';
const [SIGN_ID, DATA_ID] = [
  '11111111-1111-1111-1111-111111111111',
  '22222222-2222-2222-2222-222222222222',
];
const AWS = { region: 'us-east-1', credentials: { accessKeyId: 'l', secretAccessKey: 'l' } };

let set: EmulatorSet;
let services: ControlServices;
let functions: Functions;
let invocations: AsyncInvocations;

beforeAll(async () => {
  set = await startEmulatorSet();
  await set.clients.sqs.send(new CreateQueueCommand({ QueueName: 'dead' }));
  const TargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead';
  const worker = { Handler: 'index.handler', Code: 'code', DeadLetterConfig: { TargetArn } };
  const signing = { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' };
  const folder = bundle(FUNCTION, 'index.mjs');
  const assembly = assemblyOf(
    [
      resource('AWS::Lambda::Function', 'worker', worker, LAMBDA_ARN),
      resource('AWS::SecretsManager::Secret', 'api-key', { SecretString: 's3cret' }, SECRET_ARN),
      resource('AWS::SSM::Parameter', '/fee', { Type: 'String', Value: '12' }),
      resource('AWS::KMS::Key', SIGN_ID, signing, `${KEY_ARN}${SIGN_ID}`),
      resource('AWS::KMS::Key', DATA_ID, {}, `${KEY_ARN}${DATA_ID}`),
      resource('AWS::KMS::Alias', 'alias/sender', { TargetKeyId: SIGN_ID }),
    ],
    () => folder,
  );
  functions = createFunctions({ assembly, environment: {}, log: () => undefined });
  invocations = createAsyncInvocations({
    ...{ assembly, functions, sqs: set.clients.sqs, sqsUrl: set.urls.sqs },
    report: () => undefined,
    retryPausesMs: [1],
  });
  services = await startControlServices({
    port: 0,
    region: 'us-east-1',
    lambda: createLambdaService({ functions, invocations }),
    operations: {
      ...secretsOperations(openSecrets(assembly, join(set.stateFolder, 'secrets.json'))),
      ...parameterOperations(openParameters(assembly)),
      ...openKeys(assembly, join(set.stateFolder, 'keys.json')).operations,
    },
  });
});
afterAll(async () => {
  await invocations.stop();
  await services.stop();
  await functions.stop();
  await set.stop();
});

async function call(target: string, input: object) {
  const response = await fetch(services.url, {
    method: 'POST',
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(input),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

test('a secret is read by its ARN through the SDK', async () => {
  const client = new SecretsManagerClient({ ...AWS, endpoint: services.url });
  const answer = await client.send(new GetSecretValueCommand({ SecretId: SECRET_ARN }));
  expect(answer.SecretString).toBe('s3cret');
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'none' }))).rejects.toThrow(
    expect.objectContaining({ name: 'ResourceNotFoundException' }),
  );
});

test('a parameter is read by its name, and a missing one is named', async () => {
  expect((await call('AmazonSSM.GetParameter', { Name: '/fee' })).body).toMatchObject({
    Parameter: { Value: '12' },
  });
  const { body } = await call('AmazonSSM.GetParameters', { Names: ['/fee', '/none'] });
  expect(body).toMatchObject({ Parameters: [{ Name: '/fee' }], InvalidParameters: ['/none'] });
  expect((await call('AmazonSSM.GetParameter', { Name: '/none' })).status).toBe(400);
});

test('an invocation answers with what the function returned', async () => {
  const client = new LambdaClient({ ...AWS, endpoint: services.url });
  const Payload = JSON.stringify({ a: 1 });
  for (const FunctionName of ['worker', LAMBDA_ARN]) {
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload }));
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({ a: 1 });
  }
});

test('an invocation that fails carries the error and the function error header', async () => {
  const client = new LambdaClient({ ...AWS, endpoint: services.url });
  const Payload = JSON.stringify({ fail: true });
  const answer = await client.send(new InvokeCommand({ FunctionName: 'worker', Payload }));
  expect(answer.StatusCode).toBe(200);
  expect(answer.FunctionError).toBe('Unhandled');
  const error = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  expect(error).toMatchObject({ errorType: 'TypeError' });
});

test('an unknown function is not found', async () => {
  const client = new LambdaClient({ ...AWS, endpoint: services.url });
  await expect(client.send(new InvokeCommand({ FunctionName: 'nobody' }))).rejects.toThrow(
    expect.objectContaining({ name: 'ResourceNotFoundException' }),
  );
});

test('an asynchronous event that keeps failing ends in the dead-letter queue', async () => {
  const client = new LambdaClient({ ...AWS, endpoint: services.url });
  const event = JSON.stringify({ fail: true, id: 7 });
  const answer = await client.send(
    new InvokeCommand({ FunctionName: 'worker', InvocationType: 'Event', Payload: event }),
  );
  expect(answer.StatusCode).toBe(202);
  const QueueUrl = `${set.urls.sqs}/000000000000/dead`;
  const dead = await set.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }),
  );
  expect(dead.Messages?.map(({ Body }) => Body)).toEqual([event]);
});

test('a KMS signature over a digest is one that any ECDSA library accepts', async () => {
  const message = Buffer.from('a transaction');
  const Message = base64(createHash('sha256').update(message).digest());
  const signing = { KeyId: 'alias/sender', SigningAlgorithm: 'ECDSA_SHA_256' };
  const input = { ...signing, Message, MessageType: 'DIGEST' };
  const { body: key } = await call('TrentService.GetPublicKey', { KeyId: SIGN_ID });
  const publicKey = createPublicKey({
    key: Buffer.from(key['PublicKey'] as string, 'base64'),
    format: 'der',
    type: 'spki',
  });
  for (let round = 0; round < 20; round += 1) {
    const { body } = await call('TrentService.Sign', input);
    const signature = Buffer.from(body['Signature'] as string, 'base64');
    const verifier = createVerify('sha256').update(message);
    expect(verifier.verify(publicKey, signature)).toBe(true);
    const verified = await call('TrentService.Verify', { ...input, Signature: base64(signature) });
    expect(verified.body).toMatchObject({ SignatureValid: true });
  }
});

test('KMS refuses a signature of another message', async () => {
  const signing = { KeyId: SIGN_ID, SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'RAW' };
  const { body } = await call('TrentService.Sign', { ...signing, Message: base64('mine') });
  const { Signature } = body;
  const other = await call('TrentService.Verify', {
    ...signing,
    Message: base64('theirs'),
    Signature,
  });
  expect(other.body['__type']).toBe('KMSInvalidSignatureException');
});

test('what KMS encrypts it decrypts, and only with the same context', async () => {
  const EncryptionContext = { account: 'a' };
  const { body } = await call('TrentService.Encrypt', {
    KeyId: `${KEY_ARN}${DATA_ID}`,
    Plaintext: base64('hello'),
    EncryptionContext,
  });
  const { CiphertextBlob } = body;
  const opened = await call('TrentService.Decrypt', { CiphertextBlob, EncryptionContext });
  expect(opened.body['Plaintext']).toBe(base64('hello'));
  const refused = await call('TrentService.Decrypt', { CiphertextBlob });
  expect(refused.body['__type']).toBe('InvalidCiphertextException');
});

test('a data key comes in the clear and encrypted', async () => {
  const { body } = await call('TrentService.GenerateDataKey', {
    KeyId: DATA_ID,
    KeySpec: 'AES_256',
  });
  const { CiphertextBlob } = body;
  const opened = await call('TrentService.Decrypt', { CiphertextBlob });
  expect(opened.body['Plaintext']).toBe(body['Plaintext']);
});

test('a task learns its address from the metadata endpoint', async () => {
  const container = await (await fetch(`${services.url}/v4/matcher-1`)).json();
  const task = await (await fetch(`${services.url}/v4/matcher-1/task`)).json();
  const Networks = [expect.objectContaining({ IPv4Addresses: ['127.0.0.1'] })];
  expect(container).toMatchObject({ Networks });
  expect(task).toMatchObject({ Containers: [expect.objectContaining({ Networks })] });
});

test('an operation that nobody serves is refused by its name', async () => {
  const { status, body } = await call('DynamoDB_20120810.ListTables', {});
  expect(status).toBe(400);
  expect(body['message']).toMatch(/DynamoDB_20120810.ListTables/);
});
