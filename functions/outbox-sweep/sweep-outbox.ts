/** Sends again what the outbox still holds although it should be done: whatever was lost on the way is only late. */
import { sendRows } from '#cloud/outbox-sender.ts';
import type { OutboxStore } from '#cloud/outbox-store.ts';
import type { QueueSender } from '#cloud/queue-sender.ts';
import { type OutboxTopic, outboxTopics } from '#wire/outbox.ts';

/** A message takes its way in a second; after a minute it is late. */
export const overdueMs = 60_000;
/** Rows of a topic that one sweep looks at: ten calls. Younger ones come next, when these are done. */
export const rowsPerSweep = 1_000;

export type SweepPorts = {
  outbox: Pick<OutboxStore, 'overdue'>;
  senders: Readonly<Record<OutboxTopic, QueueSender>>;
  nowMs: number;
  report(problem: string, error: unknown): void;
};

export type Swept = {
  overdue: number;
  /** How old the oldest of them is; 0 where there is none. */
  oldestMs: number;
  sent: number;
  /** What the queues did not take; a later sweep sends it. */
  unsent: number;
};

export async function sweepOutbox(ports: SweepPorts): Promise<Swept> {
  const swept = await Promise.all(outboxTopics.map((topic) => sweepTopic(topic, ports)));
  const sum = (of: (each: Swept) => number) => swept.reduce((all, each) => all + of(each), 0);
  return {
    overdue: sum(({ overdue }) => overdue),
    oldestMs: Math.max(...swept.map(({ oldestMs }) => oldestMs)),
    sent: sum(({ sent }) => sent),
    unsent: sum(({ unsent }) => unsent),
  };
}

/** A row is sent when it is 1, 2, 4, 8 … minutes old: whoever cannot do it gets few of them, and some for ever. */
async function sweepTopic(topic: OutboxTopic, ports: SweepPorts): Promise<Swept> {
  const { outbox, senders, nowMs, report } = ports;
  const rows = await outbox.overdue(topic, nowMs - overdueMs, rowsPerSweep);
  const due = rows.filter(({ atMs }) => isPowerOfTwo(Math.floor((nowMs - atMs) / overdueMs)));
  const sent = await sendRows(due, senders[topic]).catch((error: unknown) => {
    report(`the queue of ${topic} could not be reached`, error);
    return 0;
  });
  const [oldest] = rows;
  return {
    overdue: rows.length,
    oldestMs: oldest ? nowMs - oldest.atMs : 0,
    sent,
    unsent: due.length - sent,
  };
}

const isPowerOfTwo = (minutes: number): boolean => Number.isInteger(Math.log2(minutes));
