/** Outbox: what must happen after money moved, from its table to the queues of who does it. */
import { queueClient } from '#cloud/clients.ts';
import { createLogger } from '#cloud/logger.ts';
import { outboxQueues } from '#cloud/outbox-queues.ts';
import { outboxStreamHandler } from '#cloud/outbox-stream.ts';
import { forwardRows } from './forward-rows.ts';

const logger = createLogger('outbox');
const ports = {
  senders: outboxQueues(queueClient(), process.env),
  report: (problem: string, error: unknown) => logger.error(problem, { error }),
};

export const handler = outboxStreamHandler((rows) => forwardRows(rows, ports));
