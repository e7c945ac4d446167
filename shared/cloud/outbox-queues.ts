/** The senders of the outbox's queues, one a topic, by the deployment's settings. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { OutboxTopic } from '#wire/outbox.ts';
import { createQueueSender, type QueueSender } from './queue-sender.ts';
import { type Environment, setting } from './settings.ts';

export function outboxQueues(
  client: SQSClient,
  environment: Environment,
): Readonly<Record<OutboxTopic, QueueSender>> {
  const sender = (name: `${OutboxTopic}Queue`) =>
    createQueueSender({ client, queueUrl: setting(environment, name) });
  return {
    notify: sender('notifyQueue'),
    reconcile: sender('reconcileQueue'),
    settle: sender('settleQueue'),
    facts: sender('factsQueue'),
    guard: sender('guardQueue'),
  };
}
