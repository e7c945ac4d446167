/** The exchange under drill: on ports of its own that outlive a restart, with its leaders' processes at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { documentClient } from '#cloud/clients.ts';
import { createLeaseStore, type Lease } from '#cloud/lease-store.ts';
import { isFree } from '../../local/free-port.ts';
import { type Exchange, startExchange } from '../system/local-exchange.ts';
import { eventually } from '../system/waiting.ts';

export type Task = { name: string; pid: number; port: number };

export type DrilledExchange = {
  /** The same before and after a restart. */
  apiUrl: string;
  webSocketUrl: string;
  stateFolder: string;
  /** The emulators as they answer now. */
  clouds(): Clouds;
  /** Waits until every pair group is led; answers how long that took. */
  healthy(withinMs?: number): Promise<number>;
  /** Waits until every matcher leads or has caught up with the journal. */
  standingBy(): Promise<void>;
  lease(groupId: string): Promise<Lease>;
  /** The task that holds a pair group's lease. */
  leader(groupId: string): Promise<Task>;
  /** The tasks of a container service, by a word of their name. */
  tasks(word: string): Task[];
  /** Kills every process at once, as a power cut would. */
  killAll(): Promise<void>;
  startAgain(): Promise<void>;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
};

export type Clouds = {
  client: DynamoDBDocumentClient;
  kinesis: KinesisClient;
  /** Where S3 answers, as a client is told. */
  s3: S3ClientConfig;
  archiveBucket: string;
  /** A table's name by the end of its logical one. */
  table(word: string): Promise<string>;
};

export type DrilledOptions = {
  stateFolder: string;
  assembly: string;
  /** Matchers of a pair group: one leads, the others stand by. */
  tasks: number;
  /** Further variables, such as another Kinesis. */
  env?: Record<string, string>;
};

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const where = { region: 'us-east-1', credentials };

export async function bootDrilled(options: DrilledOptions): Promise<DrilledExchange> {
  const { stateFolder } = options;
  const port = String(await twoFreePorts());
  const flags = ['--without', 'bots', '--tasks', `matcher=${options.tasks}`, '--port', port];
  const start = () => startExchange({ ...options, flags });
  let exchange: Exchange;
  let open: Clouds | undefined;
  const close = () => {
    open?.client.destroy();
    open?.kinesis.destroy();
    open = undefined;
  };
  const clouds = () => {
    open ??= openClouds(exchange.urls, stateFolder);
    return open;
  };
  const lease = async (groupId: string): Promise<Lease> => {
    const { client, table } = clouds();
    const found = await createLeaseStore({ client, table: await table('Leases') }).read(groupId);
    if (!found) throw new Error(`nobody ever led ${groupId}`);
    return found;
  };
  exchange = await start();
  const { apiUrl, webSocketUrl } = exchange;
  return {
    ...{ apiUrl, webSocketUrl, stateFolder, clouds, lease },
    healthy: (withinMs = 60_000) => becomesHealthy(apiUrl, withinMs),
    async standingBy() {
      const alive = async ({ port }: Task) => (await fetch(`http://127.0.0.1:${port}/alive`)).ok;
      const ask = async () => {
        const answers = await Promise.all(tasksOf(stateFolder).map(alive));
        return answers.every(Boolean);
      };
      await eventually('every matcher to lead or stand by', ask, 60_000);
    },
    async leader(groupId) {
      const { port } = await lease(groupId);
      const task = tasksOf(stateFolder).find((each) => each.port === port);
      if (!task) throw new Error(`no task listens on ${port}, where ${groupId} is led`);
      return task;
    },
    tasks: (word) => tasksOf(stateFolder).filter(({ name }) => name.includes(word)),
    async killAll() {
      close();
      await exchange.killNine();
    },
    async startAgain() {
      exchange = await start();
    },
    async stop() {
      close();
      const { code } = await exchange.stop();
      if (code !== 0) throw new Error(`the exchange ended with ${code}: ${exchange.printed()}`);
    },
  };
}

function openClouds(urls: Record<string, string>, stateFolder: string): Clouds {
  const client = documentClient({ ...where, endpoint: urls['dynamodb'] as string });
  // The local twin speaks HTTP/1.1 only.
  const requestHandler = new NodeHttpHandler();
  const endpoint = urls['kinesis'] as string;
  return {
    client,
    kinesis: new KinesisClient({ ...where, endpoint, requestHandler, maxAttempts: 6 }),
    // Virtual-host style would need a wildcard name for the loopback address.
    s3: { ...where, endpoint: urls['s3'] as string, forcePathStyle: true },
    archiveBucket: outputOf(stateFolder, 'ArchiveBucket'),
    async table(word) {
      const { TableNames = [] } = await client.send(new ListTablesCommand({}));
      const name = TableNames.find((each) => each.includes(`Data-${word}`));
      if (!name) throw new Error(`no ${word} among the tables ${TableNames.join(', ')}`);
      return name;
    },
  };
}

/** The front takes a port and the one behind it, for as long as the drill lasts: below those that systems give to whoever asks for any. */
async function twoFreePorts(): Promise<number> {
  return eventually('two free ports in a row', async () => {
    const port = 20_000 + 2 * Math.floor(Math.random() * 5_000);
    return (await isFree(port)) && (await isFree(port + 1)) && port;
  });
}

async function becomesHealthy(apiUrl: string, withinMs: number): Promise<number> {
  const began = performance.now();
  const ask = async () => (await fetch(`${apiUrl}/v1/health`)).ok;
  await eventually('every pair group to be led', ask, withinMs);
  return Math.round(performance.now() - began);
}

type CloudFile = {
  outputs: { key: string; value: string }[];
  containers: { name: string; port: number }[];
};

const cloudFile = (stateFolder: string): CloudFile =>
  JSON.parse(readFileSync(join(stateFolder, 'cloud.json'), 'utf8'));

function outputOf(stateFolder: string, key: string): string {
  const found = cloudFile(stateFolder).outputs.find((each) => each.key === key);
  if (!found) throw new Error(`the exchange has no output ${key}`);
  return found.value;
}

/** Container tasks that run now, as the local cloud has written them down. */
function tasksOf(stateFolder: string): Task[] {
  const run = join(stateFolder, 'run');
  const files = new Set(readdirSync(run));
  return cloudFile(stateFolder).containers.flatMap(({ name, port }) => {
    const file = `container-${name}.pid`;
    if (!files.has(file)) return [];
    const { pid } = JSON.parse(readFileSync(join(run, file), 'utf8')) as { pid: number };
    return [{ name, port, pid }];
  });
}

/** Kills every process that the local cloud has written down, at once and without waiting; its own, which would start them again, first. */
export function killNow(stateFolder: string): void {
  const run = join(stateFolder, 'run');
  if (!existsSync(run)) return;
  const files = readdirSync(run).filter((file) => file.endsWith('.pid'));
  files.sort((a, b) => Number(b === 'cloud.pid') - Number(a === 'cloud.pid'));
  for (const file of files) {
    const pid = Number(/\d+/.exec(readFileSync(join(run, file), 'utf8'))?.[0]);
    if (pid > 1) kill(pid);
  }
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
