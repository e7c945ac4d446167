/** Outbox: what must happen after money moved, from its table to the queues of who does it. */
import { queueClient } from '#cloud/clients.ts';
import { createLogger } from '#cloud/logger.ts';
import { outboxStreamHandler } from '#cloud/outbox-stream.ts';
import { createQueueSender } from '#cloud/queue-sender.ts';
import { setting } from '#cloud/settings.ts';
import { forwardRows } from './forward-rows.ts';

const client = queueClient();
const logger = createLogger('outbox');
const ports = {
  senders: {
    notify: createQueueSender({ client, queueUrl: setting(process.env, 'notifyQueue') }),
    reconcile: createQueueSender({ client, queueUrl: setting(process.env, 'reconcileQueue') }),
  },
  report: (problem: string, error: unknown) => logger.error(problem, { error }),
};

export const handler = outboxStreamHandler((rows) => forwardRows(rows, ports));
