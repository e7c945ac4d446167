/** The outbox, its queues and the feed's listeners in memory, with the promises of the real ones. */
import type { OutboxFailure, OutboxStore } from '#cloud/outbox-store.ts';
import type { QueueMessage, QueueSender } from '#cloud/queue-sender.ts';
import {
  type OutboxBody,
  type OutboxRow,
  type OutboxTopic,
  outboxIdOf,
  outboxTopics,
} from '#wire/outbox.ts';
import { outboxKeys } from '#wire/table-keys.ts';

export function outboxRow(topic: OutboxTopic, body: OutboxBody): OutboxRow {
  return { topic, outboxId: outboxIdOf(body), atMs: body.atMs, body };
}

/** A deposit's row. */
export function operationRow(
  operationId: string,
  { topic = 'notify' as OutboxTopic, accounts = ['0xa'], atMs = 0 } = {},
): OutboxRow {
  return outboxRow(topic, { type: 'operation', operationId, atMs, accounts });
}

export function runRow(
  toFrame: number,
  { topic = 'notify' as OutboxTopic, groupId = 'majors', accounts = ['0xa'], atMs = 0 } = {},
): OutboxRow {
  return outboxRow(topic, { type: 'run', groupId, toFrame, atMs, accounts });
}

/** The same queue for each topic, but where another is said. */
export const queuesOf = (
  send: QueueSender,
  others: Partial<Record<OutboxTopic, QueueSender>> = {},
): Record<OutboxTopic, QueueSender> => ({
  ...(Object.fromEntries(outboxTopics.map((topic) => [topic, send])) as Record<
    OutboxTopic,
    QueueSender
  >),
  ...others,
});

const keyOf = ({ topic, atMs, outboxId }: Pick<OutboxRow, 'topic' | 'atMs' | 'outboxId'>) =>
  outboxKeys.row(topic, atMs, outboxId).sk;

export function memoryOutbox(rows: readonly OutboxRow[] = []) {
  const kept = new Map(rows.map((row) => [`${row.topic}|${keyOf(row)}`, row]));
  const failed = new Map<string, OutboxFailure>();
  const store: OutboxStore = {
    read: async (message) => kept.get(`${message.topic}|${keyOf(message)}`),
    finish: async (message) => {
      kept.delete(`${message.topic}|${keyOf(message)}`);
    },
    async fail(message, failure) {
      const name = `${message.topic}|${keyOf(message)}`;
      if (!kept.has(name)) return;
      failed.set(name, { ...failure, failures: (failed.get(name)?.failures ?? 0) + 1 });
    },
    async failure(message) {
      const name = `${message.topic}|${keyOf(message)}`;
      return kept.has(name) ? failed.get(name) : 'done';
    },
    overdue: async (topic, beforeMs, limit) =>
      [...kept.values()]
        .filter((row) => row.topic === topic && row.atMs <= beforeMs)
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
        .slice(0, limit),
  };
  return {
    ...store,
    put: (row: OutboxRow) => kept.set(`${row.topic}|${keyOf(row)}`, row),
    rows: () => [...kept.values()],
  };
}

/** A FIFO queue: what comes twice within five minutes is one message. `refuse` says what it does not take. */
export function memoryQueue(refuse: (message: QueueMessage) => boolean = () => false) {
  const taken: QueueMessage[] = [];
  const known = new Set<string>();
  const batches: QueueMessage[][] = [];
  const send: QueueSender = async (messages) => {
    batches.push([...messages]);
    return messages.flatMap((message, at) => {
      if (refuse(message)) return [at];
      const id = message.deduplicationId ?? '';
      if (!known.has(id)) taken.push(message);
      known.add(id);
      return [];
    });
  };
  return {
    send,
    batches,
    /** The ids of the rows that it took, in order. */
    ids: () => taken.map(({ body }) => (JSON.parse(body) as OutboxRow).outboxId),
  };
}
