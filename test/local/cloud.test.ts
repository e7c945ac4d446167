import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { endLeftovers } from '../../local/child-process.ts';
import { bootCloud, type Cloud } from '../../local/cloud.ts';
import { commandLineOf } from '../../local/pid-file.ts';
import { synthesizeCloudApp } from './fixtures-b/cloud-app.ts';
import { newStateFolder, until } from './fixtures-b/emulator-set.ts';

const main = resolve(import.meta.dirname, '../../local/main.ts');
let assemblyFolder: string;

beforeAll(() => {
  assemblyFolder = synthesizeCloudApp();
});

/** Boots the fixture; a test that fails on the way leaves nothing of it running. */
async function boot(stateFolder: string, report: (text: string) => void = () => {}) {
  const quiet = { progress: () => undefined, report };
  const cloud = await bootCloud({ assemblyFolder, stateFolder, ports: 'free', ...quiet });
  onTestFinished(() => cloud.kill9());
  return cloud;
}

const tableOf = (cloud: Cloud): string =>
  String(cloud.assembly.of('AWS::DynamoDB::GlobalTable')[0]?.name);

async function rowsOf(cloud: Cloud): Promise<string[]> {
  const TableName = tableOf(cloud);
  const { Items = [] } = await cloud.clients.dynamodb.send(new ScanCommand({ TableName }));
  return Items.map(({ pk, sk }) => `${pk?.S}:${sk?.S}`).sort();
}

async function post(url: string, value: string): Promise<Response> {
  return fetch(`${url}/values`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  });
}

const EVERYWHERE = ['Create:0x7a69', 'http:a', 'kinesis:a', 'sqs:a', 'stream:a'];

test('a request flows through function, stream, queue, table and bucket, and outlives a kill -9', async () => {
  const stateFolder = newStateFolder();
  const first = await boot(stateFolder);
  const url = String(first.outputs.find(({ key }) => key === 'Url')?.value);
  const response = await post(url, 'a');
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ secretLength: 24 });
  await until(async () => (await rowsOf(first)).length === 5);
  expect(await rowsOf(first)).toEqual(EVERYWHERE);
  const secret = first.secrets.all[0]?.value;
  await first.kill9();

  const second = await boot(stateFolder);
  expect(await rowsOf(second)).toEqual(EVERYWHERE);
  expect(second.secrets.all[0]?.value).toBe(secret);
  const again = await post(second.urls.http, 'b');
  expect(again.status).toBe(201);
  await until(async () => (await rowsOf(second)).length === 9);
  await second.stop();
});

test('a custom resource that its function cannot create fails the boot in one sentence, and nothing stays', async () => {
  const stateFolder = newStateFolder();
  const quiet = { progress: () => undefined, report: () => undefined };
  const node = createServer((_, response) =>
    response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}'),
  );
  await new Promise<void>((listening) => node.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void node.close());
  const { port } = node.address() as { port: number };
  const environment = { CROSSBOOK_LOCAL_CHAIN: `http://127.0.0.1:${port}` };
  await expect(
    bootCloud({ assemblyFolder, stateFolder, ports: 'free', environment, ...quiet }),
  ).rejects.toThrow(/^Stack Shop, Thing: .*Created.* could not create it: another chain$/);
  expect(await endLeftovers(join(stateFolder, 'run'))).toEqual([]);
});

test('a container of the assembly runs with its secret and without its own port', async () => {
  const cloud = await boot(newStateFolder());
  const [task] = cloud.containers.all();
  let about: Record<string, unknown> | undefined;
  await until(async () => {
    about = await fetch(`http://127.0.0.1:${task?.port}`)
      .then((response) => response.json() as Promise<Record<string, unknown>>)
      .catch(() => undefined);
    return about !== undefined;
  });
  const secret = cloud.secrets.all[0]?.value;
  await cloud.stop();
  expect(about).toMatchObject({ address: '127.0.0.1', secret, greeting: 'hello' });
});

