/** Boots a synthesized assembly on this machine, and ends it with nothing left behind. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Assembly, type Output, readAssembly } from './assembly.ts';
import { type AsyncInvocations, createAsyncInvocations } from './async-invocation.ts';
import { type AwsClients, createAwsClients } from './aws-clients.ts';
import { CHAIN_VARIABLE, type Chain, chainUrl, startChain, wantsChain } from './chain-emulator.ts';
import { boundLog, type Child, endLeftovers } from './child-process.ts';
import { type ContainerServices, startContainerServices } from './container-services.ts';
import { startControlServices } from './control-services.ts';
import { createCustomResources } from './custom-resources.ts';
import { type Emulators, type EmulatorUrls, emulatorUrls, startEmulators } from './emulators.ts';
import { startEventSources } from './event-sources.ts';
import { createFailureWatch } from './failure-watch.ts';
import { freePorts } from './free-port.ts';
import { createFunctions, type Functions } from './functions.ts';
import { startHttpFront } from './http-front.ts';
import { openKeys } from './key-service.ts';
import { createLambdaService } from './lambda-service.ts';
import { type LogLine, openLogs } from './log-files.ts';
import { openParameters, type Parameters, parameterOperations } from './parameter-service.ts';
import { provision } from './provision.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { secretsOperations } from './secrets-service.ts';
import type { Poller } from './shard-poller.ts';
import { idleTypes } from './supported-types.ts';
import { startWebSocketFront } from './websocket-front.ts';

export type CloudOptions = {
  assemblyFolder: string;
  stateFolder: string;
  /** Fixed ports for people, `free` for tests. */
  ports: 'free' | { http: number; webSocket: number; chain: number };
  /** One line as each phase ends. */
  progress: (text: string) => void;
  /** Trouble that a person should see while the cloud runs. */
  report: (text: string) => void;
  /** Where replacements of emulators are named. */
  environment?: NodeJS.ProcessEnv;
  /** Container services that are not started, by a word of their name. */
  without?: string[];
  /** As many tasks as these, not as the template says. */
  tasks?: { service: string; count: number }[];
  /** Gives the boot up, with everything ended that it started. */
  signal?: AbortSignal;
};

export type CloudUrls = EmulatorUrls & {
  http: string;
  webSocket: string;
  control: string;
  /** Where functions of the assembly want one. */
  chain?: string;
};

export type Cloud = {
  outputs: Output[];
  urls: CloudUrls;
  assembly: Assembly;
  functions: Functions;
  containers: ContainerServices;
  scheduler: Scheduler;
  secrets: Secrets;
  clients: AwsClients;
  logFolder: string;
  /** Ends everything within 3 s; the state is kept. */
  stop: () => Promise<void>;
  /** Kills everything at once, as a crash of the machine would. */
  kill9: () => Promise<void>;
};

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const BOUND_LOGS_EVERY_MS = 60_000;

/** Whatever was started so far, ended in this order: what sends work first, what keeps state last. */
type Ending = (graceMs: number | undefined) => Promise<void> | void;

export async function bootCloud(options: CloudOptions): Promise<Cloud> {
  const endings: Ending[] = [];
  let ending: Promise<void> | undefined;
  const end = (graceMs?: number): Promise<void> => {
    ending ??= endAll(endings, graceMs);
    return ending;
  };
  try {
    const cloud = await boot(options, endings);
    return { ...cloud, stop: () => end(), kill9: () => end(0) };
  } catch (error) {
    await end(0);
    throw error;
  }
}

async function endAll(endings: Ending[], graceMs: number | undefined): Promise<void> {
  for (const ending of endings) {
    try {
      await ending(graceMs);
    } catch {
      // One part that fails to end must not keep the others running.
    }
  }
}

