/** Messages that were tried too often: looked at, put back into their queue, or dropped where they are done. */

import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { assert } from '#domain/assertion.ts';
import type { OutboxRow } from '#wire/outbox.ts';
import { deadLetterQueueName, isOrdered, queueName, type WorkQueue } from '#wire/queue-names.ts';
import { outboxMessageOf } from './outbox-sender.ts';
import { createQueueSender, type QueueMessage } from './queue-sender.ts';

export type DeadLetter = {
  messageId: string;
  body: string;
  sentAtMs: number;
  groupId?: string;
  /** Of this taking; another taking has another. */
  handle: string;
};

export type DeadLetters = {
  count(): Promise<number>;
  /**
   * Some of them, hidden from others for a minute; none where all are hidden. Of an ordered queue's group only its first
   * ones, until they are gone or shown again.
   */
  take(): Promise<DeadLetter[]>;
  /** Shows again, in a second, what was taken. */
  release(letters: readonly DeadLetter[]): Promise<void>;
  /** Sends it again, and deletes it only then: whatever happens in between, it may come twice and is never lost. */
  putBack(letter: DeadLetter): Promise<void>;
  /** Sends a row's message to an ordered queue as if for the first time. */
  send(row: OutboxRow, nowMs: number): Promise<void>;
  drop(letter: DeadLetter): Promise<void>;
};

const atOnce = 10;
const hiddenSeconds = 60;
/** Not at once: the local twin of SQS forgets a message that is shown in the same second. */
const shownAgainSeconds = 1;

/** Undefined where the stage has no such queue. */
export async function openDeadLetters(
  client: SQSClient,
  stage: string,
  queue: WorkQueue,
): Promise<DeadLetters | undefined> {
  const QueueUrl = await urlOf(client, deadLetterQueueName(stage, queue));
  const queueUrl = await urlOf(client, queueName(stage, queue));
  if (!QueueUrl || !queueUrl) return undefined;
  const send = createQueueSender({ client, queueUrl });
  const sendOne = async (message: QueueMessage) => {
    const [refused] = await send([message]);
    if (refused !== undefined) throw new Error(`the queue of ${queue} did not take a message`);
  };
  const drop = async ({ handle: ReceiptHandle }: DeadLetter) => {
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  };
  return {
    drop,
    async count() {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return Object.values(Attributes ?? {}).reduce((sum, text) => sum + Number(text), 0);
    },
    async take() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: atOnce,
          VisibilityTimeout: hiddenSeconds,
          // A second is waited for, so that every server is asked and not some of them.
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
        }),
      );
      return Messages.map(letterOf);
    },
    async release(letters) {
      for (let at = 0; at < letters.length; at += atOnce) {
        const Entries = letters.slice(at, at + atOnce).map(({ handle }, nth) => ({
          Id: String(nth),
          ReceiptHandle: handle,
          VisibilityTimeout: shownAgainSeconds,
        }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      }
    },
    async putBack(letter) {
      await sendOne(isOrdered(queue) ? orderedAgain(letter) : { body: letter.body });
      await drop(letter);
    },
    async send(row, nowMs) {
      const deduplicationId = digestOf(`${row.outboxId}|${nowMs}`);
      await sendOne({ ...outboxMessageOf(row), deduplicationId });
    },
  };
}

async function urlOf(client: SQSClient, QueueName: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

function letterOf({ MessageId, Body, ReceiptHandle, Attributes }: Message): DeadLetter {
  assert(MessageId && Body !== undefined && ReceiptHandle, 'a message without its parts');
  const groupId = Attributes?.['MessageGroupId'];
  return {
    messageId: MessageId,
    body: Body,
    handle: ReceiptHandle,
    sentAtMs: Number(Attributes?.['SentTimestamp'] ?? 0),
    ...(groupId === undefined ? {} : { groupId }),
  };
}

/** Each taking is a new message: by its first name the queue might take it for one that it has had, and drop it. */
const orderedAgain = ({ body, groupId = 'dead', handle }: DeadLetter) => ({
  body,
  groupId,
  deduplicationId: digestOf(handle),
});

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
