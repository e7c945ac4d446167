/** Hands new rows of the outbox to the queues of their topics, in their order, and says from where on it must be done again. */
import { sendRows } from '#cloud/outbox-sender.ts';
import type { StreamedRow } from '#cloud/outbox-stream.ts';
import type { QueueSender } from '#cloud/queue-sender.ts';
import { type OutboxRow, type OutboxTopic, outboxTopics } from '#wire/outbox.ts';

export type ForwardPorts = {
  senders: Readonly<Record<OutboxTopic, QueueSender>>;
  report(problem: string, error: unknown): void;
};

/** The first record that was not sent; undefined where all were. One topic's trouble does not hold up the other. */
export async function forwardRows(
  records: readonly StreamedRow[],
  { senders, report }: ForwardPorts,
): Promise<string | undefined> {
  const unsent = await Promise.all(
    outboxTopics.map(async (topic) => {
      const own = records.filter(({ row }) => row.topic === topic);
      const sent = await sentOf(
        own.map(({ row }) => row),
        senders[topic],
        report,
      );
      return own.slice(sent);
    }),
  );
  const left = new Set(unsent.flat());
  return records.find((record) => left.has(record))?.sequenceNumber;
}

/** A queue that cannot be reached took nothing: whatever it took in truth, it knows again. */
async function sentOf(
  rows: OutboxRow[],
  send: QueueSender,
  report: ForwardPorts['report'],
): Promise<number> {
  try {
    const sent = await sendRows(rows, send);
    if (sent < rows.length) report('the queue did not take a row', rows[sent]?.outboxId);
    return sent;
  } catch (error) {
    report('the queue could not be reached', error);
    return 0;
  }
}
