/** The edge between a topic's queue and who works it off: reads each message's row, lets it be done, deletes it. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { assert } from '#domain/assertion.ts';
import {
  type OutboxMessage,
  type OutboxRow,
  type OutboxTopic,
  outboxMessage,
} from '#wire/outbox.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { OutboxStore } from './outbox-store.ts';

/** Does what a row asks for, again if need be; throws where it could not. */
export type OutboxWork = (row: OutboxRow) => Promise<void>;

export type OutboxEdgeOptions = {
  topic: OutboxTopic;
  outbox: Pick<OutboxStore, 'read' | 'finish' | 'fail'>;
  clock: Pick<Clock, 'nowMs'>;
  /** Called once a batch, after the batch was received: what it learns holds for this batch only. */
  begin: () => OutboxWork;
  logger: Pick<Logger, 'error'>;
};

/**
 * Only what failed comes again: one message is independent of another, although they come in order, so that one that nobody
 * can do ends among the dead letters by itself. A row that is gone was done before.
 */
export function outboxHandler(options: OutboxEdgeOptions) {
  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const work = options.begin();
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const { messageId, body } of Records) {
      try {
        await workOff(parse(body, options.topic), work, options.outbox);
      } catch (error) {
        batchItemFailures.push({ itemIdentifier: messageId });
        options.logger.error('a message could not be worked off', {
          message: body,
          error: error as Error,
        });
        await noteFailure(body, error as Error, options);
      }
    }
    return { batchItemFailures };
  };
}

function parse(body: string, topic: OutboxTopic): OutboxMessage {
  const message = outboxMessage.parse(JSON.parse(body));
  assert(message.topic === topic, `a message of ${message.topic} in the queue of ${topic}`);
  return message;
}

/** So that whoever finds it among the dead letters sees why. The message comes again with or without. */
async function noteFailure(
  body: string,
  { name, message }: Error,
  { topic, outbox, clock, logger }: OutboxEdgeOptions,
): Promise<void> {
  try {
    const reason = `${name}: ${message}`;
    await outbox.fail(parse(body, topic), { reason, failedAtMs: clock.nowMs() });
  } catch (error) {
    logger.error('its reason could not be noted', { error: error as Error });
  }
}

/** The row goes last: whoever dies before does it again. */
export async function workOff(
  message: OutboxMessage,
  work: OutboxWork,
  outbox: Pick<OutboxStore, 'read' | 'finish'>,
): Promise<void> {
  const row = await outbox.read(message);
  if (!row) return;
  await work(row);
  await outbox.finish(message);
}
