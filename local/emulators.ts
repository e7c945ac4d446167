/** Starts the emulators of DynamoDB, Kinesis, SQS and S3, or uses those that the environment names instead. */
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from './child-process.ts';
import { isFree } from './free-port.ts';
import type { OnPut } from './shard-watch.ts';

export type EmulatorName = 'dynamodb' | 'kinesis' | 'queues';

export type EmulatorUrls = { dynamodb: string; kinesis: string; sqs: string; s3: string };

export type Emulators = {
  urls: EmulatorUrls;
  children: Child[];
  /** Has something called soon after each put into a stream; absent where another server is in the emulator's place. */
  onPut?: OnPut;
  /** Ends them; `graceMs` 0 kills them at once. */
  stop: (graceMs?: number) => Promise<void>;
};

export type EmulatorOptions = {
  stateFolder: string;
  ports: Record<EmulatorName, number>;
  /** Where replacements are named; `process.env` outside tests. */
  environment: NodeJS.ProcessEnv;
  progress: (text: string) => void;
};

/** The variable that puts another server in an emulator's place. */
const REPLACEMENTS = {
  dynamodb: 'CROSSBOOK_LOCAL_DYNAMODB',
  kinesis: 'CROSSBOOK_LOCAL_KINESIS',
  sqs: 'CROSSBOOK_LOCAL_SQS',
  s3: 'CROSSBOOK_LOCAL_S3',
} as const;

/** The variable that names another dynoxide program than the npm package's, for platforms that have no package. */
const DYNOXIDE = 'CROSSBOOK_LOCAL_DYNOXIDE';

const READY_LIMIT_MS = 20_000;
const STOP_GRACE_MS = 700;

/** Where each service answers, known before anything is started because ports are chosen first. */
export function emulatorUrls(
  options: Pick<EmulatorOptions, 'ports' | 'environment'>,
): EmulatorUrls {
  const { ports, environment } = options;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const replaced = (name: keyof EmulatorUrls): string | undefined =>
    environment[REPLACEMENTS[name]]?.replace(/\/$/, '') || undefined;
  return {
    dynamodb: replaced('dynamodb') ?? at(ports.dynamodb),
    kinesis: replaced('kinesis') ?? at(ports.kinesis),
    sqs: replaced('sqs') ?? at(ports.queues),
    s3: replaced('s3') ?? at(ports.queues),
  };
}

/** Starts what is not replaced, all at once, and waits until each answers. Throws one clear sentence where one cannot. */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { environment } = options;
  const urls = emulatorUrls(options);
  const wanted: EmulatorName[] = [];
  if (!environment[REPLACEMENTS.dynamodb]) wanted.push('dynamodb');
  if (!environment[REPLACEMENTS.kinesis]) wanted.push('kinesis');
  if (!environment[REPLACEMENTS.sqs] || !environment[REPLACEMENTS.s3]) wanted.push('queues');

  const listeners: (() => void)[] = [];
  const told = (): void => {
    for (const listener of listeners) listener();
  };
  const onPut: OnPut = (listener) => void listeners.push(listener);
  const commands = wanted.map((name) => ({ name, ...commandOf(name, options) }));
  const started = await Promise.allSettled(
    commands.map((command) =>
      startEmulator({ ...command, ...(command.name === 'kinesis' && { told }) }, options),
    ),
  );
  const children = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (graceMs = STOP_GRACE_MS): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(graceMs)));
  };
  const failure = started.find((one) => one.status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  try {
    await waitForReplacements(urls, environment);
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls, children, stop, ...(wanted.includes('kinesis') && { onPut }) };
}

type Command = { name: EmulatorName; command: string; args: string[]; told?: () => void };

