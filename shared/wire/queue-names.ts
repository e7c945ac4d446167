/** The queues of work that follows from moved money, by the stage alone: whoever operates a stage finds them by name. */
import { type OutboxTopic, outboxTopics } from './outbox.ts';

/** The outbox's topics, whose messages stay in order, and the exports of statements, whose order does not matter. */
export const workQueues = [...outboxTopics, 'exports'] as const;
export type WorkQueue = (typeof workQueues)[number];

export const isOrdered = (queue: WorkQueue): queue is OutboxTopic => queue !== 'exports';

const nameOf = (stage: string, queue: WorkQueue, part: string): string =>
  `crossbook-${stage}-${queue}${part}${isOrdered(queue) ? '.fifo' : ''}`;

export const queueName = (stage: string, queue: WorkQueue): string => nameOf(stage, queue, '');

/** Where a message goes that was tried too often. */
export const deadLetterQueueName = (stage: string, queue: WorkQueue): string =>
  nameOf(stage, queue, '-dead');
