/** Notify: whoever listens hears what was booked, and nobody else costs a read. */
import type { SQSEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { LedgerEntry } from '#cloud/ledger-entry.ts';
import { outboxHandler } from '#cloud/outbox-edge.ts';
import { outboxMessageOf } from '#cloud/outbox-sender.ts';
import type { Units } from '#domain/amount.ts';
import type { EntryMessage, FanOutRequest } from '#wire/feed-message.ts';
import type { OutboxBody, OutboxRow } from '#wire/outbox.ts';
import { tellAccounts, tradesPerMessage } from '../../functions/notify/tell-accounts.ts';
import { memoryFeedStore } from './feed-memory.ts';
import { memoryOutbox, operationRow, runRow } from './outbox-world.ts';

const [alice, bob, carol] = ['a', 'b', 'c'].map((letter) => `0x${letter.repeat(40)}`) as [
  string,
  string,
  string,
];

function entryOf(account: string, { businessId = 'deposit-1', trades = 0 } = {}): LedgerEntry {
  return {
    entryId: `0000000000000001#${businessId}#USDC`,
    account,
    asset: 'USDC',
    atMs: 1,
    business: 'deposit',
    businessId,
    availableUnits: 1_500_000n as Units,
    withdrawingUnits: 0n as Units,
    frozenUnits: 0n as Units,
    trades: Array.from({ length: trades }, (_, at) => ({
      sequence: at,
      marketId: 'ETH-USDC',
      units: 1n as Units,
      feeUnits: 0n as Units,
    })),
  };
}

async function world(options: { entries?: LedgerEntry[]; listening?: string[] } = {}) {
  const { entries = [alice, bob].map((account) => entryOf(account)), listening = [alice] } =
    options;
  const feed = memoryFeedStore();
  for (const account of listening) {
    await feed.connect({ connectionId: account, atMs: 0 });
    await feed.subscribe({
      connectionId: account,
      channel: `account:${account}`,
      scope: 'accounts',
    });
  }
  const requests: FanOutRequest[] = [];
  const read: string[] = [];
  let interestReadings = 0;
  const ports = {
    feed: {
      interest: (scope: string) => {
        interestReadings += 1;
        return feed.interest(scope);
      },
    },
    async entriesOf(account: string, _: OutboxBody) {
      read.push(account);
      return entries.filter((entry) => entry.account === account);
    },
    markets: { assets: async () => [{ id: 'USDC', decimals: 6 }] as never },
    fanOut: async (request: FanOutRequest) => {
      requests.push(request);
    },
  };
  const outbox = memoryOutbox();
  const handler = outboxHandler({
    topic: 'notify',
    outbox,
    begin: () => tellAccounts(ports),
    clock: { nowMs: () => 7 },
    logger: { error: () => undefined } as never,
  });
  return {
    ports,
    outbox,
    read,
    told: () => requests.flatMap(({ bundles }) => bundles),
    readings: () => interestReadings,
    /** Works rows off as one batch; answers the positions that failed. */
    async batch(...rows: OutboxRow[]): Promise<number[]> {
      const Records = rows.map((row, at) => ({
        messageId: String(at),
        body: outboxMessageOf(row).body,
      }));
      const { batchItemFailures } = await handler({ Records } as SQSEvent);
      return batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
    },
  };
}

const deposit = operationRow('deposit-1', { accounts: [alice, bob] });

test('an account that listens is told what was booked, as REST shows it', async () => {
  const { outbox, batch, told } = await world();
  outbox.put(deposit);
  expect(await batch(deposit)).toEqual([]);
  expect(told()).toEqual([
    {
      channel: `account:${alice}`,
      scope: 'accounts',
      slices: [0],
      messages: [
        {
          type: 'entry',
          entry: expect.objectContaining({
            entryId: '0000000000000001#deposit-1#USDC',
            asset: 'USDC',
            business: 'deposit',
            available: '1.5',
            trades: [],
          }),
        },
      ],
    },
  ]);
  expect(outbox.rows()).toEqual([]);
});

test('accounts that do not listen cost no read of the ledger', async () => {
  const { outbox, batch, read, told } = await world({ listening: [carol] });
  outbox.put(deposit);
  expect(await batch(deposit)).toEqual([]);
  expect(read).toEqual([]);
  expect(told()).toEqual([]);
  expect(outbox.rows()).toEqual([]);
});

test('who listens is asked once a batch, and by the next batch anew', async () => {
  const { outbox, batch, readings } = await world();
  const rows = [deposit, runRow(1, { accounts: [alice] }), runRow(2, { accounts: [carol] })];
  for (const row of rows) outbox.put(row);
  await batch(...rows);
  expect(readings()).toBe(1);
  outbox.put(deposit);
  await batch(deposit);
  expect(readings()).toBe(2);
});

test('a message whose row is gone was done before: nothing is told twice', async () => {
  const { batch, told, readings } = await world();
  expect(await batch(deposit)).toEqual([]);
  expect(told()).toEqual([]);
  expect(readings()).toBe(0);
});

test('what fails comes again, with its row; what is beside it is done', async () => {
  const { ports, outbox, batch, told } = await world();
  const run = runRow(1, { accounts: [bob, alice] });
  for (const row of [run, deposit]) outbox.put(row);
  const { entriesOf } = ports;
  ports.entriesOf = async (account, event) => {
    if (event.type === 'run') throw new Error('the table is away');
    return entriesOf(account, event);
  };
  expect(await batch(run, deposit)).toEqual([0]);
  expect(outbox.rows()).toEqual([run]);
  expect(await outbox.failure(run)).toEqual({
    ...{ reason: 'Error: the table is away', failedAtMs: 7, failures: 1 },
  });
  expect(told()).toHaveLength(1);
  ports.entriesOf = entriesOf;
  expect(await batch(run)).toEqual([]);
  expect(outbox.rows()).toEqual([]);
});

test('a message of another topic, or none at all, is not worked off', async () => {
  const { outbox, batch } = await world();
  const other = runRow(1, { topic: 'reconcile' });
  outbox.put(other);
  expect(await batch(other)).toEqual([0]);
  expect(outbox.rows()).toEqual([other]);
});

test('an entry of very many trades is told with as many as a frame holds, and how many are left out', async () => {
  const entries = [entryOf(alice, { trades: tradesPerMessage + 7 })];
  const { outbox, batch, told } = await world({ entries });
  outbox.put(deposit);
  await batch(deposit);
  const [message] = (told()[0]?.messages ?? []) as EntryMessage[];
  expect(message?.entry.trades).toHaveLength(tradesPerMessage);
  expect(message?.tradesLeftOut).toBe(7);
  expect(JSON.stringify(message).length).toBeLessThan(32_000);
});
