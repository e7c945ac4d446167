/** Starts that cannot work, and starts that are given up: one clear sentence, exit 1, and nothing left running. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, inject, test } from 'vitest';
import { freePorts, isFree } from '../../local/free-port.ts';
import { endProcessesOf, processesOf } from '../left-behind.ts';
import { type TypeOptions, type } from './console.ts';
import { eventually } from './waiting.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stopWithinMs = 3_000;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) {
    endProcessesOf(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-bad-start-'));
  folders.push(folder);
  return folder;
}

/** What `npm start` runs, without npm around it. */
function start(stateFolder: string, flags: string[], options: TypeOptions = {}) {
  const words = ['start.mjs', 'local/main.ts', '--state', stateFolder];
  return type(process.execPath, [...words, ...flags], options);
}

async function expectRefused(sentence: RegExp, flags: string[], options: TypeOptions = {}) {
  const stateFolder = newFolder();
  const refused = start(stateFolder, flags, options);
  const { code } = await refused.ended;
  const lines = refused.complained().trimEnd().split('\n');
  expect(lines, refused.printed()).toHaveLength(1);
  expect(lines[0]).toMatch(sentence);
  expect(code).toBe(1);
  expect(processesOf(stateFolder)).toEqual([]);
}

test('an unknown flag is named, with those that there are', async () => {
  await expectRefused(/^Unknown option '--bogus'\. Usage: npm start \[-- --fresh\]/, ['--bogus']);
});

test.each([0, 1])('a port in use is named, with the way around it (port + %i)', async (offset) => {
  const port = await secondOfTwoFree();
  const server = createServer();
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  const assembly = ['--assembly', inject('assembly')];
  try {
    const flags = ['--port', String(port - offset), ...assembly];
    await expectRefused(new RegExp(`^Port ${port} is in use: .*npm start -- --port N`), flags);
  } finally {
    server.close();
  }
});

/** A free port below which there is another: the start looks at both. */
async function secondOfTwoFree(): Promise<number> {
  for (;;) {
    const [port] = (await freePorts(1)) as [number];
    if (await isFree(port - 1)) return port;
  }
}

test('an assembly that is not there or not JSON is named by its path', async () => {
  const corrupt = newFolder();
  const flags = ['--port', '0', '--assembly', corrupt];
  await expectRefused(/manifest\.json cannot be read: synthesize the app first/, flags);
  writeFileSync(join(corrupt, 'manifest.json'), '{"artifacts": ');
  await expectRefused(/manifest\.json is not valid JSON: .*synthesize again/, flags);
});

/** A copy of the assembly whose first template has the resource of that name changed. */
function assemblyWith(change: (resources: Record<string, unknown>) => void): string {
  const copy = join(newFolder(), 'cdk.out');
  cpSync(inject('assembly'), copy, { recursive: true });
  const file = readdirSync(copy).find((name) => name.endsWith('.template.json')) as string;
  const template = JSON.parse(readFileSync(join(copy, file), 'utf8'));
  change(template.Resources);
  writeFileSync(join(copy, file), JSON.stringify(template));
  return copy;
}

test('a resource type that cannot run here is named with its stack', async () => {
  const assembly = assemblyWith((resources) => {
    resources['Graph'] = { Type: 'AWS::Neptune::DBCluster', Properties: {} };
  });
  const sentence = /Crossbook-local-\w+, Graph: .*AWS::Neptune::DBCluster/;
  await expectRefused(sentence, ['--port', '0', '--assembly', assembly]);
});

test('a reference to nothing is named with its stack', async () => {
  const assembly = assemblyWith((resources) => {
    const Properties = { Name: { Ref: 'Nobody' } };
    resources['Stream'] = { Type: 'AWS::Kinesis::Stream', Properties };
  });
  const sentence = /Crossbook-local-\w+, Stream: .*Nobody/;
  await expectRefused(sentence, ['--port', '0', '--assembly', assembly]);
});

test('an emulator that is not there is named, with what to do', async () => {
  const flags = ['--port', '0', '--assembly', inject('assembly')];
  const env = { CROSSBOOK_LOCAL_DYNOXIDE: join(newFolder(), 'dynoxide') };
  await expectRefused(/^CROSSBOOK_LOCAL_DYNOXIDE names .*: correct or unset it/, flags, { env });
});

test('an emulator that ends while it starts is named with its log', async () => {
  const flags = ['--port', '0', '--assembly', inject('assembly')];
  const env = { CROSSBOOK_LOCAL_DYNOXIDE: '/bin/false' };
  await expectRefused(/^The dynamodb emulator ended while it started: read /, flags, { env });
});

test.each([
  ['synthesizing', 'synthesizing the template', []],
  ['booting', ' stacks, ', ['assembly']],
  ['starting containers', 'containers started', ['assembly']],
])('Ctrl-C while %s ends all within 3 s and leaves no process', async (_when, said, given) => {
  const stateFolder = newFolder();
  const assembly = given.length > 0 ? ['--assembly', inject('assembly')] : [];
  const started = start(stateFolder, ['--port', '0', ...assembly]);
  await started.says(said);
  // The CDK app is a process that the CLI starts: both must go.
  if (given.length === 0)
    await eventually('the app', () => processesOf(stateFolder).some(isApp), 30_000);
  const { ms, code } = await started.interrupt();
  expect({ code, left: processesOf(stateFolder) }).toEqual({ code: 0, left: [] });
  expect(ms).toBeLessThan(stopWithinMs);
});

const isApp = ({ commandLine }: { commandLine: string }) => commandLine.includes('infra/app.ts');

/** A checkout with nothing installed, and an npm that installs until it is stopped, and then cleans up. */
function bareCheckout() {
  const folder = newFolder();
  for (const file of ['start.mjs', 'package.json', 'package-lock.json'])
    cpSync(join(root, file), join(folder, file));
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules/.installed'), 'an older lock file');
  const npm = join(folder, 'npm.cjs');
  writeFileSync(
    npm,
    `const stop = () => setTimeout(() => { console.log('npm cleaned up'); process.exit(1); }, 200);
     for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
     setInterval(() => {}, 1000);
     console.log('npm installs');`,
  );
  return { cwd: folder, env: { npm_execpath: npm } };
}

test('Ctrl-C while installing waits for npm, says what is next, and vouches for nothing', async () => {
  const checkout = bareCheckout();
  const installing = type(process.execPath, ['start.mjs', 'local/main.ts'], checkout);
  await installing.says('npm installs');
  const { ms, code } = await installing.interrupt();
  expect(installing.printed()).toMatch(/npm cleaned up\nStopped while installing; the next start/);
  expect({ code, left: processesOf(checkout.cwd) }).toEqual({ code: 1, left: [] });
  expect(ms).toBeLessThan(stopWithinMs);
  expect(readdirSync(join(checkout.cwd, 'node_modules'))).toEqual([]);
});

test('a stop that only the start hears reaches npm', async () => {
  const checkout = bareCheckout();
  const installing = type(process.execPath, ['start.mjs', 'local/main.ts'], checkout);
  await installing.says('npm installs');
  process.kill(installing.pid, 'SIGTERM');
  expect((await installing.ended).code).toBe(1);
  expect(installing.printed()).toContain('npm cleaned up');
  expect(processesOf(checkout.cwd)).toEqual([]);
});
