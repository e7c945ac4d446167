import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InvokeResult } from '../../local/lambda-host.ts';
import { startSqsPoller } from '../../local/sqs-poller.ts';
import { type EmulatorSet, startEmulatorSet, until } from './fixtures-b/emulator-set.ts';
import { mappingOf } from './fixtures-b/resources.ts';

let set: EmulatorSet;

beforeAll(async () => {
  set = await startEmulatorSet();
});
afterAll(async () => {
  await set.stop();
});

type Event = { Records: { messageId: string; body: string }[] };
const OK: InvokeResult = { ok: true, payload: null };
const FAILED: InvokeResult = {
  ok: false,
  error: { errorType: 'Error', errorMessage: 'no' },
  functionError: 'Unhandled',
};
const bodiesOf = (event: unknown): string[] => (event as Event).Records.map(({ body }) => body);

async function newQueue(name: string, Attributes: Record<string, string> = {}): Promise<string> {
  await set.clients.sqs.send(
    new CreateQueueCommand({
      QueueName: name,
      Attributes: { VisibilityTimeout: '1', ...Attributes },
    }),
  );
  return `${set.urls.sqs}/000000000000/${name}`;
}

async function send(QueueUrl: string, MessageBody: string, group?: string): Promise<void> {
  const fifo =
    group === undefined ? {} : { MessageGroupId: group, MessageDeduplicationId: MessageBody };
  await set.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...fifo }));
}

async function left(QueueUrl: string): Promise<number> {
  const answer = await set.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  return answer.Messages?.length ?? 0;
}

function start(
  queueUrl: string,
  props: Record<string, unknown>,
  invoke: (event: unknown) => InvokeResult,
) {
  const name = queueUrl.split('/').at(-1);
  return startSqsPoller({
    client: set.clients.sqs,
    queueUrl,
    mapping: mappingOf({ EventSourceArn: `arn:aws:sqs:us-east-1:000000000000:${name}`, ...props }),
    region: 'us-east-1',
    invoke: async (event) => invoke(event),
    report: () => undefined,
  });
}

test('a message that the function has done is gone from the queue', async () => {
  const queue = await newQueue('done');
  const seen: string[] = [];
  const poller = start(queue, {}, (event) => {
    seen.push(...bodiesOf(event));
    return OK;
  });
  await send(queue, 'a');
  await until(() => seen.length === 1);
  await poller.stop();
  expect(await left(queue)).toBe(0);
});

test('a message of a failed batch comes again after its visibility timeout', async () => {
  const queue = await newQueue('again');
  const seen: string[] = [];
  const poller = start(queue, {}, (event) => {
    seen.push(...bodiesOf(event));
    return seen.length < 2 ? FAILED : OK;
  });
  await send(queue, 'a');
  await until(() => seen.length === 2);
  await poller.stop();
  expect(seen).toEqual(['a', 'a']);
});

test('a partial answer brings back only what failed', async () => {
  const queue = await newQueue('partial');
  for (const body of ['good', 'bad']) await send(queue, body);
  const seen: string[] = [];
  const props = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
  const poller = start(queue, props, (event) => {
    const { Records } = event as Event;
    const isFirst = !seen.includes('bad');
    seen.push(...bodiesOf(event));
    const failed = Records.filter(({ body }) => body === 'bad' && isFirst);
    const batchItemFailures = failed.map(({ messageId }) => ({ itemIdentifier: messageId }));
    return { ok: true, payload: { batchItemFailures } };
  });
  await until(() => seen.filter((body) => body === 'bad').length === 2);
  await poller.stop();
  expect(seen.filter((body) => body === 'good')).toHaveLength(1);
});

test('a partial answer that names an unknown message brings back the whole batch', async () => {
  const queue = await newQueue('unknown');
  await send(queue, 'a');
  let calls = 0;
  const props = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
  const poller = start(queue, props, () => {
    calls += 1;
    const batchItemFailures = calls === 1 ? [{ itemIdentifier: 'nobody' }] : [];
    return { ok: true, payload: { batchItemFailures } };
  });
  await until(() => calls === 2);
  await poller.stop();
  expect(await left(queue)).toBe(0);
});

test('a message that keeps failing ends in the dead-letter queue', async () => {
  const dead = await newQueue('dead');
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead';
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
  const queue = await newQueue('failing', { RedrivePolicy });
  await send(queue, 'poison');
  const poller = start(queue, {}, () => FAILED);
  let found = 0;
  await until(async () => {
    found += await left(dead);
    return found > 0;
  });
  await poller.stop();
  expect(found).toBe(1);
});

test('the messages of a FIFO group arrive in their order, also after a failure', async () => {
  const queue = await newQueue('ordered.fifo', { FifoQueue: 'true' });
  for (const body of ['1', '2', '3', '4']) await send(queue, body, 'g');
  const done: string[] = [];
  let hasFailed = false;
  const poller = start(queue, { BatchSize: 1 }, (event) => {
    const [body] = bodiesOf(event) as [string];
    if (body === '2' && !hasFailed) {
      hasFailed = true;
      return FAILED;
    }
    done.push(body);
    return OK;
  });
  await until(() => done.length === 4);
  await poller.stop();
  expect(done).toEqual(['1', '2', '3', '4']);
});

test('a window collects messages into one batch', async () => {
  const queue = await newQueue('window', { VisibilityTimeout: '30' });
  const batches: string[][] = [];
  const poller = start(queue, { BatchSize: 20, MaximumBatchingWindowInSeconds: 2 }, (event) => {
    batches.push(bodiesOf(event));
    return OK;
  });
  for (let n = 0; n < 15; n += 1) await send(queue, `m${n}`);
  await until(() => batches.flat().length === 15);
  await poller.stop();
  expect(batches).toHaveLength(1);
});

test('a message that the filter does not want is removed without an invocation', async () => {
  const queue = await newQueue('filtered');
  const Pattern = JSON.stringify({ body: { amount: [{ numeric: ['>', 10] }] } });
  const seen: string[] = [];
  const poller = start(queue, { FilterCriteria: { Filters: [{ Pattern }] } }, (event) => {
    seen.push(...bodiesOf(event));
    return OK;
  });
  for (const amount of [5, 15]) await send(queue, JSON.stringify({ amount }));
  await until(() => seen.length === 1);
  await poller.stop();
  expect(seen).toEqual([JSON.stringify({ amount: 15 })]);
  expect(await left(queue)).toBe(0);
});
