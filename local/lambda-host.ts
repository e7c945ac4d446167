/** Runs one function of the template: takes a sandbox for each event, and reports its outcome and logs as Lambda does. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly, Resource } from './assembly.ts';
import { TemplateError } from './intrinsics.ts';
import { DEFAULT_MEMORY_MB, type FunctionProps, lambdaEnvironment } from './lambda-environment.ts';
import {
  type InvokeError,
  type Sandbox,
  type SandboxReport,
  startSandbox,
} from './lambda-sandbox.ts';
import type { LogLine } from './log-files.ts';
import { token } from './physical-names.ts';
import { createSandboxPool, type Slot } from './sandbox-pool.ts';

export type InvokeResult =
  | { ok: true; payload: unknown }
  | { ok: false; error: InvokeError; functionError: 'Unhandled' };

export type InvokeOptions = {
  requestId?: string;
  /** Raises the pool's bound, for event sources with more shards than the default allows. */
  concurrency?: number;
};

export type LambdaHost = {
  name: string;
  arn: string;
  fn: Resource;
  timeoutMs: number;
  maxConcurrency: number;
  /** Never rejects: every failure is a result. */
  invoke: (event: unknown, options?: InvokeOptions) => Promise<InvokeResult>;
  /** Ends every sandbox; events under way fail. */
  stop: () => Promise<void>;
};

export type LambdaHostOptions = {
  assembly: Assembly;
  fn: Resource;
  /** Endpoints of the local services, merged over the template's variables. */
  environment: Record<string, string>;
  log: (line: LogLine) => void;
  /** How long an event waits for a sandbox at work. */
  patienceMs?: number;
  /** How long a sandbox waits for the next event; the last one waits longer, so that a person meets no cold start. */
  idleMs?: number;
  lastIdleMs?: number;
};

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_TIMEOUT_SECONDS = 3;
/** Largest event of a synchronous invocation (AWS Lambda quotas). */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** A new sandbox takes some 300 ms of a core, most events less. */
const PATIENCE_MS = 50;
const IDLE_MS = 10_000;
const LAST_IDLE_MS = 600_000;
/** CloudWatch cuts a log line here. */
const MAX_LINE_CHARS = 256 * 1024;

/** Makes the host; nothing runs before the first event. Throws TemplateError where the bundle is missing. */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  const { fn, log } = options;
  const props = fn.props as FunctionProps;
  const timeoutMs = (props.Timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
  const arn = fn.arn ?? fn.name;
  const pool = createSandboxPool({
    start: prepareSandbox(options),
    limit: props.ReservedConcurrentExecutions ?? DEFAULT_CONCURRENCY,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    idleMs: options.idleMs ?? IDLE_MS,
    lastIdleMs: options.lastIdleMs ?? LAST_IDLE_MS,
  });

  const host: LambdaHost = {
    name: fn.name,
    arn,
    fn,
    timeoutMs,
    maxConcurrency: pool.limit(),
    stop: pool.stop,
    invoke: async (event, invocation = {}) => {
      const requestId = invocation.requestId ?? randomUUID();
      const eventJson = JSON.stringify(event) ?? 'null';
      if (Buffer.byteLength(eventJson) > MAX_EVENT_BYTES) return failure(eventTooLarge());
      if (invocation.concurrency !== undefined) pool.raise(invocation.concurrency);
      host.maxConcurrency = pool.limit();
      const slot = await pool.take().catch(startError);
      if (slot === undefined) return failure(throttled());
      if ('errorType' in slot) return failure(slot);

      slot.requestId = requestId;
      platformLog(log, fn.name, 'platform.start', { requestId, version: '$LATEST' });
      const report = await slot.sandbox.run({ requestId, eventJson, arn }, timeoutMs);
      pool.give(slot);
      const result = resultOf(report, requestId);
      if (!result.ok) logFailure(log, fn.name, requestId, result.error);
      platformLog(log, fn.name, 'platform.report', recordOf(report, requestId, props));
      return result;
    },
  };
  return host;
}

/** Finds the bundle once; each call of what it returns starts a sandbox on it. */
function prepareSandbox(options: LambdaHostOptions): (slot: () => Slot | undefined) => Sandbox {
  const { assembly, fn, log } = options;
  const props = fn.props as FunctionProps;
  const { file, exportName, taskRoot } = locateHandler(assembly, fn);
  const logGroupName = props.LoggingConfig?.LogGroup ?? `/aws/lambda/${fn.name}`;
  let started = 0;
  return (slot) => {
    started += 1;
    const logStreamName = `local/[$LATEST]${token(`${fn.name}/${started}`, 12)}`;
    const env = lambdaEnvironment({
      fn,
      taskRoot,
      region: assembly.region,
      logGroupName,
      logStreamName,
      overrides: options.environment,
    });
    const writeLine = (text: string, level: LogLine['level']): void => {
      const requestId = slot()?.requestId;
      log({ source: fn.name, text, level, ...(requestId === undefined ? {} : { requestId }) });
    };
    return startSandbox({
      data: { file, exportName, logGroupName, logStreamName },
      env,
      memoryMb: props.MemorySize ?? DEFAULT_MEMORY_MB,
      onOutput: splitLines(writeLine),
    });
  };
}