function commandOf(
  name: EmulatorName,
  options: EmulatorOptions,
): Pick<Command, 'command' | 'args'> {
  const port = String(options.ports[name]);
  const data = join(options.stateFolder, 'data');
  mkdirSync(data, { recursive: true });
  if (name === 'dynamodb') {
    const args = ['serve', '--port', port, '--db-path', join(data, 'dynamodb.db')];
    return { command: dynoxidePath(options.environment), args };
  }
  if (name === 'kinesis') {
    requirePackage('kinesalite', REPLACEMENTS.kinesis);
    requirePackage('leveldown', REPLACEMENTS.kinesis);
    const script = join(import.meta.dirname, 'kinesis-emulator.ts');
    return { command: process.execPath, args: [script, port, join(data, 'kinesis')] };
  }
  requirePackage('fauxqs', REPLACEMENTS.sqs);
  const script = join(import.meta.dirname, 'queue-emulator.ts');
  return { command: process.execPath, args: [script, port, join(data, 'queues')] };
}

async function startEmulator(command: Command, options: EmulatorOptions): Promise<Child> {
  const { name, args, told } = command;
  const port = options.ports[name];
  // Whoever listens there already would answer in the emulator's place.
  if (!(await isFree(port))) {
    throw new Error(`Port ${port}, meant for the ${name} emulator, is in use: start again.`);
  }
  const child = await startChild({
    name: `emulator-${name}`,
    command: command.command,
    args,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      AWS_REGION: 'us-east-1',
      AWS_ACCOUNT_ID: '000000000000',
    },
    logFile: join(options.stateFolder, 'logs', `emulator-${name}.log`),
    runFolder: join(options.stateFolder, 'run'),
    ...(told && { told }),
  });
  let gone = false;
  void child.exited.then(() => {
    gone = true;
  });
  const sinceMs = Date.now();
  const answered = await answers(`http://127.0.0.1:${port}`, () => gone);
  if (!answered) {
    await child.stop(0);
    const what = gone ? 'ended while it started' : 'does not answer';
    throw new Error(
      `The ${name} emulator ${what}: read ${child.logFile}, or run \`npm start -- --fresh\` if its stored state is damaged.`,
    );
  }
  options.progress(`${name} emulator answers after ${Date.now() - sinceMs} ms`);
  return child;
}

async function waitForReplacements(
  urls: EmulatorUrls,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  for (const name of Object.keys(REPLACEMENTS) as (keyof EmulatorUrls)[]) {
    if (!environment[REPLACEMENTS[name]]) continue;
    if (!(await answers(urls[name], () => false, 5_000))) {
      throw new Error(
        `${REPLACEMENTS[name]} names ${urls[name]}, where nothing answers: start that server or unset the variable.`,
      );
    }
  }
}

/** Whether an HTTP server answers, with whatever status, within the limit. */
async function answers(
  url: string,
  gaveUp: () => boolean,
  limitMs: number = READY_LIMIT_MS,
): Promise<boolean> {
  const untilMs = Date.now() + limitMs;
  while (Date.now() < untilMs && !gaveUp()) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      return true;
    } catch {
      await sleep(25);
    }
  }
  return false;
}

function dynoxidePath(environment: NodeJS.ProcessEnv): string {
  const named = environment[DYNOXIDE];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`${DYNOXIDE} names ${named}, which is not there: correct or unset it.`);
  }
  const folder = `${process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  const path = join(import.meta.dirname, '..', 'node_modules', '@dynoxide', folder, file);
  if (existsSync(path)) return path;
  throw new Error(
    `The DynamoDB emulator @dynoxide/${folder} is not installed: run \`npm install --no-save @dynoxide/${folder}\`, or set ${DYNOXIDE} to the path of the program, or ${REPLACEMENTS.dynamodb} to the URL of a DynamoDB Local.`,
  );
}

function requirePackage(name: string, replacement: string): void {
  try {
    createRequire(import.meta.url).resolve(name);
  } catch (error) {
    // A package that has only an `import` entry is there, though require cannot load it.
    if ((error as { code?: string }).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return;
    throw new Error(
      `The npm package ${name} is not installed: run \`npm install --no-save\` in the project, or set ${replacement} to the URL of another emulator.`,
    );
  }
}
