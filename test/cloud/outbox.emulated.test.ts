/** The outbox's store and its queues against their local twins. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeadLetters, openDeadLetters } from '#cloud/dead-letters.ts';
import { entriesOfEvent } from '#cloud/event-entries.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { outboxMessageOf, sendRows } from '#cloud/outbox-sender.ts';
import { createOutboxStore, type OutboxStore, outboxWrite } from '#cloud/outbox-store.ts';
import { createQueueSender } from '#cloud/queue-sender.ts';
import { transact } from '#cloud/transaction.ts';
import type { OutboxRow } from '#wire/outbox.ts';
import { deadLetterQueueName, queueName } from '#wire/queue-names.ts';
import { tendDeadLetters } from '../../ops/dead-letters.ts';
import { operationRow, runRow } from '../functions/outbox-world.ts';
import { type BucketTwin, startBucket } from '../twins/bucket-twin.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';

let dynamo: DynamoTwin;
/** SQS and S3 are one process. */
let queues: BucketTwin;
let sqs: SQSClient;
beforeAll(async () => {
  [dynamo, queues] = await Promise.all([startDynamo('unused'), startBucket()]);
  sqs = new SQSClient({ endpoint: String(process.env['AWS_ENDPOINT_URL_S3']) });
});
afterAll(async () => {
  sqs.destroy();
  await Promise.all([dynamo.stop(), queues.stop()]);
});

/** A store over a table with these rows, each written in a transaction. */
async function storeWith(...rows: OutboxRow[]) {
  const table = await newTable();
  for (const row of rows) await transact(dynamo.client, [outboxWrite(table, row)]);
  return { table, outbox: createOutboxStore({ client: dynamo.client, table }) };
}

describe('a row of the outbox', () => {
  test('is there with what it was written with, and gone once it is done', async () => {
    const row = runRow(7, { accounts: ['0xa', '0xb'], atMs: 1_700_000_000_000 });
    const { outbox } = await storeWith(row, runRow(7, { ...row.body, topic: 'reconcile' }));
    expect(await outbox.read(row)).toEqual(row);
    await outbox.finish(row);
    await outbox.finish(row);
    expect(await outbox.read(row)).toBeUndefined();
    expect(await outbox.failure(row)).toBe('done');
  });

  test('says how often it failed and why last, and a note never brings it back', async () => {
    const row = operationRow('deposit-1');
    const { outbox } = await storeWith(row);
    expect(await outbox.failure(row)).toBeUndefined();
    await outbox.fail(row, { reason: 'first', failedAtMs: 1 });
    await outbox.fail(row, { reason: 'x'.repeat(9_999), failedAtMs: 2 });
    expect(await outbox.failure(row)).toMatchObject({ failedAtMs: 2, failures: 2 });
    expect(await outbox.read(row)).toEqual(row);
    await outbox.finish(row);
    await outbox.fail(row, { reason: 'late', failedAtMs: 3 });
    expect(await outbox.read(row)).toBeUndefined();
  });

  test('is overdue by its age, oldest first, by pages, of its topic only', async () => {
    const rows = Array.from({ length: 130 }, (_, n) => operationRow(`deposit-${n}`, { atMs: n }));
    const { outbox } = await storeWith(...rows, runRow(1, { topic: 'reconcile', atMs: 5 }));
    const found = await outbox.overdue('notify', 119, 1_000);
    expect(found).toEqual(rows.slice(0, 120));
    expect(await outbox.overdue('notify', 119, 7)).toEqual(rows.slice(0, 7));
    expect(await outbox.overdue('notify', -1, 1_000)).toEqual([]);
  });

  test('of an operation leads to the entries of each account, and to no other ones', async () => {
    const { table } = await storeWith();
    const [alice, atMs] = [`0x${'a'.repeat(40)}`, 1_700_000_000_000];
    const ledger = createLedgerStore({ client: dynamo.client, table });
    for (const operationId of ['deposit', 'deposit-1'])
      await ledger.deposit({
        ...{ operationId, account: alice, asset: 'USDC', units: 5n as never, atMs },
      });
    const where = { client: dynamo.client, table };
    const event = { type: 'operation' as const, operationId: 'deposit', accounts: [], atMs };
    const entries = await entriesOfEvent(where, alice, event);
    expect(entries.map(({ businessId, availableUnits }) => [businessId, availableUnits])).toEqual([
      ['deposit', 5n],
    ]);
  });
});