async function boot(
  options: CloudOptions,
  endings: Ending[],
): Promise<Omit<Cloud, 'stop' | 'kill9'>> {
  const { stateFolder, progress, report } = options;
  const runFolder = join(stateFolder, 'run');
  const logFolder = join(stateFolder, 'logs');
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  const leftovers = await endLeftovers(runFolder, ['cloud.pid']);
  if (leftovers.length > 0) progress(`ended what an earlier run left: ${leftovers.join(', ')}`);

  const ports = await choosePorts(options);
  const assembly = readAssembly(options.assemblyFolder, {
    region: REGION,
    account: ACCOUNT,
    urls: { sqs: ports.urls.sqs, httpApi: ports.urls.http, webSocketApi: ports.urls.webSocket },
  });
  const urls: CloudUrls = {
    ...ports.urls,
    ...(wantsChain(assembly) && { chain: chainUrl(ports.chain) }),
  };
  const idle = idleTypes(assembly);
  progress(`${assembly.stacks.length} stacks, ${assembly.resources.length} resources`);
  if (idle.length > 0)
    progress(`${idle.length} resource types mean nothing here (of ${shorten(idle)})`);

  options.signal?.throwIfAborted();
  const { children, onPut } = await startStores({ ...options, ports, urls, endings });
  const clients = createAwsClients(urls, REGION);
  endings.unshift(() => clients.destroy());
  options.signal?.throwIfAborted();
  await provision({ assembly, clients, progress });

  const logs = openLogs(logFolder);
  endings.unshift(() => logs.close());
  const watch = createFailureWatch(report, logs.pathOf);
  const log = (line: LogLine): void => {
    logs.write(line);
    watch(line);
  };

  const environment = serviceEnvironment(urls);
  const functions = createFunctions({ assembly, environment, log });
  endings.unshift(() => functions.stop());
  const shared = { assembly, functions, sqs: clients.sqs, sqsUrl: urls.sqs, report };
  const invocations = createAsyncInvocations(shared);
  endings.unshift(() => invocations.stop());

  const services = await startServices({ ...shared, invocations, stateFolder, ports, endings });
  const { secrets, parameters } = services;

  await createCustomResources({ assembly, functions, progress });
  await startFronts({ assembly, functions, log, ports, endings, progress });

  options.signal?.throwIfAborted();
  const containers = await startContainerServices({
    ...{ assembly, secrets, parameters, environment, logFolder, runFolder, report },
    metadataUrl: urls.control,
    without: options.without ?? [],
    tasks: options.tasks ?? [],
  });
  let sources: Poller | undefined;
  // Side by side: a batch under way is waited for while services answer what they have taken.
  endings.unshift(async (graceMs) => {
    await Promise.all([sources?.stop(), containers.stop(graceMs)]);
  });
  endings.unshift(boundLogs([...children, ...containers.all()]));
  if (containers.all().length > 0) progress(`${containers.all().length} containers started`);

  options.signal?.throwIfAborted();
  const checkpointFolder = join(stateFolder, 'checkpoints');
  sources = startEventSources({ ...shared, clients, checkpointFolder, onPut });
  const scheduler = startScheduler({ ...shared, invocations, nowMs: Date.now });
  endings.unshift(() => scheduler.stop());
  progress(`${functions.all().length} functions, their event sources and schedules`);

  const { outputs } = assembly;
  return { outputs, urls, assembly, functions, containers, scheduler, secrets, clients, logFolder };
}

/** The emulators, and the chain where one is wanted: whatever keeps state. */
async function startStores(
  options: Omit<CloudOptions, 'ports'> & { ports: Ports; urls: CloudUrls; endings: Ending[] },
): Promise<Pick<Emulators, 'children' | 'onPut'>> {
  const { stateFolder, progress, report, ports, urls, endings } = options;
  const emulators = await startEmulators({ ...ports, stateFolder, progress });
  let chain: Chain | undefined;
  // Side by side: the chain writes its state down while the others end.
  endings.unshift(async (graceMs) => {
    await Promise.all([chain?.stop(graceMs), emulators.stop(graceMs)]);
  });
  if (urls.chain) chain = await startChain({ ...ports.chain, stateFolder, progress, report });
  const children = [...emulators.children, ...(chain ? chain.children : [])];
  watchChildren(children, endings, report);
  return { children, ...(emulators.onPut && { onPut: emulators.onPut }) };
}

/** Nothing works without an emulator, so that one which ends on its own is news. */
function watchChildren(
  children: readonly Child[],
  endings: Ending[],
  report: (text: string) => void,
): void {
  let isEnding = false;
  endings.unshift(() => {
    isEnding = true;
  });
  for (const { name, logFile, exited } of children) {
    void exited.then(({ code, signal }) => {
      if (isEnding) return;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      report(
        `${name} ended ${how}: stop and start again, the state is kept; its log is ${logFile}`,
      );
    });
  }
}

