/** Runs the schedules of the assembly: EventBridge rules and EventBridge Scheduler, with functions and queues as targets. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Assembly, Resource } from './assembly.ts';
import type { AsyncInvocations } from './async-invocation.ts';
import type { Functions } from './functions.ts';
import { parseJson } from './parse-json.ts';
import { queueUrlOf } from './queue-url.ts';
import { parseSchedule, type Schedule } from './schedule-expression.ts';

export type Scheduler = {
  /** Runs a schedule's targets now, by its name or logical id: for tests and drills. */
  trigger: (name: string) => Promise<void>;
  stop: () => void;
};

export type SchedulerOptions = {
  assembly: Assembly;
  functions: Functions;
  invocations: AsyncInvocations;
  sqs: SQSClient;
  sqsUrl: string;
  report: (text: string) => void;
  nowMs: () => number;
};

type Target = { arn: string; input: unknown; groupId: string | undefined };

type Job = { resource: Resource; schedule: Schedule; targets: Target[] };

/** Longest wait of a timer (2^31 - 1 ms); a later moment takes several. */
const MAX_TIMER_MS = 2_147_483_647;
/** Each is a cold start. */
const LOOK_MS = 500;

export function startScheduler(options: SchedulerOptions): Scheduler {
  const sinceMs = options.nowMs();
  const jobs = [
    ...options.assembly.of('AWS::Events::Rule').map(readRule),
    ...options.assembly.of('AWS::Scheduler::Schedule').map(readSchedule),
  ].filter((job) => job !== undefined);
  for (const job of jobs) checkTargets(job, options);

  const timers = new Map<Job, NodeJS.Timeout>();
  const plan = (job: Job): void => {
    const nowMs = options.nowMs();
    const nextMs = job.schedule(nowMs, sinceMs);
    if (nextMs === undefined) return;
    const waitMs = Math.min(nextMs - nowMs, MAX_TIMER_MS);
    const timer = setTimeout(() => {
      if (options.nowMs() >= nextMs) void runJob(job, nextMs, options);
      plan(job);
    }, waitMs);
    timers.set(job, timer);
  };
  for (const job of jobs) plan(job);
  const looks = lookSoon(jobs, options);

  return {
    trigger: async (name) => {
      const job = jobs.find(({ resource }) => resource.name === name || resource.id === name);
      if (job === undefined) throw new Error(`There is no schedule ${name}.`);
      await runJob(job, options.nowMs(), options);
    },
    stop: () => {
      for (const timer of [...timers.values(), ...looks]) clearTimeout(timer);
    },
  };
}

/** Between a stop and a start nobody looked: whoever looks each minute does so soon, one after the other, not a minute later. */
function lookSoon(jobs: Job[], options: SchedulerOptions): NodeJS.Timeout[] {
  return jobs
    .filter(({ resource }) => resource.props['ScheduleExpression'] === 'rate(1 minute)')
    .map((job, at) => setTimeout(() => void runJob(job, options.nowMs(), options), at * LOOK_MS));
}

async function runJob(job: Job, atMs: number, options: SchedulerOptions): Promise<void> {
  for (const target of job.targets) {
    try {
      await runTarget(target, job.resource, atMs, options);
    } catch (error) {
      options.report(`schedule ${job.resource.name}: ${(error as Error).message}`);
    }
  }
}

async function runTarget(
  target: Target,
  resource: Resource,
  atMs: number,
  options: SchedulerOptions,
): Promise<void> {
  const input = target.input ?? scheduledEvent(resource, atMs, options.assembly);
  if (!target.arn.includes(':sqs:')) {
    options.invocations.submit(options.functions.byArn(target.arn), input);
    return;
  }
  const MessageBody = typeof input === 'string' ? input : JSON.stringify(input);
  await options.sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrlOf(target.arn, options.sqsUrl),
      MessageBody,
      ...(target.groupId === undefined
        ? {}
        : { MessageGroupId: target.groupId, MessageDeduplicationId: randomUUID() }),
    }),
  );
}

/** What a target gets that states no input of its own. */
function scheduledEvent(resource: Resource, atMs: number, assembly: Assembly): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: assembly.account,
    time: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: assembly.region,
    resources: [resource.arn ?? resource.name],
    detail: {},
  };
}

type RuleTarget = {
  Arn: string;
  Input?: string;
  InputPath?: string;
  InputTransformer?: unknown;
  SqsParameters?: { MessageGroupId?: string };
};

function readRule(resource: Resource): Job | undefined {
  const { props } = resource;
  const where = `Stack ${resource.stack}, ${resource.id}`;
  if (props['EventPattern'] !== undefined) {
    throw new Error(`${where}: the local cloud runs rules with a schedule, not an event pattern.`);
  }
  if (props['State'] === 'DISABLED') return undefined;
  const targets = ((props['Targets'] ?? []) as RuleTarget[]).map((target): Target => {
    if (target.InputPath !== undefined || target.InputTransformer !== undefined) {
      throw new Error(`${where}: the local cloud supports only a constant input of a target.`);
    }
    const input = target.Input === undefined ? undefined : parseJson(target.Input);
    return { arn: target.Arn, input, groupId: target.SqsParameters?.MessageGroupId };
  });
  return { resource, schedule: readExpression(resource), targets };
}

type ScheduleTarget = {
  Arn: string;
  Input?: string;
  SqsParameters?: { MessageGroupId?: string };
};

function readSchedule(resource: Resource): Job | undefined {
  const { props } = resource;
  if (props['State'] === 'DISABLED') return undefined;
  const zone = props['ScheduleExpressionTimezone'] ?? 'UTC';
  if (!['UTC', 'Etc/UTC'].includes(String(zone))) {
    throw new Error(
      `Stack ${resource.stack}, ${resource.id}: the local cloud runs schedules in UTC, not ${zone}.`,
    );
  }
  const target = props['Target'] as ScheduleTarget;
  const input = target.Input === undefined ? {} : parseJson(target.Input);
  const groupId = target.SqsParameters?.MessageGroupId;
  return {
    resource,
    schedule: readExpression(resource),
    targets: [{ arn: target.Arn, input, groupId }],
  };
}

function readExpression(resource: Resource): Schedule {
  try {
    return parseSchedule(String(resource.props['ScheduleExpression']));
  } catch (error) {
    throw new Error(`Stack ${resource.stack}, ${resource.id}: ${(error as Error).message}.`);
  }
}

function checkTargets(job: Job, options: SchedulerOptions): void {
  for (const { arn } of job.targets) {
    if (arn.includes(':sqs:')) continue;
    if (!arn.includes(':lambda:')) {
      const { stack, id } = job.resource;
      throw new Error(
        `Stack ${stack}, ${id}: the target ${arn} is neither a function nor a queue.`,
      );
    }
    options.functions.byArn(arn);
  }
}