/** The queues of a stage of its own. */
async function stageWith(stage: string) {
  const create = async (QueueName: string) => {
    const Attributes = { FifoQueue: 'true', VisibilityTimeout: '30' };
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return `${process.env['AWS_ENDPOINT_URL_S3']}/000000000000/${QueueName}`;
  };
  const queueUrl = await create(queueName(stage, 'notify'));
  const deadUrl = await create(deadLetterQueueName(stage, 'notify'));
  const send = createQueueSender({ client: sqs, queueUrl });
  const bury = createQueueSender({ client: sqs, queueUrl: deadUrl });
  const letters = (await openDeadLetters(sqs, stage, 'notify')) as DeadLetters;
  /** Takes out of the queue what it holds, in its order. */
  const drained = async (): Promise<string[]> => {
    const found: string[] = [];
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
      const { Messages = [] } = await sqs.send(receive);
      if (Messages.length === 0) return found;
      for (const { Body, ReceiptHandle } of Messages) {
        found.push((JSON.parse(Body ?? '') as OutboxRow).outboxId);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
    }
  };
  return { send, bury, letters, drained };
}

describe('a queue of the outbox', () => {
  test('takes rows in their order, and the same row once', async () => {
    const { send, drained } = await stageWith('order');
    const rows = [1, 2, 3, 4].map((frame) => runRow(frame));
    expect(await sendRows(rows, send)).toBe(4);
    expect(await sendRows(rows.slice(1), send)).toBe(3);
    expect(await drained()).toEqual(rows.map(({ outboxId }) => outboxId));
    expect(await drained()).toEqual([]);
  });
});

describe('dead letters', () => {
  /** Types a line; answers what was printed. */
  async function typed(line: string, letters: DeadLetters, outbox: OutboxStore) {
    const said: string[] = [];
    const code = await tendDeadLetters(line.split(' '), {
      reach: async () => ({
        queues: new Map([['notify', letters] as const]),
        outbox,
        close: () => undefined,
      }),
      say: (text) => said.push(text),
      complain: (text) => said.push(text),
      nowMs: Date.now,
    });
    return { code, said: said.join('\n') };
  }

  test('are counted, and what is not done is shown with its age and its reason', async () => {
    const { bury, letters } = await stageWith('shown');
    const rows = [
      operationRow('failed', { atMs: Date.now() - 7_500_000 }),
      operationRow('hung', { accounts: ['0xb'], atMs: Date.now() - 61_000 }),
      operationRow('young', { accounts: ['0xc'], atMs: Date.now() }),
    ];
    const { outbox } = await storeWith(...rows);
    await outbox.fail(rows[0] as OutboxRow, { reason: 'Error: no', failedAtMs: 1 });
    await bury(rows.map(outboxMessageOf));
    const { code, said } = await typed('dead-letters', letters, outbox);
    expect(code).toBe(1);
    expect(said.split('\n')).toEqual([
      'notify: 3 dead letters, 2 not done, the oldest of 2 h',
      '  operation#failed  2 h  failed 1 times, last: Error: no',
      '  operation#hung  1 min  not tried, or its function never ended: see its log',
    ]);
  });

  test('go back into their queue, though it had the very same message before; what is done is dropped', async () => {
    const { send, bury, letters, drained } = await stageWith('redriven');
    const rows = [1, 2, 3].map((frame) => runRow(frame));
    const { outbox } = await storeWith(...rows.slice(1));
    await sendRows(rows, send);
    expect(await drained()).toHaveLength(3);
    for (const row of rows) await bury([outboxMessageOf(row)]);
    const { code, said } = await typed('redrive notify --all', letters, outbox);
    expect([code, said.split('\n').at(-1)]).toEqual([
      0,
      '2 put back, 1 dropped because they are done.',
    ]);
    expect(await drained()).toEqual(rows.slice(1).map(({ outboxId }) => outboxId));
    expect(await typed('dead-letters --json', letters, outbox)).toMatchObject({ code: 0 });
  });

  test('go back one by one, also from behind others of their group; the others stay', async () => {
    const { bury, letters, drained } = await stageWith('one');
    const rows = [1, 2, 3].map((frame) => runRow(frame));
    const { outbox } = await storeWith(...rows);
    await bury(rows.slice(0, 1).map(outboxMessageOf));
    await bury(rows.slice(1, 2).map(outboxMessageOf));
    const first = rows[0]?.outboxId;
    expect((await typed(`redrive notify --id ${rows[1]?.outboxId}`, letters, outbox)).code).toBe(0);
    expect(await drained()).toEqual([rows[1]?.outboxId]);
    expect((await typed('redrive notify --id nobody', letters, outbox)).code).toBe(1);
    // What was looked at is hidden for a second more.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await typed(`redrive notify --id ${first}`, letters, outbox)).code).toBe(0);
    expect(await drained()).toEqual([first]);
  });

  test('a redrive that dies before it deletes leaves the message twice, never nowhere', async () => {
    const { bury, letters, drained } = await stageWith('died');
    await bury([outboxMessageOf(runRow(1))]);
    const [letter] = await letters.take();
    const dying = { ...letter, handle: `${letter?.handle}-lost` } as never;
    await letters.putBack(dying).catch(() => undefined);
    expect(await drained()).toEqual(['run#majors#0000000000000001']);
    expect(await letters.count()).toBe(1);
  });
});
