/** Orders over HTTP to their durable acknowledgement by one matcher, beside a bare server and bare puts of the same frames. */
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { nodeFlags } from '../../infra/constructs/node-flags.ts';
import { openStream, startKinesis } from '../twins/kinesis-twin.ts';
import { alone, type Benchmark, beside, type Measured } from './figure.ts';
import { type Forked, forked } from './forked.ts';
import type { Doings, Streams } from './matcher-host.ts';
import type { LoadPlan, LoadRun } from './order-load.ts';

const streams: Streams = { journal: 'journal', bare: 'bare' };
const connections = 512;
/** What some packages ask for that were written for require. */
const requireBanner =
  "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
const firstOrders = 1_000;
const pacedOrdersPerSec = 10_000;
const shardBytesPerSec = 1_000_000;

type Rig = {
  matcher: Forked;
  matcherPort: number;
  echo: Forked;
  echoPort: number;
  load: Forked;
  end: () => Promise<void>;
};
let opened: Promise<Rig> | undefined;

/** Both cases share it. */
function rig(): Promise<Rig> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Rig> {
  const kinesis = await startKinesis(streams.journal);
  // Also after a failed run, which ends without ending the rig.
  process.on('exit', () => void kinesis.stop());
  await openStream(kinesis.client, streams.bare);
  const [matcher, echo, load] = bundled(['matcher-host', 'echo-server', 'order-load']).map((file) =>
    forked(file, nodeFlags),
  ) as [Forked, Forked, Forked];
  const matcherPort = await matcher.call<number>('start', streams);
  const echoPort = await echo.call<number>('listen');
  const end = async () => {
    for (const each of [load, echo, matcher]) await each.end();
    await kinesis.stop();
  };
  return { matcher, matcherPort, echo, echoPort, load, end };
}

/** Each in one file, as a container's bundle is: Node's own type stripping leaves slower code. */
function bundled(names: string[]): URL[] {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  buildSync({
    entryPoints: names.map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url))),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: requireBanner },
    logLevel: 'silent',
  });
  return names.map((name) => pathToFileURL(join(folder, `${name}.mjs`)));
}

type Shape = {
  ordersPerRequest: number;
  /** Sent before anything is measured, until every account has its credit and every function its compiled code. */
  warmRequests: number;
  requests: number;
  pacedRequests: number;
};

async function measure(shape: Shape): Promise<Measured[]> {
  const { ordersPerRequest, warmRequests, requests, pacedRequests } = shape;
  const { matcher, matcherPort, echo, echoPort, load } = await rig();
  const plan = { connections, requests, ordersPerRequest };
  const send = (more: Omit<LoadPlan, keyof typeof plan> & Partial<LoadPlan>) =>
    load.call<LoadRun>('run', { ...plan, ...more });
  const doings = () => matcher.call<Doings>('doings');
  const toMatcher = { port: matcherPort, checked: true };
  const toEcho = { port: echoPort, checked: false };

  // Fewer orders than may wait for credit: then every account has its own.
  await send({ ...toMatcher, requests: Math.ceil(firstOrders / ordersPerRequest) });
  // Several runs: the bodies of one are made before it and are in memory all at once.
  for (let left = warmRequests; left > 0; left -= requests) {
    await send(toMatcher);
    await send(toEcho);
  }
  await doings();
  const run = await send(toMatcher);
  const did = await doings();
  const bareMs = await matcher.call<number[]>('bareMs');
  const echoIdleMicros = await echo.call<number>('cpuMicros');
  const echoed = await send(toEcho);
  const echoMicros = (await echo.call<number>('cpuMicros')) - echoIdleMicros;
  const requestsPerSec = pacedOrdersPerSec / ordersPerRequest;
  await doings();
  const machineBefore = machineMs();
  const paced = await send({ ...toMatcher, requests: pacedRequests, requestsPerSec });
  const machine = machineMs();
  const didPaced = await doings();
  assert.ok(did.putsMs.length > 0 && didPaced.putsMs.length > 0, 'nothing was journaled');

  const orders = requests * ordersPerRequest;
  const bytesPerOrder = did.journalBytes / orders;
  const latency = (metric: string, share: number) =>
    beside(metric, 'ms', quantile(latencies(run), share), {
      name: 'bare PutRecord',
      value: quantile(bareMs, share),
    });
  return [
    beside('ordersPerSec', '1/s', orders / seconds(run), {
      name: 'echo',
      value: orders / seconds(echoed),
    }),
    latency('p50Ms', 0.5),
    latency('p99Ms', 0.99),
    beside('cpuMicrosPerOrder', 'µs', did.cpuMicros / orders, {
      name: 'echo',
      value: echoMicros / orders,
    }),
    alone('journalBytesPerOrder', 'B', bytesPerOrder),
    alone('ordersPerSecOfOneShard', '1/s', shardBytesPerSec / bytesPerOrder),
    alone('pacedOrdersPerSec', '1/s', (pacedRequests * ordersPerRequest) / seconds(paced)),
    alone('addedP99Ms', 'ms', quantile(added(paced, didPaced), 0.99)),
    alone('pacedCpuShare', '', didPaced.cpuMicros / 1e6 / seconds(paced)),
    // Near 1 the pace is the machine's, not the matcher's.
    alone(
      'pacedMachineShare',
      '',
      (machine.busy - machineBefore.busy) / (machine.all - machineBefore.all),
    ),
  ];
}

/** What all cores did since the machine started, whoever made them. */
function machineMs(): { busy: number; all: number } {
  const times = cpus().map((core) => core.times);
  const all = times.flatMap(Object.values).reduce((sum, each) => sum + each, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

const latencies = ({ sentMs, ackedMs }: LoadRun): number[] =>
  Array.from(sentMs, (sent, at) => (ackedMs[at] as number) - sent);

function seconds({ sentMs, ackedMs }: LoadRun): number {
  const last = ackedMs.reduce((latest, each) => Math.max(latest, each), 0);
  return (last - (sentMs[0] as number)) / 1_000;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

/** What the matcher itself adds: each request's latency without the time in which a put was in flight. */
function added(run: LoadRun, { putsMs }: Doings): number[] {
  return latencies(run).map((latency, at) => {
    const sent = run.sentMs[at] as number;
    let inFlight = 0;
    for (const put of putsMs)
      inFlight += Math.max(0, Math.min(put.ended, sent + latency) - Math.max(put.sent, sent));
    return latency - inFlight;
  });
}

export const benchmark: Benchmark = {
  about:
    `Signed orders, each two trading, over ${connections} connections to their durable acknowledgement; addedP99Ms and the matcher’s share of a core at ${pacedOrdersPerSec} orders per second, beside what of all cores was busy then. ` +
    'Matcher, load, echo server and Kinesis are processes of this machine and share its cores; signatures are the sender’s to verify; snapshots are not taken.',
  cases: {
    single: () =>
      measure({
        ordersPerRequest: 1,
        ...{ warmRequests: 60_000, requests: 20_000, pacedRequests: 20_000 },
      }),
    batch: () =>
      measure({
        ordersPerRequest: 20,
        ...{ warmRequests: 10_000, requests: 5_000, pacedRequests: 5_000 },
      }),
  },
  end: async () => {
    const running = await opened;
    await running?.end();
  },
};
