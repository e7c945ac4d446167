/** Rows of the outbox as messages of their topic's queue, in the order in which money moved. */
import { createHash } from 'node:crypto';
import { messageGroupOf, messageOf, type OutboxRow } from '#wire/outbox.ts';
import { messagesAtOnce, type QueueMessage, type QueueSender } from './queue-sender.ts';

/**
 * Sends rows of one topic until the queue does not take one; answers how many of them, from the first on, were taken.
 * What comes after may have been taken too: sent again, it is the same message.
 */
export async function sendRows(rows: readonly OutboxRow[], send: QueueSender): Promise<number> {
  let sent = 0;
  for (const batch of batchesOf(rows)) {
    const [failed] = await send(batch.map(outboxMessageOf));
    if (failed !== undefined) return sent + failed;
    sent += batch.length;
  }
  return sent;
}

/** Of one group at most one row a batch: a queue may take the second and not the first. */
export function batchesOf(rows: readonly OutboxRow[]): OutboxRow[][] {
  const batches: OutboxRow[][] = [];
  let groups = new Set<string>();
  for (const row of rows) {
    const group = messageGroupOf(row);
    const open = batches.at(-1);
    if (open && open.length < messagesAtOnce && !groups.has(group)) open.push(row);
    else {
      batches.push([row]);
      groups = new Set();
    }
    groups.add(group);
  }
  return batches;
}

/** The same row is the same message, so that the queue drops what it got twice within five minutes. */
export function outboxMessageOf(row: OutboxRow): QueueMessage {
  return {
    body: JSON.stringify(messageOf(row)),
    groupId: fifoName(messageGroupOf(row)),
    deduplicationId: digestOf(`${row.topic}|${row.outboxId}`),
  };
}

/** SQS takes printable ASCII, at most 128 characters; whatever else names a group is digested. */
const fifoName = (text: string): string => (/^[!-~]{1,128}$/.test(text) ? text : digestOf(text));

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
