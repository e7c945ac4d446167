/** Outbox and sweep: every row reaches its queue, in order, and again while it is not done. */
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { outboxMessageOf } from '#cloud/outbox-sender.ts';
import { outboxWrite } from '#cloud/outbox-store.ts';
import { outboxStreamHandler } from '#cloud/outbox-stream.ts';
import type { QueueMessage, QueueSender } from '#cloud/queue-sender.ts';
import type { OutboxRow, OutboxTopic } from '#wire/outbox.ts';
import { forwardRows } from '../../functions/outbox/forward-rows.ts';
import { sweepOutbox } from '../../functions/outbox-sweep/sweep-outbox.ts';
import {
  memoryOutbox,
  memoryQueue,
  operationRow,
  outboxRow,
  queuesOf,
  runRow,
} from './outbox-world.ts';

const report = () => undefined;
const unreachable: QueueSender = async () => {
  throw new Error('no route');
};
const idOf = ({ body }: QueueMessage): string => (JSON.parse(body) as OutboxRow).outboxId;

/** Forwards rows with the sequence numbers 1, 2, 3 … */
const forward = (
  rows: OutboxRow[],
  senders: { notify: QueueSender; reconcile: QueueSender },
): Promise<string | undefined> =>
  forwardRows(
    rows.map((row, at) => ({ row, sequenceNumber: String(at + 1) })),
    { senders: queuesOf(unreachable, senders), report },
  );

test('each row becomes a message of the queue of its topic', async () => {
  const [notify, reconcile] = [memoryQueue(), memoryQueue()];
  const rows = [runRow(1), runRow(1, { topic: 'reconcile' }), operationRow('deposit-1')];
  expect(await forward(rows, { notify: notify.send, reconcile: reconcile.send })).toBeUndefined();
  expect(notify.ids()).toEqual(['run#majors#0000000000000001', 'operation#deposit-1']);
  expect(reconcile.ids()).toEqual(['run#majors#0000000000000001']);
});

test('rows of one group are taken one after another, of many groups ten at a time', async () => {
  const [notify, reconcile] = [memoryQueue(), memoryQueue()];
  const runs = [runRow(1), runRow(2), runRow(3)];
  const deposits = Array.from({ length: 12 }, (_, n) =>
    operationRow(`deposit-${n}`, { accounts: [`0x${n}`] }),
  );
  await forward([...runs, ...deposits], { notify: notify.send, reconcile: reconcile.send });
  expect(notify.batches.map(({ length }) => length)).toEqual([1, 1, 10, 3]);
  expect(notify.ids()).toEqual([...runs, ...deposits].map(({ outboxId }) => outboxId));
});

test('what a queue does not take comes again from there on, and nothing of its group overtakes it', async () => {
  let refused = true;
  const notify = memoryQueue(() => refused);
  const picky = memoryQueue((message) => refused && idOf(message).endsWith('2'));
  const rows = [
    runRow(1, { topic: 'reconcile' }),
    runRow(2, { topic: 'reconcile' }),
    runRow(3, { topic: 'reconcile' }),
    operationRow('deposit-1'),
  ];
  const senders = { notify: notify.send, reconcile: picky.send };
  expect(await forward(rows, senders)).toBe('2');
  refused = false;
  expect(await forward(rows.slice(1), senders)).toBeUndefined();
  expect(picky.ids()).toEqual(rows.slice(0, 3).map(({ outboxId }) => outboxId));
  expect(notify.ids()).toEqual(['operation#deposit-1']);
});

test('a queue that cannot be reached does not hold up the other', async () => {
  const notify = memoryQueue();
  const rows = [runRow(1), runRow(1, { topic: 'reconcile' })];
  expect(await forward(rows, { notify: notify.send, reconcile: unreachable })).toBe('2');
  expect(notify.ids()).toHaveLength(1);
});

test("the table's stream tells a row as it was written", async () => {
  const row = runRow(7, { accounts: ['0xa', '0xb'], atMs: 1_700_000_000_000 });
  const item = outboxWrite('outbox', row).Put?.Item ?? {};
  const NewImage = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: String(value) },
    ]),
  );
  const event = {
    Records: [{ eventName: 'INSERT', dynamodb: { NewImage, SequenceNumber: '11' } }],
  } as DynamoDBStreamEvent;
  const seen: unknown[] = [];
  const handler = outboxStreamHandler(async (rows) => {
    seen.push(...rows);
    return '11';
  });
  expect(await handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: '11' }] });
  expect(seen).toEqual([{ row, sequenceNumber: '11' }]);
});

test('names that SQS does not take are digested', () => {
  const strange = operationRow('x'.repeat(500), { accounts: [`0xa/${'ü'.repeat(9)}`] });
  const { groupId, deduplicationId } = outboxMessageOf(strange);
  for (const name of [groupId, deduplicationId]) expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(outboxMessageOf(operationRow('deposit-1')).groupId).toBe('0xa');
});

test('what settles on the chain is one row of messages, whichever group traded', () => {
  const groupOf = (groupId: string, topic: OutboxTopic) =>
    outboxMessageOf(runRow(1, { topic, groupId })).groupId;
  expect(groupOf('majors', 'settle')).toBe(groupOf('alts', 'settle'));
  expect(groupOf('majors', 'notify')).not.toBe(groupOf('alts', 'notify'));
});

test('bells of the chain come one after another, each by its own number', () => {
  const bells = [7, 8].map((toFact) =>
    outboxMessageOf(
      outboxRow('facts', { type: 'facts', chainId: 31_337, toFact, atMs: 1, accounts: [] }),
    ),
  );
  expect(new Set(bells.map(({ groupId }) => groupId)).size).toBe(1);
  expect(new Set(bells.map(({ deduplicationId }) => deduplicationId)).size).toBe(2);
});

const minute = 60_000;

/** Sweeps once a minute from `fromMinute` to `toMinute`; answers in which minutes something was sent. */
async function sweeps(outbox: ReturnType<typeof memoryOutbox>, minutes: number): Promise<number[]> {
  const sentAt: number[] = [];
  for (let at = 0; at <= minutes; at += 1) {
    const queue = memoryQueue();
    const senders = queuesOf(queue.send);
    const swept = await sweepOutbox({ outbox, senders, nowMs: at * minute, report });
    if (swept.sent > 0) sentAt.push(at);
  }
  return sentAt;
}

test('what is late is sent again after 1, 2, 4, 8 … minutes, as long as it is not done', async () => {
  expect(await sweeps(memoryOutbox([runRow(1)]), 70)).toEqual([1, 2, 4, 8, 16, 32, 64]);
});

test('what is done is never sent again', async () => {
  const outbox = memoryOutbox([runRow(1)]);
  await outbox.finish(runRow(1));
  expect(await sweeps(outbox, 5)).toEqual([]);
});

test('the sweep says how much is late and how late, whatever the queues take', async () => {
  const outbox = memoryOutbox([
    runRow(1, { atMs: 0 }),
    runRow(2, { atMs: 3 * minute }),
    runRow(3, { topic: 'reconcile', atMs: 2 * minute }),
    runRow(4, { atMs: 4 * minute - 1 }),
  ]);
  const queue = memoryQueue();
  const senders = queuesOf(queue.send, { reconcile: unreachable });
  const swept = await sweepOutbox({ outbox, senders, nowMs: 4 * minute, report });
  expect(swept).toEqual({ overdue: 3, oldestMs: 4 * minute, sent: 2, unsent: 1 });
  expect(queue.ids()).toEqual(['run#majors#0000000000000001', 'run#majors#0000000000000002']);
});
