/** The inside of a Lambda execution environment: loads the handler and answers events, as the AWS runtime does. */

import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, InvokeError, Outcome, SandboxData, ToWorker } from './lambda-sandbox.ts';

type Handler = (event: unknown, context: unknown) => unknown;

/** Largest answer of a synchronous invocation (AWS Lambda quotas). */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

const data = workerData as SandboxData;
const port = parentPort;
if (port === null) throw new Error('lambda-worker.ts runs only as a worker thread.');

process.on('unhandledRejection', (reason) => {
  const { errorMessage, trace } = describe(reason);
  const errorType = 'Runtime.UnhandledPromiseRejection';
  post({ type: 'crash', error: { errorType, errorMessage, ...(trace && { trace }) } });
});
process.on('uncaughtException', (error) => post({ type: 'crash', error: describe(error) }));

const handler = await load();
if (handler !== undefined) {
  port.on('message', (message: ToWorker) => void answer(handler, message));
  post({ type: 'ready' });
}

async function load(): Promise<Handler | undefined> {
  try {
    const module = (await import(pathToFileURL(data.file).href)) as Record<string, unknown>;
    const found = module[data.exportName] ?? lookInDefault(module);
    if (typeof found === 'function') return found as Handler;
    const errorMessage = `${data.file} exports no function ${data.exportName}`;
    post({ type: 'init_error', error: { errorType: 'Runtime.HandlerNotFound', errorMessage } });
  } catch (error) {
    post({ type: 'init_error', error: describe(error) });
  }
  return undefined;
}

/** A CommonJS bundle shows its exports under `default` where Node cannot list them. */
function lookInDefault({ default: exported }: { default?: unknown }): unknown {
  return (exported as Record<string, unknown> | undefined)?.[data.exportName];
}

async function answer(handle: Handler, message: ToWorker): Promise<void> {
  const outcome = await attempt(handle, message);
  const heapBytes = process.memoryUsage().heapUsed;
  post({ type: 'result', requestId: message.requestId, outcome, heapBytes });
}

async function attempt(handle: Handler, message: ToWorker): Promise<Outcome> {
  let result: unknown;
  try {
    result = await handle(JSON.parse(message.eventJson), contextOf(message));
  } catch (error) {
    return { ok: false, error: describe(error) };
  }
  try {
    const body = JSON.stringify(result) ?? 'null';
    if (Buffer.byteLength(body) <= MAX_RESPONSE_BYTES) return { ok: true, body };
  } catch (error) {
    const { errorMessage } = describe(error);
    return { ok: false, error: { errorType: 'Runtime.MarshalError', errorMessage } };
  }
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { ok: false, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

function contextOf({ requestId, arn, deadlineMs }: ToWorker): object {
  const {
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryLimitInMB,
  } = process.env;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion,
    invokedFunctionArn: arn,
    logGroupName: data.logGroupName,
    logStreamName: data.logStreamName,
    memoryLimitInMB,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function describe(error: unknown): InvokeError {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = String(error.stack).split('\n');
  return { errorType: error.name, errorMessage: error.message, trace };
}

function post(message: FromWorker): void {
  port?.postMessage(message);
}
