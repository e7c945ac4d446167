/** Puts messages into queues, some at a time, and says which were not taken. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { assert } from '#domain/assertion.ts';

export type QueueMessage = {
  body: string;
  /** Of an ordered queue: messages of one group come one after another. */
  groupId?: string;
  /** Of an ordered queue: the same within five minutes is one message. */
  deduplicationId?: string;
  /** Of a queue without order: how long nobody sees it, at most 900. */
  delaySeconds?: number;
};

/** Sends at most `messagesAtOnce`; answers the positions of those that the queue did not take. */
export type QueueSender = (messages: readonly QueueMessage[]) => Promise<number[]>;

/** The service's limit on one call. */
export const messagesAtOnce = 10;

export function createQueueSender(where: { client: SQSClient; queueUrl: string }): QueueSender {
  return async (messages) => {
    assert(messages.length > 0 && messages.length <= messagesAtOnce, 'a batch of 1 to 10');
    const answer = await where.client.send(
      new SendMessageBatchCommand({
        QueueUrl: where.queueUrl,
        Entries: messages.map(({ body, groupId, deduplicationId, delaySeconds }, at) => ({
          Id: String(at),
          MessageBody: body,
          ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
          ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
          ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
        })),
      }),
    );
    const taken = new Set((answer.Successful ?? []).map(({ Id }) => Id));
    return messages.flatMap((_, at) => (taken.has(String(at)) ? [] : [at]));
  };
}
