/** Feeds a function from an SQS queue. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { EventSourceMapping } from './event-source-mapping.ts';
import type { InvokeResult } from './lambda-host.ts';
import { parseJson } from './parse-json.ts';
import { createTroubleReport, type Poller, pauseUnlessAborted } from './shard-poller.ts';
import { failedIds } from './stream-delivery.ts';

export type SqsPollerOptions = {
  client: SQSClient;
  queueUrl: string;
  mapping: EventSourceMapping;
  region: string;
  invoke: (event: unknown) => Promise<InvokeResult>;
  report: (text: string) => void;
  /** Seconds that one receive waits for a message; AWS's pollers wait 20. */
  waitSeconds?: number;
};

/** Batches of one queue under way at once, unless the mapping says otherwise (Lambda starts with five). */
const DEFAULT_CONCURRENCY = 5;
const RECEIVE_LIMIT = 10;
const RETRY_AFTER_MS = 1_000;
const STOP_GRACE_MS = 1_000;
/** The event may hold 6 MB; a message at most 1 MiB, and JSON may escape it. */
const MAX_BATCH_BYTES = 5_000_000;

export function startSqsPoller(options: SqsPollerOptions): Poller {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      // A batch under way is not lost: its messages become visible again.
      await Promise.race([running, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
    },
  };
}

async function run(options: SqsPollerOptions, signal: AbortSignal): Promise<void> {
  const { mapping } = options;
  const trouble = createTroubleReport(mapping.id, options.report);
  const limit = mapping.maxConcurrency ?? DEFAULT_CONCURRENCY;
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      const batch = await collect(options, signal);
      trouble.recovered();
      for (const messages of cutBySize(batch)) {
        const work: Promise<void> = process(messages, options, trouble.failed).finally(() =>
          underWay.delete(work),
        );
        underWay.add(work);
        if (underWay.size >= limit) await Promise.race(underWay);
      }
    } catch (error) {
      if (signal.aborted) break;
      trouble.failed(error as Error);
      await pauseUnlessAborted(RETRY_AFTER_MS, signal);
    }
  }
  await Promise.all(underWay);
}

/** Receives until the batch is full or its window is over; without a window, whatever one receive gives. */
async function collect(options: SqsPollerOptions, signal: AbortSignal): Promise<Message[]> {
  const { batchSize, windowMs } = options.mapping.settings;
  const batch = await receive(options, batchSize, options.waitSeconds ?? 20, signal);
  const untilMs = Date.now() + windowMs;
  while (batch.length > 0 && batch.length < batchSize && !signal.aborted) {
    const leftMs = untilMs - Date.now();
    if (leftMs <= 0) break;
    const waitSeconds = Math.min(20, Math.floor(leftMs / 1000));
    const more = await receive(options, batchSize - batch.length, waitSeconds, signal);
    batch.push(...more);
    if (more.length === 0 && waitSeconds === 0) {
      await pauseUnlessAborted(Math.min(leftMs, 100), signal);
    }
  }
  return batch;
}

async function receive(
  options: SqsPollerOptions,
  count: number,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: options.queueUrl,
    MaxNumberOfMessages: Math.min(RECEIVE_LIMIT, count),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const answer = await options.client.send(command, { abortSignal: signal });
  return answer.Messages ?? [];
}

function cutBySize(messages: Message[]): Message[][] {
  const batches: Message[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = Buffer.byteLength(message.Body ?? '') + 2_000;
    if (bytes + size > MAX_BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(message);
    bytes += size;
  }
  return batches;
}

/** Runs the function on a batch and deletes what it has done; the rest becomes visible again by its timeout. */
async function process(
  messages: Message[],
  options: SqsPollerOptions,
  failed: (error: Error) => void,
): Promise<void> {
  try {
    const { mapping } = options;
    const accepted = messages.filter((message) => mapping.filter(filterable(message)));
    const unwanted = messages.filter((message) => !accepted.includes(message));
    await remove(unwanted, options);
    if (accepted.length === 0) return;
    const Records = accepted.map((message) => toRecord(message, options));
    const result = await options.invoke({ Records });
    await remove(doneMessages(accepted, result, mapping), options);
  } catch (error) {
    failed(error as Error);
  }
}

/** Which messages the function's answer says are done. */
export function doneMessages(
  messages: Message[],
  result: InvokeResult,
  mapping: Pick<EventSourceMapping, 'settings'>,
): Message[] {
  if (!result.ok) return [];
  if (!mapping.settings.isPartial) return messages;
  const failures = failedIds(result.payload);
  const known = new Set(messages.map((message) => message.MessageId));
  // A malformed answer, or an id that is not in the batch, fails the batch as a whole.
  if (failures === undefined || [...failures].some((id) => !known.has(id))) return [];
  return messages.filter((message) => !failures.has(String(message.MessageId)));
}

async function remove(messages: Message[], options: SqsPollerOptions): Promise<void> {
  for (let i = 0; i < messages.length; i += RECEIVE_LIMIT) {
    const Entries = messages.slice(i, i + RECEIVE_LIMIT).map((message, n) => ({
      Id: String(n),
      ReceiptHandle: message.ReceiptHandle,
    }));
    await options.client.send(
      new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries }),
    );
  }
}

function filterable(message: Message): unknown {
  return { ...message, body: parseJson(message.Body ?? '') };
}

function toRecord(message: Message, options: SqsPollerOptions): unknown {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => {
    const binary = value.BinaryValue;
    return [
      name,
      {
        dataType: value.DataType,
        stringValue: value.StringValue,
        binaryValue: binary === undefined ? undefined : Buffer.from(binary).toString('base64'),
        stringListValues: [],
        binaryListValues: [],
      },
    ];
  });
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: options.mapping.sourceArn,
    awsRegion: options.region,
  };
}
