/** What running a function promises. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import type { Resource } from '../../local/assembly.ts';
import { createFunctions } from '../../local/functions.ts';
import type { LambdaHost } from '../../local/lambda-host.ts';
import {
  functionOfBundle,
  hostOf,
  readTemplates,
  removeFolders,
} from './fixtures/assembly-folder.ts';

const running: { stop: () => Promise<void> }[] = [];
function start(...options: Parameters<typeof hostOf>) {
  const started = hostOf(...options);
  running.push(started.host);
  return started;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.stop()));
});
afterAll(removeFolders);

async function errorOf(host: LambdaHost, event: unknown = {}) {
  const result = await host.invoke(event);
  if (result.ok) throw new Error('the invocation was expected to fail');
  expect(result.functionError).toBe('Unhandled');
  return result.error;
}

describe('an invocation', () => {
  test('answers what the handler returns, and null where it returns nothing', async () => {
    const { host } = start('export const handler = async (event) => event.echo;');
    expect(await host.invoke({ echo: { n: 1 } })).toEqual({ ok: true, payload: { n: 1 } });
    expect(await host.invoke({})).toEqual({ ok: true, payload: null });
  });

  test("gets Lambda's context", async () => {
    const { host } = start(
      `export const handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() });`,
      { Timeout: 7, MemorySize: 256, FunctionName: 'orders' },
    );
    const result = await host.invoke({}, { requestId: 'r-1' });
    const { left, ...context } = (result as { payload: Record<string, unknown> }).payload;
    expect(context).toEqual({
      awsRequestId: 'r-1',
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'orders',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:orders',
      logGroupName: '/aws/lambda/orders',
      logStreamName: expect.stringContaining('[$LATEST]'),
      memoryLimitInMB: '256',
    });
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(7000);
  });

  test("sees Lambda's environment, its template's and nothing of this machine", async () => {
    vi.stubEnv('SECRET_OF_THIS_MACHINE', 'x');
    const { host } = start(
      'export const handler = async () => process.env;',
      {
        FunctionName: 'orders',
        Environment: { Variables: { TABLE: 't', AWS_ENDPOINT_URL_SQS: 'far' } },
      },
      { environment: { AWS_ENDPOINT_URL_SQS: 'near' } },
    );
    const result = await host.invoke({});
    vi.unstubAllEnvs();
    const { payload } = result as { payload: Record<string, string> };
    expect(payload).toMatchObject({
      TABLE: 't',
      AWS_ENDPOINT_URL_SQS: 'near',
      AWS_LAMBDA_FUNCTION_NAME: 'orders',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      POWERTOOLS_TRACE_ENABLED: 'false',
      _HANDLER: 'index.handler',
      TZ: ':UTC',
    });
    expect(payload).not.toHaveProperty('SECRET_OF_THIS_MACHINE');
    expect(payload).not.toHaveProperty('PATH');
    expect(payload).not.toHaveProperty('HOME');
  });

  test('of an event over 6 MB is refused and the handler does not see it', async () => {
    const { host, lines } = start('export const handler = async () => 1;');
    expect(await errorOf(host, 'x'.repeat(6 * 1024 * 1024))).toMatchObject({
      errorType: 'RequestEntityTooLargeException',
    });
    expect(lines).toEqual([]);
  });

  test('that answers more than 6 MB fails', async () => {
    const { host } = start(`export const handler = async () => 'x'.repeat(6 * 1024 * 1024);`);
    expect(await errorOf(host)).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
  });

  test('that answers what JSON cannot hold fails', async () => {
    const { host } = start('export const handler = async () => ({ n: 1n });');
    expect(await errorOf(host)).toMatchObject({ errorType: 'Runtime.MarshalError' });
  });
});

describe('a handler that', () => {
  test('throws fails its invocation with type, message and trace', async () => {
    const { host } = start(
      `export const handler = async () => { throw new RangeError('too far'); };`,
    );
    const error = await errorOf(host);
    expect(error).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
    expect(error.trace?.[0]).toBe('RangeError: too far');
  });

  test('runs too long is stopped as by AWS, and the next event gets a new environment', async () => {
    const { host } = start(
      `let calls = 0;
       export const handler = async (event) => {
         calls += 1;
         if (event.hang) while (true);
         return calls;
       };`,
      { Timeout: 1 },
    );
    expect(await host.invoke({})).toEqual({ ok: true, payload: 1 });
    const result = await host.invoke({ hang: true }, { requestId: 'r-2' });
    expect(result).toMatchObject({
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: r-2 Error: Task timed out after 1.00 seconds',
      },
    });
    expect(await host.invoke({})).toEqual({ ok: true, payload: 1 });
  });

  test('exits the process ends only its own environment', async () => {
    const { host } = start(
      'export const handler = async (event) => { if (event.exit) process.exit(3); return 1; };',
    );
    const error = await errorOf(host, { exit: true });
    expect(error.errorType).toBe('Runtime.ExitError');
    expect(error.errorMessage).toContain('exit status 3');
    expect(await host.invoke({})).toEqual({ ok: true, payload: 1 });
  });

  test('leaves a rejection unhandled fails', async () => {
    const { host } = start(
      `export const handler = () => new Promise(() => { Promise.reject(new Error('lost')); });`,
    );
    expect(await errorOf(host)).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'lost',
    });
  });

  test('throws outside its promise fails', async () => {
    const { host } = start(
      `export const handler = () => new Promise(() => { setTimeout(() => { throw new TypeError('late'); }); });`,
    );
    expect(await errorOf(host)).toMatchObject({ errorType: 'TypeError', errorMessage: 'late' });
  });

  test('takes more memory than it has fails and this process lives', async () => {
    const { host } = start(
      `export const handler = async () => {
         const kept = [];
         while (true) kept.push(new Array(10_000).fill({}).map((_, n) => ({ n })));
       };`,
      { MemorySize: 16, Timeout: 30 },
    );
    expect(await errorOf(host)).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
  });
});

describe('a bundle that', () => {
  test('throws while it loads fails every invocation with its error', async () => {
    const { host } = start(`throw new Error('no setting'); export const handler = 1;`);
    expect(await errorOf(host)).toMatchObject({ errorMessage: 'no setting' });
    expect(await errorOf(host)).toMatchObject({ errorMessage: 'no setting' });
  });

  test('does not export its handler fails by name', async () => {
    const { host } = start('export const other = 1;');
    expect(await errorOf(host)).toMatchObject({ errorType: 'Runtime.HandlerNotFound' });
  });

  test('is missing is refused before anything runs', () => {
    const assembly = readTemplates({ App: { Resources: { Fn: functionOfBundle('gone') } } });
    const make = (): unknown =>
      createFunctions({ assembly, environment: {}, log: () => undefined });
    expect(make).toThrow(/App, Fn: handler index.handler is not in the function's asset folder/);
  });
});

const COUNT_TOGETHER = `
  let calls = 0;
  export const handler = async () => {
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { calls, thread: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
  };`;

/** Answers once as many threads as the event says run it at the same time. */
const GATHER = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { BroadcastChannel, threadId } from 'node:worker_threads';
  export const handler = async ({ together }) => {
    const channel = new BroadcastChannel('gather');
    const here = new Set([threadId]);
    channel.onmessage = ({ data }) => here.add(data);
    const tell = () => channel.postMessage(threadId);
    for (tell(); here.size < together; tell()) await sleep(10);
    channel.close();
    return { thread: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
  };`;

async function threadsOf(host: LambdaHost, events: number, event: unknown = {}): Promise<number> {
  const results = await Promise.all(Array.from({ length: events }, () => host.invoke(event)));
  const threads = results.map((result) => {
    if (!result.ok) throw new Error(result.error.errorMessage);
    return (result.payload as { thread: string }).thread;
  });
  return new Set(threads).size;
}

describe('the pool', () => {
  test("gives a broken environment's place to who waits", async () => {
    const { host } = start(
      'export const handler = async (event) => event.exit && process.exit(1);',
      {
        ReservedConcurrentExecutions: 1,
      },
    );
    const results = await Promise.all(
      [{ exit: true }, { exit: true }, {}].map((e) => host.invoke(e)),
    );
    expect(results.map((result) => result.ok)).toEqual([false, false, true]);
  });

  test('answers an error where no environment can start', async () => {
    const { host } = start(
      COUNT_TOGETHER,
      {},
      { environment: { NODE_OPTIONS: '--no-such-option' } },
    );
    expect(await errorOf(host)).toMatchObject({ errorType: 'Runtime.StartError' });
  });

  test('takes the source map option that functions are deployed with', async () => {
    const { host } = start(
      COUNT_TOGETHER,
      {},
      { environment: { NODE_OPTIONS: '--enable-source-maps' } },
    );
    expect(await host.invoke({})).toMatchObject({ ok: true });
  });

  test('runs four events at once and no more', async () => {
    const { host } = start(GATHER, { Timeout: 60 });
    expect(await threadsOf(host, 4, { together: 4 })).toBe(4);
    const { host: other } = start(COUNT_TOGETHER, {}, { patienceMs: 0 });
    expect(await threadsOf(other, 9)).toBeLessThanOrEqual(4);
  });

  test('starts no second environment for events that the first one has soon done', async () => {
    const { host } = start(GATHER, {}, { patienceMs: 30_000 });
    expect(await threadsOf(host, 3, { together: 1 })).toBe(1);
  });

  test('keeps to the reserved concurrency', async () => {
    const { host } = start(COUNT_TOGETHER, { ReservedConcurrentExecutions: 1 });
    expect(host.maxConcurrency).toBe(1);
    expect(await threadsOf(host, 3)).toBe(1);
  });

  test('with a reserved concurrency of zero throttles everything', async () => {
    const { host } = start(COUNT_TOGETHER, { ReservedConcurrentExecutions: 0 });
    expect(await errorOf(host)).toMatchObject({ errorType: 'TooManyRequestsException' });
  });

  test('grows beyond four where an event source asks for more', async () => {
    const { host } = start(GATHER, { Timeout: 60 });
    await host.invoke({ together: 1 }, { concurrency: 6 });
    expect(await threadsOf(host, 6, { together: 6 })).toBe(6);
  });

  test('reuses an environment for the next event', async () => {
    const { host } = start(COUNT_TOGETHER);
    await host.invoke({});
    expect(await host.invoke({})).toMatchObject({ payload: { calls: 2 } });
  });

  test('lets an idle environment go', async () => {
    const { host } = start(COUNT_TOGETHER, {}, { idleMs: 20, lastIdleMs: 20 });
    await host.invoke({});
    await sleep(200);
    expect(await host.invoke({})).toMatchObject({ payload: { calls: 1 } });
  });

  test('fails what is under way and what waits when it is stopped', async () => {
    const { host } = start(
      'export const handler = () => new Promise((resolve) => setTimeout(resolve, 20_000));',
      { Timeout: 30, ReservedConcurrentExecutions: 1 },
    );
    const events = [host.invoke({}), host.invoke({})];
    await sleep(300);
    await host.stop();
    const results = await Promise.all([...events, host.invoke({})]);
    expect(results.map((result) => result.ok)).toEqual([false, false, false]);
  });
});

describe('logs', () => {
  test('are whole lines with the request, between a start and a report', async () => {
    const { host, lines } = start(
      `export const handler = async () => {
         console.log('one\\ntwo');
         console.error('bad');
         console.log(JSON.stringify({ level: 'INFO', message: 'json' }));
         await new Promise((resolve) => setTimeout(resolve, 100));
       };`,
    );
    await host.invoke({}, { requestId: 'r-3' });
    await vi.waitFor(() => expect(lines.map((line) => line.text)).toContain('bad'));
    const ofHandler = lines.filter((line) => !line.text.includes('platform.'));
    expect(ofHandler).toEqual(
      expect.arrayContaining([
        { source: host.name, level: 'INFO', text: 'one', requestId: 'r-3' },
        { source: host.name, level: 'INFO', text: 'two', requestId: 'r-3' },
        { source: host.name, level: 'ERROR', text: 'bad', requestId: 'r-3' },
      ]),
    );
    const records = lines
      .filter((line) => line.text.includes('platform.'))
      .map((line) => JSON.parse(line.text));
    expect(records[0]).toMatchObject({ type: 'platform.start', record: { requestId: 'r-3' } });
    expect(records[1]).toMatchObject({
      type: 'platform.report',
      record: {
        requestId: 'r-3',
        status: 'success',
        metrics: {
          durationMs: expect.any(Number),
          memorySizeMB: 128,
          maxMemoryUsedMB: expect.any(Number),
          initDurationMs: expect.any(Number),
        },
      },
    });
  });
});

describe('the log of a failure', () => {
  test('holds the stack and the last words of an environment that ended', async () => {
    const { host, lines } = start(
      `export const handler = async () => { process.stdout.write('last words'); throw new Error('why'); };`,
    );
    await errorOf(host);
    await host.stop();
    await vi.waitFor(() => expect(lines.map((line) => line.text)).toContain('last words'));
    const failure = lines.find((line) => line.text.includes('Invoke Error'));
    expect(JSON.parse(failure?.text ?? '{}')).toMatchObject({
      level: 'ERROR',
      errorType: 'Error',
      errorMessage: 'why',
      stackTrace: expect.arrayContaining([expect.stringContaining('index.mjs')]),
    });
  });
});

describe('the registry', () => {
  const source = 'export const handler = async () => 1;';
  const assembly = readTemplates(
    { App: { Resources: { Fn: functionOfBundle(source, { FunctionName: 'orders' }) } } },
    [source],
  );
  const [fn] = assembly.of('AWS::Lambda::Function') as [Resource];
  const functions = createFunctions({ assembly, environment: {}, log: () => undefined });

  test.each([
    ['orders'],
    [fn.arn as string],
    [`${fn.arn}:live`],
    [`arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${fn.arn}/invocations`],
  ])('finds a function by %s', (name) => {
    expect(functions.byArn(name).name).toBe('orders');
  });

  test('refuses an unknown function by name', () => {
    expect(() => functions.byArn('nobody')).toThrow(
      /No function of the assembly answers to nobody/,
    );
    expect(functions.byName('nobody')).toBeUndefined();
  });
});
