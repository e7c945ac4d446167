/** Creates SQS queues, dead-letter queues first because the others name them. */
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Resource } from './assembly.ts';

/** Properties that are queue attributes of the same name. */
const ATTRIBUTES = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
] as const;

export async function provisionQueues(client: SQSClient, queues: Resource[]): Promise<void> {
  const withoutRedrive = queues.filter((queue) => queue.props['RedrivePolicy'] === undefined);
  const withRedrive = queues.filter((queue) => queue.props['RedrivePolicy'] !== undefined);
  for (const queue of [...withoutRedrive, ...withRedrive]) {
    try {
      await provisionQueue(client, queue);
    } catch (error) {
      throw new Error(
        `Stack ${queue.stack}, ${queue.id}: queue ${queue.name} cannot be created: ${(error as Error).message}`,
      );
    }
  }
}

async function provisionQueue(client: SQSClient, queue: Resource): Promise<void> {
  const attributes = attributesOf(queue);
  const url = await find(client, queue.name);
  if (url === undefined) {
    const isFifo = queue.name.endsWith('.fifo');
    const Attributes = { ...attributes, ...(isFifo ? { FifoQueue: 'true' } : {}) };
    await client.send(new CreateQueueCommand({ QueueName: queue.name, Attributes }));
  } else if (Object.keys(attributes).length > 0) {
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  }
}

function attributesOf(queue: Resource): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of ATTRIBUTES) {
    const value = queue.props[name];
    if (value !== undefined) attributes[name] = String(value);
  }
  const redrive = queue.props['RedrivePolicy'];
  if (redrive !== undefined) attributes['RedrivePolicy'] = JSON.stringify(redrive);
  return attributes;
}

async function find(client: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    const missing = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];
    if (missing.includes((error as Error).name)) return undefined;
    throw error;
  }
}
