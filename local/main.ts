/** `npm start`: synthesizes the CDK app and runs it on this machine until Ctrl-C. */
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readArguments } from './arguments.ts';
import { endLeftovers } from './child-process.ts';
import { bootCloud, type Cloud } from './cloud.ts';
import { isFree } from './free-port.ts';
import { writeJsonFile } from './json-file.ts';
import { outputsTable } from './outputs-table.ts';
import { becomesHealthy } from './readiness.ts';
import { LOCK_FILE, lockState } from './state-lock.ts';
import { synthesize } from './synthesize.ts';

const root = resolve(import.meta.dirname, '..');
/** A stop that takes longer becomes a kill, so that the prompt is back within 3 s. */
const STOP_LIMIT_MS = 2_200;
const KILL_LIMIT_MS = 600;
const startedAtMs = performance.now();
const stopping = new AbortController();
let cloud: Cloud | undefined;
/** Ends every process named in the state folder and lets the folder go. */
let endHeld = async (): Promise<void> => {};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) void leave(130, 'kill');
    else void leave(0, 'stop');
  });
}
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => fail(error));
}

const starting = start().catch((error: unknown) => {
  if (!stopping.signal.aborted) fail(error);
});

async function start(): Promise<void> {
  const given = readArguments(process.argv.slice(2));
  const stateFolder = resolve(root, given.state ?? defaultState(given.stage));
  const lock = lockState(stateFolder);
  endHeld = async () => {
    await endLeftovers(join(stateFolder, 'run'), [LOCK_FILE]);
    lock.release();
  };
  const leftovers = await endLeftovers(join(stateFolder, 'run'), [LOCK_FILE]);
  if (leftovers.length > 0) progress(`ended what an earlier run left: ${leftovers.join(', ')}`);
  if (given.isFresh) forget(stateFolder);
  await checkPorts(given.port);

  const options = { root, stage: given.stage, stateFolder, progress, signal: stopping.signal };
  const assemblyFolder =
    given.assembly === undefined ? await synthesize(options) : resolve(given.assembly);
  if (stopping.signal.aborted) return;
  const ports =
    given.port === 0
      ? 'free'
      : { http: given.port, webSocket: given.port + 1, chain: given.port + 2 };
  const { without, tasks } = given;
  const told = { progress, report, signal: stopping.signal, without, tasks };
  const booted = await bootCloud({ assemblyFolder, stateFolder, ports, ...told });
  cloud = booted;
  if (stopping.signal.aborted) return booted.stop();

  const { urls, outputs } = booted;
  progress('waiting for the services to lead and answer…');
  const readiness = await becomesHealthy(outputs, stopping.signal);
  if (stopping.signal.aborted) return;
  if (!readiness.healthy) {
    report(
      `not healthy yet (${readiness.why}): see ${readiness.url}, and the logs in ${booted.logFolder}`,
    );
  }
  const containers = booted.containers.all().map(({ name, port }) => ({ name, port }));
  writeJsonFile(join(stateFolder, 'cloud.json'), { urls, outputs, containers });
  const chain = urls.chain && { key: 'ChainUrl', description: 'Chain', value: urls.chain };
  const table = outputsTable(chain ? [chain, ...outputs] : outputs);
  if (table !== '') console.log(`\n${table}\n`);
  console.log(`Ready in ${seconds()} s. Ctrl-C stops.`);
  if (given.isVerbose) console.log(`Logs: ${booted.logFolder}`);
}

function defaultState(stage: string): string {
  return stage === 'local' ? '.local' : join('.local', 'stages', stage);
}

/** Forgets all state but the lock that this process holds. */
function forget(stateFolder: string): void {
  for (const entry of readdirSync(stateFolder)) {
    if (entry !== 'run') rmSync(join(stateFolder, entry), { recursive: true, force: true });
  }
  progress('began anew');
}

async function checkPorts(port: number): Promise<void> {
  if (port === 0) return;
  for (const wanted of [port, port + 1, port + 2]) {
    if (await isFree(wanted)) continue;
    throw new Error(
      `Port ${wanted} is in use: stop the other program, or choose others with \`npm start -- --port N\` (N to N + 2).`,
    );
  }
}

function progress(text: string): void {
  console.log(`${seconds().padStart(6)} s  ${text}`);
}

function report(text: string): void {
  console.error(`  !  ${text}`);
}

function seconds(): string {
  return ((performance.now() - startedAtMs) / 1000).toFixed(1);
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  void leave(1, 'kill');
}

/** Ends everything, whatever happens on the way, and leaves. */
async function leave(code: number, how: 'stop' | 'kill'): Promise<void> {
  stopping.abort();
  setTimeout(() => {
    setTimeout(() => process.exit(code), KILL_LIMIT_MS);
    void endHeld().finally(() => process.exit(code));
  }, STOP_LIMIT_MS);
  try {
    if (how === 'stop') {
      console.log('\nStopping…');
      if (cloud === undefined) await starting;
      await cloud?.stop();
    } else void cloud?.kill9();
    await endHeld();
  } finally {
    process.exit(code);
  }
}
