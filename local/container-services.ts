/** Runs every ECS service of the assembly as child processes of this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly, Resource } from './assembly.ts';
import {
  type ContainerProcess,
  type ContainerTask,
  containerLogFile,
  startContainerProcess,
} from './container-process.ts';
import { freePorts } from './free-port.ts';
import type { Parameters } from './parameter-service.ts';
import type { Secrets } from './secrets.ts';

export type ContainerServices = {
  all: () => ContainerProcess[];
  /** The tasks of a service, by its name, logical id or the start of either. */
  find: (name: string) => ContainerProcess[];
  kill: (name: string, signal: NodeJS.Signals) => void;
  /** Ends all tasks for good; `graceMs` 0 kills them at once. */
  stop: (graceMs?: number) => Promise<void>;
};

export type ContainerServicesOptions = {
  assembly: Assembly;
  secrets: Secrets;
  parameters: Parameters;
  /** Endpoints, region and dummy credentials. */
  environment: Record<string, string>;
  metadataUrl: string;
  /** Services with one of these words in their name are not started. */
  without: string[];
  /** Services with such a word in their name have so many tasks, whatever the template says. */
  tasks: { service: string; count: number }[];
  logFolder: string;
  runFolder: string;
  report: (text: string) => void;
};

type ContainerDefinition = {
  Name?: string;
  Image?: unknown;
  Command?: string[];
  EntryPoint?: string[];
  Environment?: { Name: string; Value: string }[];
  Secrets?: { Name: string; ValueFrom: string }[];
  StopTimeout?: number;
  Memory?: number;
  Essential?: boolean;
};

/** ECS gives a task 30 s, or what the template states; locally Ctrl-C must be done within 3 s. */
const MAX_STOP_MS = 2_000;
const ECS_STOP_SECONDS = 30;

export async function startContainerServices(
  options: ContainerServicesOptions,
): Promise<ContainerServices> {
  const plans = options.assembly
    .of('AWS::ECS::Service')
    .filter((service) => !isNamed(service, options.without))
    .flatMap((service) => planService(service, options));
  const ports = await freePorts(plans.length);
  const running: { plan: Plan; container: ContainerProcess }[] = [];
  const stop = async (graceMs?: number): Promise<void> => {
    await Promise.all(running.map(({ container }) => container.stop(graceMs)));
  };
  try {
    for (const [index, plan] of plans.entries()) {
      const task = taskOf(plan, ports[index] as number, options);
      const logFile = containerLogFile(options.logFolder, plan.service.name);
      const { runFolder, report } = options;
      const container = await startContainerProcess({ task, logFile, runFolder, report });
      running.push({ plan, container });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const find = (name: string): ContainerProcess[] =>
    running
      .filter(({ plan }) => plan.service.name.startsWith(name) || plan.service.id.startsWith(name))
      .map(({ container }) => container);
  return {
    all: () => running.map(({ container }) => container),
    find,
    kill: (name, signal) => {
      for (const container of find(name)) container.kill(signal);
    },
    stop,
  };
}

function isNamed({ name, id }: Resource, words: string[]): boolean {
  const text = `${name} ${id}`.toLowerCase();
  return words.some((word) => text.includes(word.toLowerCase()));
}

type Plan = {
  service: Resource;
  taskName: string;
  definition: ContainerDefinition;
  folder: string;
  memoryMb: number | undefined;
};

function planService(service: Resource, options: ContainerServicesOptions): Plan[] {
  const where = `Stack ${service.stack}, ${service.id}`;
  const wanted = String(service.props['TaskDefinition']);
  const taskDefinition = options.assembly
    .of('AWS::ECS::TaskDefinition')
    .find(({ arn, name }) => wanted === arn || wanted === name);
  if (taskDefinition === undefined) {
    throw new Error(`${where}: its task definition ${wanted} is in no stack of the assembly.`);
  }
  const definitions = (taskDefinition.props['ContainerDefinitions'] ?? []) as ContainerDefinition[];
  const [definition, second] = definitions;
  if (definition === undefined || second !== undefined) {
    throw new Error(
      `${where}: the local cloud runs one container a task, and this one has ${definitions.length}.`,
    );
  }
  const folder = options.assembly.folderOf(definition.Image);
  if (folder === undefined) {
    throw new Error(
      `${where}: the image of container ${definition.Name} is no asset of the assembly: build it from a folder that holds main.mjs.`,
    );
  }
  const wished = options.tasks.findLast((each) => isNamed(service, [each.service]));
  const count = wished?.count ?? Number(service.props['DesiredCount'] ?? 1);
  const taskMemory = Number(definition.Memory ?? taskDefinition.props['Memory']);
  return Array.from({ length: count }, (_, index) => ({
    service,
    taskName: `${service.name}-${index + 1}`,
    definition,
    folder,
    memoryMb: Number.isFinite(taskMemory) ? taskMemory : undefined,
  }));
}

function taskOf(plan: Plan, port: number, options: ContainerServicesOptions): ContainerTask {
  const { definition, folder, taskName } = plan;
  const words = nodeArguments(definition);
  const scriptAt = words.findIndex((word) => !word.startsWith('-'));
  const flags = scriptAt < 0 ? words : words.slice(0, scriptAt);
  const [script = 'main.mjs', ...rest] = words.slice(flags.length);
  if (!existsSync(join(folder, script))) {
    throw new Error(
      `Stack ${plan.service.stack}, ${plan.service.id}: ${script} is not in the image's folder ${folder}: synthesize again.`,
    );
  }
  const stated = Object.fromEntries(
    (definition.Environment ?? []).map(({ Name, Value }) => [Name, String(Value)]),
  );
  return {
    name: taskName,
    port,
    command: process.execPath,
    args: [
      ...memoryFlags(plan.memoryMb),
      '--enable-source-maps',
      ...flags,
      join(folder, script),
      ...rest,
    ],
    cwd: folder,
    stopMs: Math.min((definition.StopTimeout ?? ECS_STOP_SECONDS) * 1000, MAX_STOP_MS),
    env: {
      PATH: process.env['PATH'] ?? '',
      ...stated,
      ...secretVariables(plan, options),
      ...options.environment,
      PORT: String(port),
      ECS_CONTAINER_METADATA_URI_V4: `${options.metadataUrl}/v4/${encodeURIComponent(taskName)}`,
    },
  };
}

/** The command without the `node` that the image would have started. */
function nodeArguments(definition: ContainerDefinition): string[] {
  const words = [...(definition.EntryPoint ?? []), ...(definition.Command ?? [])];
  return /^(.*\/)?node$/.test(words[0] ?? '') ? words.slice(1) : words;
}

/** The heap stays inside the task's memory, as Fargate would enforce it. */
function memoryFlags(memoryMb: number | undefined): string[] {
  return memoryMb === undefined ? [] : [`--max-old-space-size=${Math.floor(memoryMb * 0.75)}`];
}

function secretVariables(plan: Plan, options: ContainerServicesOptions): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { Name, ValueFrom } of plan.definition.Secrets ?? []) {
    const value = options.secrets.resolve(ValueFrom) ?? options.parameters.find(ValueFrom)?.value;
    if (value === undefined) {
      throw new Error(
        `Stack ${plan.service.stack}, ${plan.service.id}: ${Name} takes its value from ${ValueFrom}, which no secret or parameter of the assembly answers to.`,
      );
    }
    variables[Name] = value;
  }
  return variables;
}