test('a stop leaves no process and no pid file', async () => {
  const stateFolder = newStateFolder();
  const cloud = await boot(stateFolder);
  const pids = cloud.containers.all().map((task) => task.pid() as number);
  await cloud.stop();
  expect(pids.map(commandLineOf)).toEqual([undefined]);
  expect(await endLeftovers(join(stateFolder, 'run'))).toEqual([]);
});

test('an emulator that ends on its own is told in one line, one that is stopped is not', async () => {
  const reports: string[] = [];
  const stateFolder = newStateFolder();
  const cloud = await boot(stateFolder, (text) => reports.push(text));
  const { pid } = JSON.parse(
    readFileSync(join(stateFolder, 'run', 'emulator-queues.pid'), 'utf8'),
  ) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until(() => reports.some((text) => text.startsWith('emulator-queues')));
  await cloud.stop();
  expect(reports.filter((text) => text.startsWith('emulator-'))).toEqual([
    expect.stringMatching(/^emulator-queues ended by SIGKILL: stop and start again/),
  ]);
});

test('an assembly that is not there fails in one sentence', async () => {
  const options = { stateFolder: newStateFolder(), ports: 'free', report: () => {} } as const;
  await expect(
    bootCloud({ ...options, assemblyFolder: '/none', progress: () => undefined }),
  ).rejects.toThrow(/synthesize/);
});

function startMain(stateFolder: string, ...more: string[]) {
  const flags = ['--assembly', assemblyFolder, '--state', stateFolder, '--port', '0', ...more];
  const running = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void running.kill('SIGKILL'));
  let text = '';
  for (const output of [running.stdout, running.stderr]) {
    output.on('data', (chunk) => {
      text += chunk;
    });
  }
  return { running, text: () => text, exited: once(running, 'exit') as Promise<[number | null]> };
}

test('npm start prints the outputs, refuses a second start and leaves on a signal with everything ended', async () => {
  const stateFolder = newStateFolder();
  const first = startMain(stateFolder);
  await until(() => first.text().includes('Ready in'));
  expect(first.text()).toMatch(/REST +http:\/\/127\.0\.0\.1:\d+\n/);
  expect(first.text()).toMatch(/Try:\n {2}# Send a value\n {2}curl/);

  const second = startMain(stateFolder);
  expect(await second.exited).toEqual([1, null]);
  expect(second.text()).toMatch(/^Another local cloud \(process \d+\) runs on .*\n$/);

  const { containers } = JSON.parse(readFileSync(join(stateFolder, 'cloud.json'), 'utf8'));
  expect(containers).toHaveLength(1);
  first.running.kill('SIGTERM');
  expect(await first.exited).toEqual([0, null]);
  expect(await endLeftovers(join(stateFolder, 'run'))).toEqual([]);
});

test('after a kill -9 of npm start the next start ends what it left; --fresh forgets its rows', async () => {
  const stateFolder = newStateFolder();
  const first = startMain(stateFolder);
  await until(() => first.text().includes('Ready in'));
  first.running.kill('SIGKILL');
  await first.exited;

  const kept = await boot(stateFolder);
  const Item = { pk: { S: 'a' }, sk: { S: 'b' } };
  await kept.clients.dynamodb.send(new PutItemCommand({ TableName: tableOf(kept), Item }));
  await kept.kill9();

  const fresh = startMain(stateFolder, '--fresh');
  await until(() => fresh.text().includes('Ready in'));
  fresh.running.kill('SIGINT');
  await fresh.exited;
  const after = await boot(stateFolder);
  const rows = await rowsOf(after);
  await after.stop();
  expect(rows).toEqual(['Create:0x7a69']);
});

test.each([
  [['--bogus'], /^Unknown option '--bogus'\. Usage: npm start/],
  [['--port', 'x'], /^--port takes a number/],
])('the arguments %j are refused with one sentence', async (words, sentence) => {
  const refused = startMain(newStateFolder(), ...words);
  expect(await refused.exited).toEqual([1, null]);
  expect(refused.text()).toMatch(sentence);
});
