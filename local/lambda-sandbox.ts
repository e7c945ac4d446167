/** One Lambda execution environment: a worker thread that loads the bundle once and runs one event at a time. */
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';

export type InvokeError = { errorType: string; errorMessage: string; trace?: string[] };

export type Outcome = { ok: true; body: string } | { ok: false; error: InvokeError };

/** What the thread is started with. */
export type SandboxData = {
  file: string;
  exportName: string;
  logGroupName: string;
  logStreamName: string;
};

export type ToWorker = { requestId: string; eventJson: string; arn: string; deadlineMs: number };

export type FromWorker =
  | { type: 'ready' }
  | { type: 'init_error'; error: InvokeError }
  | { type: 'crash'; error: InvokeError }
  | { type: 'result'; requestId: string; outcome: Outcome; heapBytes: number };

export type SandboxReport = {
  outcome: Outcome;
  /** What this sandbox spent on loading its bundle, in its first invocation's report only. */
  initMs?: number;
  durationMs: number;
  heapBytes: number;
};

export type Sandbox = {
  /** Settles when the bundle is loaded, or cannot be. */
  loaded: Promise<void>;
  run: (message: Omit<ToWorker, 'deadlineMs'>, timeoutMs: number) => Promise<SandboxReport>;
  /** False once the thread ended or was given up. */
  isUsable: () => boolean;
  end: () => Promise<void>;
};

export type SandboxOptions = {
  data: SandboxData;
  env: Record<string, string>;
  memoryMb: number;
  onOutput: (text: string, level: 'INFO' | 'ERROR') => void;
};

/** AWS allows 10 s for loading; a busy laptop that starts a whole stack at once gets more. */
const INIT_LIMIT_MS = 30_000;

type Settle = (outcome: Outcome, heapBytes?: number) => void;

/** Starts the thread; loading errors are the outcome of the first run. */
export function startSandbox(options: SandboxOptions): Sandbox {
  const startedMs = performance.now();
  const worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
    workerData: options.data,
    env: options.env,
    stdout: true,
    stderr: true,
    execArgv: ['--enable-source-maps'],
    // Two dozen workers share one machine: a small young generation costs them little and saves 5 MB each.
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb, maxYoungGenerationSizeMb: 2 },
  });
  forward(worker.stdout, (text) => options.onOutput(text, 'INFO'));
  forward(worker.stderr, (text) => options.onOutput(text, 'ERROR'));

  const ready = Promise.withResolvers<undefined>();
  let initMs: number | undefined;
  let failure: InvokeError | undefined;
  let settle: Settle | undefined;

  const fail = (error: InvokeError): void => {
    failure ??= error;
    ready.resolve(undefined);
    settle?.({ ok: false, error: failure });
  };
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'result') return settle?.(message.outcome, message.heapBytes);
    if (message.type !== 'ready') return fail(message.error);
    initMs = performance.now() - startedMs;
    return ready.resolve(undefined);
  });
  worker.on('error', (error) => fail(describeCrash(error)));
  worker.on('exit', (code) => fail(exitError(code)));

  const end = async (): Promise<void> => {
    fail({ errorType: 'Sandbox.Stopped', errorMessage: 'The execution environment was stopped.' });
    await worker.terminate();
  };

  async function run(
    message: Omit<ToWorker, 'deadlineMs'>,
    timeoutMs: number,
  ): Promise<SandboxReport> {
    const initTimer = setTimeout(() => fail(timedOut(INIT_LIMIT_MS)), INIT_LIMIT_MS);
    await ready.promise;
    clearTimeout(initTimer);
    const beganMs = performance.now();
    const { outcome, heapBytes } = await new Promise<{ outcome: Outcome; heapBytes: number }>(
      (resolve) => {
        const timer = setTimeout(() => fail(timedOut(timeoutMs)), timeoutMs);
        settle = (settled, used = 0) => {
          clearTimeout(timer);
          settle = undefined;
          resolve({ outcome: settled, heapBytes: used });
        };
        if (failure !== undefined) settle({ ok: false, error: failure });
        else worker.postMessage({ ...message, deadlineMs: Date.now() + timeoutMs });
      },
    );
    if (failure !== undefined) await worker.terminate();
    const report = { outcome, heapBytes, durationMs: performance.now() - beganMs };
    const first = initMs;
    initMs = undefined;
    return first === undefined ? report : { ...report, initMs: first };
  }

  const loaded = ready.promise.then(() => undefined);
  return { loaded, run, isUsable: () => failure === undefined, end };
}

/** A thread that ends in the middle of a line has its last words completed. */
function forward(stream: Readable, write: (text: string) => void): void {
  stream.setEncoding('utf8');
  stream.on('data', write);
  stream.on('end', () => write('\n'));
}

function timedOut(limitMs: number): InvokeError {
  const errorMessage = `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage };
}

function describeCrash(error: unknown): InvokeError {
  const { name, message, code, stack } = error as Error & { code?: string };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { errorType: 'Runtime.OutOfMemory', errorMessage: 'Runtime exited: out of memory' };
  }
  return { errorType: name, errorMessage: message, trace: String(stack).split('\n') };
}

function exitError(code: number): InvokeError {
  const reason = code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited ${reason}` };
}