function locateHandler(
  assembly: Assembly,
  fn: Resource,
): { file: string; exportName: string; taskRoot: string } {
  const props = fn.props as FunctionProps;
  const handler = props.Handler ?? 'index.handler';
  const dot = handler.lastIndexOf('.');
  const taskRoot = assembly.folderOf(props.Code);
  const files = ['mjs', 'js', 'cjs'].map((ending) =>
    join(taskRoot ?? '', `${handler.slice(0, dot)}.${ending}`),
  );
  const file = files.find((path) => existsSync(path));
  if (taskRoot === undefined || file === undefined) {
    throw new TemplateError(
      `Stack ${fn.stack}, ${fn.id}: handler ${handler} is not in the function's asset folder (${taskRoot ?? 'none'}): synthesize again.`,
    );
  }
  return { file, exportName: handler.slice(dot + 1), taskRoot };
}

/** Output arrives in pieces; a log line is a whole line. */
function splitLines(
  write: (text: string, level: LogLine['level']) => void,
): (chunk: string, level: LogLine['level']) => void {
  const rest = { INFO: '', ERROR: '' };
  return (chunk, level) => {
    const lines = (rest[level] + chunk).split('\n');
    rest[level] = lines.pop() ?? '';
    if (rest[level].length > MAX_LINE_CHARS) {
      lines.push(rest[level]);
      rest[level] = '';
    }
    for (const line of lines) if (line !== '') write(line, level);
  };
}

function resultOf(report: SandboxReport, requestId: string): InvokeResult {
  const { outcome } = report;
  if (outcome.ok) return { ok: true, payload: JSON.parse(outcome.body) };
  const { error } = outcome;
  // AWS puts the request id before the message where the environment, not the code, failed.
  if (!/^(Sandbox|Runtime)\.(Timedout|ExitError|OutOfMemory)$/.test(error.errorType)) {
    return failure(error);
  }
  return failure({
    ...error,
    errorMessage: `RequestId: ${requestId} Error: ${error.errorMessage}`,
  });
}

function failure(error: InvokeError): InvokeResult {
  return { ok: false, error, functionError: 'Unhandled' };
}

function eventTooLarge(): InvokeError {
  return {
    errorType: 'RequestEntityTooLargeException',
    errorMessage: `Request must be smaller than ${MAX_EVENT_BYTES} bytes for the InvokeFunction operation`,
  };
}

/** Node refuses to start a thread, for example for a NODE_OPTIONS that only a process can have. */
function startError(error: Error): InvokeError {
  return { errorType: 'Runtime.StartError', errorMessage: error.message };
}

function throttled(): InvokeError {
  return { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' };
}

function recordOf(report: SandboxReport, requestId: string, props: FunctionProps): object {
  const { outcome, durationMs, initMs, heapBytes } = report;
  const metrics = {
    durationMs: round(durationMs),
    billedDurationMs: Math.ceil(durationMs),
    memorySizeMB: props.MemorySize ?? DEFAULT_MEMORY_MB,
    maxMemoryUsedMB: Math.ceil(heapBytes / 1024 / 1024),
    ...(initMs === undefined ? {} : { initDurationMs: round(initMs) }),
  };
  if (outcome.ok) return { requestId, status: 'success', metrics };
  const { errorType, errorMessage } = outcome.error;
  const status = errorType === 'Sandbox.Timedout' ? 'timeout' : 'error';
  return { requestId, status, errorType, errorMessage, metrics };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** The one line that holds the stack; the client never sees it. */
function logFailure(
  log: LambdaHostOptions['log'],
  source: string,
  requestId: string,
  { errorType, errorMessage, trace }: InvokeError,
): void {
  const timestamp = new Date().toISOString();
  const message = 'Invoke Error';
  const line = { timestamp, level: 'ERROR', requestId, message, errorType, errorMessage };
  log({ source, level: 'ERROR', text: JSON.stringify({ ...line, stackTrace: trace }), requestId });
}

function platformLog(
  log: LambdaHostOptions['log'],
  source: string,
  type: string,
  record: object,
): void {
  const text = JSON.stringify({ time: new Date().toISOString(), type, record });
  log({ source, level: 'INFO', text });
}
