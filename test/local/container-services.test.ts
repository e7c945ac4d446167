import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type ContainerServices, startContainerServices } from '../../local/container-services.ts';
import { openParameters } from '../../local/parameter-service.ts';
import { commandLineOf } from '../../local/pid-file.ts';
import { openSecrets } from '../../local/secrets.ts';
import { newStateFolder, until } from './fixtures-b/emulator-set.ts';
import { assemblyOf, resource } from './fixtures-b/resources.ts';

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db-abcdef';
const ABOUT = `
import { createServer } from 'node:http';
createServer((request, response) => response.end(JSON.stringify({ pid: process.pid, env: process.env, argv: process.argv.slice(2) })))
  .listen(Number(process.env.PORT), '127.0.0.1');
`;
const FLAGGED = ABOUT.replace(
  'process.argv.slice(2)',
  '[...process.execArgv, ...process.argv.slice(2)]',
);
const STUBBORN = `${ABOUT} process.on('SIGTERM', () => undefined);`;
const CRASHING = 'process.exit(3);';

let services: ContainerServices | undefined;
let reports: string[] = [];

afterEach(async () => {
  await services?.stop(0);
  services = undefined;
});

async function start(
  source: string,
  options: {
    count?: number;
    definition?: object;
    resources?: ReturnType<typeof resource>[];
    without?: string[];
    tasks?: { service: string; count: number }[];
  } = {},
): Promise<ContainerServices> {
  reports = [];
  const image = newStateFolder();
  writeFileSync(join(image, 'main.mjs'), source);
  const definition = { Name: 'main', Image: 'image', Command: ['main.mjs'], ...options.definition };
  const stateFolder = newStateFolder();
  const assembly = assemblyOf(
    [
      resource('AWS::ECS::TaskDefinition', 'task', { ContainerDefinitions: [definition] }),
      resource('AWS::ECS::Service', 'keeper', {
        TaskDefinition: 'task',
        DesiredCount: options.count ?? 1,
      }),
      ...(options.resources ?? []),
    ],
    () => image,
  );
  services = await startContainerServices({
    assembly,
    secrets: openSecrets(assembly, join(stateFolder, 'secrets.json')),
    parameters: openParameters(assembly),
    environment: { AWS_REGION: 'us-east-1' },
    metadataUrl: 'http://127.0.0.1:1',
    without: options.without ?? [],
    tasks: options.tasks ?? [],
    logFolder: join(stateFolder, 'logs'),
    runFolder: join(stateFolder, 'run'),
    report: (text) => reports.push(text),
  });
  return services;
}

type About = { pid: number; env: Record<string, string>; argv: string[] };

async function ask(port: number): Promise<About> {
  let about: About | undefined;
  await until(async () => {
    about = await fetch(`http://127.0.0.1:${port}`)
      .then((response) => response.json() as Promise<About>)
      .catch(() => undefined);
    return about !== undefined;
  });
  return about as About;
}

test('a service runs as many tasks as it wants, each on a port of its own', async () => {
  const all = (await start(ABOUT, { count: 2 })).all();
  const abouts = await Promise.all(all.map(({ port }) => ask(port)));
  expect(new Set(abouts.map(({ pid }) => pid)).size).toBe(2);
  expect(abouts.map(({ env }) => env['PORT'])).toEqual(all.map(({ port }) => String(port)));
});

test('a task sees the variables of its definition and of the cloud, and none of this machine', async () => {
  const definition = { Environment: [{ Name: 'GREETING', Value: 'hello' }] };
  process.env['LEAK_CANARY'] = 'secret of this machine';
  const [task] = (await start(ABOUT, { definition })).all();
  const { env } = await ask(task?.port as number);
  delete process.env['LEAK_CANARY'];
  expect(env).toMatchObject({ GREETING: 'hello', AWS_REGION: 'us-east-1' });
  expect(env['ECS_CONTAINER_METADATA_URI_V4']).toBe('http://127.0.0.1:1/v4/keeper-1');
  expect(env['LEAK_CANARY']).toBeUndefined();
});

test('secrets reach a task, whole or by one JSON key', async () => {
  const SecretString = '{"user":"u","password":"p"}';
  const Secrets = [
    { Name: 'WHOLE', ValueFrom: SECRET_ARN },
    { Name: 'PASSWORD', ValueFrom: `${SECRET_ARN}:password::` },
  ];
  const resources = [resource('AWS::SecretsManager::Secret', 'db', { SecretString }, SECRET_ARN)];
  const [task] = (await start(ABOUT, { definition: { Secrets }, resources })).all();
  const { env } = await ask(task?.port as number);
  expect(env).toMatchObject({ WHOLE: SecretString, PASSWORD: 'p' });
});

test('a secret that the assembly does not hold is refused by its name', async () => {
  const definition = { Secrets: [{ Name: 'KEY', ValueFrom: 'arn:none' }] };
  await expect(start(ABOUT, { definition })).rejects.toThrow(/Stack, keeper: KEY .*arn:none/);
});

test('a task that is killed comes back, and one line says that it was gone', async () => {
  const running = await start(ABOUT);
  const [task] = running.all();
  const first = await ask(task?.port as number);
  running.kill('keeper', 'SIGKILL');
  await until(() => task?.restarts() === 1);
  const second = await ask(task?.port as number);
  expect(second.pid).not.toBe(first.pid);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatch(
    /^keeper-1 ended by SIGKILL; it is started again: read .*keeper\.jsonl$/,
  );
});

test('a task that keeps crashing is reported with its log', async () => {
  await start(CRASHING);
  await until(() => reports.length > 1);
  expect(reports[1]).toMatch(/^keeper-1 ended with code 3, 2 times in a row; it is started again/);
});

test('a task that ignores SIGTERM is killed, and nothing of it is left', async () => {
  const running = await start(STUBBORN, { definition: { StopTimeout: 0.2 } });
  const [task] = running.all();
  const { pid } = await ask(task?.port as number);
  await running.stop();
  await sleep(0);
  expect(commandLineOf(pid)).toBeUndefined();
});

test('an image that is no folder of the assembly is refused by the service that uses it', async () => {
  await expect(start(ABOUT, { definition: { Command: ['other.mjs'] } })).rejects.toThrow(
    /Stack, keeper: other\.mjs/,
  );
});

test("a container's flags for Node stand before its script, and what follows is the script's", async () => {
  const Command = ['node', '--stack-trace-limit=7', 'main.mjs', 'one'];
  const [task] = (await start(FLAGGED, { definition: { Command } })).all();
  const { argv } = await ask(task?.port as number);
  expect(argv).toContain('--stack-trace-limit=7');
  expect(argv.at(-1)).toBe('one');
});

test('a start may ask for more tasks of a service than its template does', async () => {
  const tasks = [{ service: 'KEEP', count: 2 }];
  const [first, second] = (await start(ABOUT, { tasks })).all();
  expect(first?.name).toBe('keeper-1');
  expect(second?.name).toBe('keeper-2');
  expect(first?.port).not.toBe(second?.port);
});

test('a service that the start leaves out has no task', async () => {
  expect((await start(ABOUT, { without: ['KEEP'] })).all()).toEqual([]);
});