/** Until what it answers is called. */
function boundLogs(writers: readonly { logFile: string }[]): () => void {
  const bounding = setInterval(() => {
    for (const { logFile } of writers) boundLog(logFile);
  }, BOUND_LOGS_EVERY_MS).unref();
  return () => clearInterval(bounding);
}

async function startServices(options: {
  assembly: Assembly;
  functions: Functions;
  invocations: AsyncInvocations;
  stateFolder: string;
  ports: Ports;
  endings: Ending[];
}): Promise<{ secrets: Secrets; parameters: Parameters }> {
  const { assembly, functions, invocations, stateFolder } = options;
  const secrets = openSecrets(assembly, join(stateFolder, 'secrets.json'));
  const parameters = openParameters(assembly);
  const keys = openKeys(assembly, join(stateFolder, 'keys.json'));
  const control = await startControlServices({
    port: options.ports.control,
    region: REGION,
    lambda: createLambdaService({ functions, invocations }),
    operations: {
      ...secretsOperations(secrets),
      ...parameterOperations(parameters),
      ...keys.operations,
    },
  });
  options.endings.unshift(() => control.stop());
  return { secrets, parameters };
}

type Ports = {
  ports: { dynamodb: number; kinesis: number; queues: number };
  http: number;
  webSocket: number;
  control: number;
  chain: { port: number; environment: NodeJS.ProcessEnv };
  environment: NodeJS.ProcessEnv;
  urls: CloudUrls;
};

async function choosePorts(options: CloudOptions): Promise<Ports> {
  const free = await freePorts(7);
  const [dynamodb, kinesis, queues, control] = free as [number, number, number, number];
  const fixed = options.ports === 'free' ? undefined : options.ports;
  const http = fixed?.http ?? (free[4] as number);
  const webSocket = fixed?.webSocket ?? (free[5] as number);
  const environment = options.environment ?? process.env;
  const chain = { port: fixed?.chain ?? (free[6] as number), environment };
  const ports = { dynamodb, kinesis, queues };
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const urls = {
    ...emulatorUrls({ ports, environment }),
    http: at(http),
    webSocket: `ws://127.0.0.1:${webSocket}`,
    control: at(control),
  };
  return { ports, http, webSocket, control, chain, environment, urls };
}

/** What functions and containers find the local services by. */
function serviceEnvironment(urls: CloudUrls): Record<string, string> {
  return {
    // Any other service is refused by the control services, so nothing ever reaches AWS.
    AWS_ENDPOINT_URL: urls.control,
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
    AWS_ENDPOINT_URL_DYNAMODB_STREAMS: urls.dynamodb,
    AWS_ENDPOINT_URL_KINESIS: urls.kinesis,
    AWS_ENDPOINT_URL_SQS: urls.sqs,
    // An IP address as host makes the SDK use path style, which the S3 emulator needs.
    AWS_ENDPOINT_URL_S3: urls.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: urls.control,
    AWS_ENDPOINT_URL_SSM: urls.control,
    AWS_ENDPOINT_URL_LAMBDA: urls.control,
    AWS_ENDPOINT_URL_KMS: urls.control,
    AWS_ENDPOINT_URL_CLOUDWATCH: urls.control,
    ...(urls.chain && { [CHAIN_VARIABLE]: urls.chain }),
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: urls.webSocket.replace(/^ws/, 'http'),
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function startFronts(options: {
  assembly: Assembly;
  functions: Functions;
  log: (line: LogLine) => void;
  ports: Ports;
  endings: Ending[];
  progress: (text: string) => void;
}): Promise<void> {
  const { assembly, functions, log, ports, endings } = options;
  for (const api of assembly.of('AWS::ApiGatewayV2::Api')) {
    const shared = { assembly, api, functionOf: functions.byArn, host: '127.0.0.1', log };
    const front =
      api.props['ProtocolType'] === 'WEBSOCKET'
        ? await startWebSocketFront({ ...shared, port: ports.webSocket })
        : await startHttpFront({ ...shared, port: ports.http });
    endings.unshift(() => front.stop());
    options.progress(`${String(api.props['ProtocolType'])} API at ${front.url}`);
  }
}

/** Thirty types of permissions, networks and alarms in one line of their services. */
function shorten(types: string[]): string {
  return [...new Set(types.map((type) => type.split('::')[1]))].join(', ');
}
