import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { endLeftovers } from '../../local/child-process.ts';
import { emulatorUrls, startEmulators } from '../../local/emulators.ts';
import { freePorts } from '../../local/free-port.ts';
import { commandLineOf, livingPid, writePidFile } from '../../local/pid-file.ts';
import { provisionQueues } from '../../local/provision-queues.ts';
import { provisionStream } from '../../local/provision-stream.ts';
import { provisionTable } from '../../local/provision-table.ts';
import { newStateFolder, startEmulatorSet } from './fixtures-b/emulator-set.ts';
import { resource } from './fixtures-b/resources.ts';

const TABLE = resource('AWS::DynamoDB::GlobalTable', 'rows', {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
});

test('what was acknowledged before a kill -9 is there after the next start', async () => {
  const folder = newStateFolder();
  const first = await startEmulatorSet(folder);
  await provisionTable(first.clients.dynamodb, TABLE);
  await provisionStream(first.clients.kinesis, resource('AWS::Kinesis::Stream', 'journal'));
  await provisionQueues(first.clients.sqs, [resource('AWS::SQS::Queue', 'mail')]);
  const StreamName = 'journal';
  const Data = Buffer.from('frame');
  await first.clients.kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data }));
  await first.clients.dynamodb.send(
    new PutItemCommand({ TableName: 'rows', Item: { pk: { S: 'a' } } }),
  );
  const firstQueue = `${first.urls.sqs}/000000000000/mail`;
  await first.clients.sqs.send(new SendMessageCommand({ QueueUrl: firstQueue, MessageBody: 'm' }));
  first.clients.destroy();
  await first.emulators.stop(0);

  const second = await startEmulatorSet(folder);
  const rows = await second.clients.dynamodb.send(new ScanCommand({ TableName: 'rows' }));
  const { ShardIterator } = await second.clients.kinesis.send(
    new GetShardIteratorCommand({
      StreamName,
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const records = await second.clients.kinesis.send(new GetRecordsCommand({ ShardIterator }));
  // The queue's URL has another port now: queues are found by name.
  const QueueUrl = `${second.urls.sqs}/000000000000/mail`;
  const mail = await second.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  await second.stop();
  expect(rows.Count).toBe(1);
  expect(records.Records?.map((record) => Buffer.from(record.Data ?? []).toString())).toEqual([
    'frame',
  ]);
  expect(mail.Messages?.map(({ Body }) => Body)).toEqual(['m']);
});

test('a stop leaves no process of any emulator', async () => {
  const set = await startEmulatorSet();
  const pids = set.emulators.children.map(({ pid }) => pid);
  expect(pids).toHaveLength(3);
  await set.stop();
  expect(pids.map(commandLineOf)).toEqual([undefined, undefined, undefined]);
});

test('leftovers of a killed run are ended by their pid files', async () => {
  const set = await startEmulatorSet();
  const pids = set.emulators.children.map(({ pid }) => pid);
  const ended = await endLeftovers(join(set.stateFolder, 'run'));
  expect(ended.sort()).toEqual(['emulator-dynamodb', 'emulator-kinesis', 'emulator-queues']);
  expect(pids.map(commandLineOf)).toEqual([undefined, undefined, undefined]);
  await set.stop();
});

test('a pid file whose number now belongs to another program ends nothing', async () => {
  const run = newStateFolder();
  const path = join(run, 'emulator.pid');
  writePidFile(path, process.pid);
  expect(livingPid(path)).toBe(process.pid);
  writeFileSync(path, JSON.stringify({ pid: process.pid, commandLine: 'dynoxide serve' }));
  expect(livingPid(path)).toBeUndefined();
  expect(await endLeftovers(run)).toEqual([]);
});

test('an emulator can be replaced by the URL of another server', async () => {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    CROSSBOOK_LOCAL_DYNAMODB: url,
    CROSSBOOK_LOCAL_KINESIS: url,
    CROSSBOOK_LOCAL_SQS: url,
    CROSSBOOK_LOCAL_S3: url,
  };
  const ports = { dynamodb: 1, kinesis: 1, queues: 1 };
  const stateFolder = newStateFolder();
  const emulators = await startEmulators({ stateFolder, ports, environment, progress: () => {} });
  server.close();
  expect(emulators.children).toEqual([]);
  expect(emulators.urls).toEqual({ dynamodb: url, kinesis: url, sqs: url, s3: url });
});

test('only the replaced emulator has another address', () => {
  const environment = { CROSSBOOK_LOCAL_DYNAMODB: 'http://10.0.0.1:8000/' };
  const ports = { dynamodb: 1, kinesis: 2, queues: 3 };
  expect(emulatorUrls({ ports, environment })).toEqual({
    dynamodb: 'http://10.0.0.1:8000',
    kinesis: 'http://127.0.0.1:2',
    sqs: 'http://127.0.0.1:3',
    s3: 'http://127.0.0.1:3',
  });
});

test('a port that is taken by another program fails the start and leaves nothing running', async () => {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const [dynamodb, queues] = (await freePorts(2)) as [number, number];
  const ports = { dynamodb, kinesis: port, queues };
  const stateFolder = newStateFolder();
  const options = { stateFolder, ports, environment: {}, progress: () => undefined };
  await expect(startEmulators(options)).rejects.toThrow(`Port ${port}, meant for the kinesis`);
  server.close();
  expect(await endLeftovers(join(stateFolder, 'run'))).toEqual([]);
});
