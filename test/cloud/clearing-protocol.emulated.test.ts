/** PROTOCOL 4, sentence by sentence: each title quotes the one that it holds the ledger to. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Item } from '#cloud/batch-items.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { type ClearedRun, clearedRun, clearedRuns } from '#cloud/cleared-run.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { tradesIn } from '#cloud/ledger-entry.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { readRow } from '#cloud/outbox-store.ts';
import type { Write } from '#cloud/transaction.ts';
import type { Units } from '#domain/amount.ts';
import { feeAccount, ledgerKeys } from '#wire/table-keys.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { account, type BareEvent, HandWrittenJournal, startMs, trade } from './clearing-journal.ts';
import { allItems, killedAt, recorded } from './ledger-twin.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

const owners = 24;
const given = 1_000;

/** Tables in which every owner has been granted ETH and USDC by a group, and the group's journal that tells of it. */
async function exchange(groupIds = ['g1']) {
  const [table, outboxTable] = [await newTable(), await newTable()];
  const ledger = createLedgerStore({ client: twin.client, table });
  const journals = new Map<string, HandWrittenJournal>();
  for (const groupId of groupIds) {
    const journal = new HandWrittenJournal(groupId);
    const grants: BareEvent[] = [];
    for (let owner = 0; owner < owners; owner += 1)
      for (const asset of ['ETH', 'USDC']) {
        const name = { account: account(owner), asset };
        const units = BigInt(given) as Units;
        const operationId = `${groupId}-${owner}-${asset}`;
        await ledger.deposit({ operationId, ...name, units, atMs: startMs });
        await ledger.grant({ ...name, groupId, least: units, most: units, atMs: startMs });
        grants.push({ type: 'credit_granted', ...name, grantNumber: 1, units: given });
      }
    journal.epoch();
    journal.frame(grants);
    journals.set(groupId, journal);
  }
  return { table, outboxTable, ledger, journals };
}
type Exchange = Awaited<ReturnType<typeof exchange>>;

async function clear(
  { table, outboxTable, journals }: Exchange,
  { groupId = 'g1', client = twin.client, count = Number.POSITIVE_INFINITY } = {},
): Promise<void> {
  const store = createClearingStore({ client, table, outboxTable });
  const records = journals.get(groupId)?.records ?? [];
  const readRange = async (_: string, after: string, through: string): Promise<JournalRecord[]> =>
    records.filter(({ shardSequence: at }) => at > after && at <= through);
  await clearJournal({ store, readRange }, groupId, records.slice(0, count));
}

/** Each of the first owners sells to the next one. */
const trades = (count: number, takerFeeUnits = 1): BareEvent[] =>
  Array.from({ length: count }, (_, maker) =>
    trade({
      maker,
      taker: maker + 1,
      takerSide: 'buy',
      baseUnits: 2,
      quoteUnits: 5,
      takerFeeUnits,
    }),
  );

const keyOf = (write: Write): string => {
  const key = write.Put?.Item ?? write.Update?.Key ?? write.Delete?.Key ?? {};
  return `${key['pk']} ${key['sk']}`;
};

async function runsOf({ table }: Exchange, groupId = 'g1'): Promise<ClearedRun[]> {
  const runs: ClearedRun[] = [];
  for await (const run of clearedRuns({ client: twin.client, table }, groupId, 0)) runs.push(run);
  return runs;
}

/** A run of three frames, and every write of it. */
async function oneRun() {
  const world = await exchange();
  const journal = world.journals.get('g1') as HandWrittenJournal;
  journal.frame(trades(12), startMs + 5);
  journal.frame(trades(9), startMs + 7);
  const { client, transactions } = recorded(twin.client);
  await clear(world, { client });
  return { world, transactions, records: journal.records };
}

describe('one run of several transactions', () => {
  let world: Exchange;
  let transactions: Write[][];
  let records: readonly JournalRecord[];
  beforeAll(async () => {
    ({ world, transactions, records } = await oneRun());
  });

  test('"its first transaction writes { toFrame, toShardSequence, cursor }", and only the last ends the run', () => {
    expect(transactions.length).toBeGreaterThan(1);
    const cursors = transactions.map((writes) => writes[0]?.Put?.Item as Item);
    for (const cursor of cursors.slice(0, -1))
      expect(cursor['run']).toEqual({
        toFrame: 3,
        toShardSequence: records[3]?.shardSequence,
        cursor: expect.any(String),
      });
    expect(cursors.at(-1)).not.toHaveProperty('run');
  });

  test('"postings are sorted by key", over all transactions', () => {
    const entries = transactions
      .flat()
      .map((write) => write.Put?.Item ?? {})
      .filter((item) => String(item['pk']).startsWith('ENTRIES#'))
      .map((item) => `${item['account']}#${item['asset']}`);
    expect(entries).toEqual([...entries].sort());
  });

  test('"each transaction is conditional on the cursor and advances it"', () => {
    const cursors = transactions.map((writes) => writes[0]?.Put);
    expect(cursors[0]?.ConditionExpression).toBe('attribute_not_exists(pk)');
    cursors.slice(1).forEach((put, before) => {
      expect(put?.ConditionExpression).toBe('#version = :version');
      expect(put?.ExpressionAttributeValues).toEqual({ ':version': before + 1 });
    });
    const reached = cursors.slice(0, -1).map((put) => String(put?.Item?.['run'].cursor));
    expect(reached).toEqual([...new Set(reached)].sort());
  });

  test('"one entry per (account, asset, run) holding its trade lines; entries balance over a run"', async () => {
    const entries = (await allItems(twin.client, world.table)).filter(
      (item) => item['businessId'] === 'g1#3',
    );
    const names = entries.map((item) => `${item['account']}#${item['asset']}`);
    expect(new Set(names).size).toBe(names.length);
    const sums = new Map<string, bigint>();
    for (const item of entries) {
      const moved = (item['availableUnits'] as bigint) + (item['frozenUnits'] as bigint);
      sums.set(String(item['asset']), (sums.get(String(item['asset'])) ?? 0n) + moved);
    }
    expect(sums).toEqual(new Map([['ETH', 0n], ['USDC', 0n]])); // biome-ignore format: a table
    const ofFees = entries.find((item) => item['account'] === feeAccount);
    expect(tradesIn(ofFees ?? {})).toHaveLength(21);
  });
});

test('the run itself and its rows of the outbox are written by its last transaction alone', async () => {
  const { world, transactions, records } = await oneRun();
  const run: ClearedRun = {
    ...{ groupId: 'g1', fromFrame: 1, toFrame: 3, fromShardSequence: '' },
    ...{ toShardSequence: records[3]?.shardSequence ?? '', atMs: startMs + 7, clock: 3 },
    ...{ trades: 21, changes: 2 * owners + 1 },
  };
  expect(await clearedRun({ client: twin.client, table: world.table }, 'g1', 3)).toEqual(run);
  const rows = (await allItems(twin.client, world.outboxTable)).map(readRow);
  const body = { type: 'run', groupId: 'g1', toFrame: 3, atMs: startMs + 7 };
  const accounts = Array.from({ length: owners }, (_, owner) => account(owner));
  expect(rows).toEqual([
    expect.objectContaining({ topic: 'notify', body: { ...body, accounts } }),
    expect.objectContaining({ topic: 'reconcile', body: { ...body, accounts: [] } }),
  ]);
  const tails = transactions.map(
    (writes) => writes.filter((write) => /^(RUNS|OUTBOX)#/.test(keyOf(write))).length,
  );
  expect(tails).toEqual([...transactions.slice(1).map(() => 0), 3]);
});

test('"a run nets consecutive frames": the runs of a journal follow one another, whatever the batches are', async () => {
  const world = await exchange();
  const journal = world.journals.get('g1') as HandWrittenJournal;
  for (let frame = 0; frame < 6; frame += 1) journal.frame(trades(frame % 3), startMs + frame);
  for (const count of [2, 3, 6, 8]) await clear(world, { count });
  const runs = await runsOf(world);
  expect(runs.map(({ fromFrame, toFrame }) => [fromFrame, toFrame])).toEqual([
    ...[[1, 1], [3, 5], [6, 7]], // biome-ignore format: a table
  ]);
  expect(runs.map((run) => run.trades)).toEqual([0, 3, 3]);
});

test('frames that move no money cost one plain write, and leave neither run nor rows', async () => {
  const world = await exchange();
  await clear(world);
  const before = await allItems(twin.client, world.outboxTable);
  const journal = world.journals.get('g1') as HandWrittenJournal;
  for (let frame = 0; frame < 3; frame += 1) journal.frame([]);
  const recording = recorded(twin.client);
  await clear(world, { client: recording.client });
  expect(recording.transactions).toEqual([]);
  const store = createClearingStore({ client: twin.client, table: world.table });
  expect((await store.position('g1')).watermark.frame).toBe(4);
  expect(await runsOf(world)).toHaveLength(1);
  expect(await allItems(twin.client, world.outboxTable)).toEqual(before);
});

test('a process that comes late over frames without money leaves the cursor where the other put it', async () => {
  const world = await exchange();
  await clear(world);
  const journal = world.journals.get('g1') as HandWrittenJournal;
  journal.frame([]);
  const late = createClearingStore({ client: twin.client, table: world.table });
  const position = await late.position('g1');
  await clear(world);
  const now = await late.position('g1');
  expect(await late.post('g1', position, { frames: [], to: now.watermark })).toEqual(now);
});

test('killed at every await of a run, it is told of once, by the try that ended it', async () => {
  for (let call = 1; ; call += 1) {
    const world = await exchange();
    world.journals.get('g1')?.frame(trades(8));
    let died = false;
    const dying = killedAt(twin.client, call, call % 2 ? 'before' : 'after');
    await clear(world, { client: dying }).catch(() => {
      died = true;
    });
    const early = await runsOf(world);
    expect(await allItems(twin.client, world.outboxTable)).toHaveLength(2 * early.length);
    await clear(world, { count: 2 });
    await clear(world);
    expect((await runsOf(world)).at(-1)?.toFrame).toBe(2);
    const runs = await runsOf(world);
    expect(await allItems(twin.client, world.outboxTable)).toHaveLength(2 * runs.length);
    if (!died) return;
  }
}, 120_000);

test('"written by that group\'s clearing alone, so groups never contend and fees are sharded by group"', async () => {
  const world = await exchange(['g1', 'g2']);
  const written = new Map<string, Write[]>();
  await Promise.all(
    ['g1', 'g2'].map(async (groupId, index) => {
      const journal = world.journals.get(groupId) as HandWrittenJournal;
      journal.frame(trades(5, 1 + index));
      const name = { account: account(1), asset: 'USDC' };
      journal.frame([{ type: 'credit_returned', ...name, returnNumber: 1, units: 9 }]);
      const recording = recorded(twin.client);
      await clear(world, { groupId, client: recording.client });
      written.set(groupId, recording.transactions.flat());
    }),
  );
  const keys = new Set(written.get('g1')?.map(keyOf));
  const shared = written.get('g2')?.filter((write) => keys.has(keyOf(write))) ?? [];
  // What is returned goes to the one balance that all groups lend from: it is only added to.
  const balance = ledgerKeys.balance(account(1), 'USDC');
  expect(shared.map(keyOf)).toEqual([`${balance.pk} ${balance.sk}`]);
  expect(shared[0]?.Update).not.toHaveProperty('ConditionExpression');
  const [fees] = await world.ledger.balances(feeAccount);
  expect(fees?.credit).toEqual([
    { groupId: 'g1', frozen: 5n, pending: 0n },
    { groupId: 'g2', frozen: 10n, pending: 0n },
  ]);
});

test('"returns stamp available, grants copy the stamp": what one group gave back, another takes with its clock', async () => {
  const world = await exchange(['g1', 'g2']);
  const name = { account: account(3), asset: 'ETH' };
  await clear(world, { groupId: 'g2' });
  const journal = world.journals.get('g1') as HandWrittenJournal;
  for (let frame = 0; frame < 4; frame += 1) journal.frame([]);
  journal.frame([{ type: 'credit_returned', ...name, returnNumber: 1, units: 30 }]);
  journal.frame([]);
  await clear(world);
  const units = 30n as Units;
  const wanted = { ...name, groupId: 'g2', least: units, most: units, atMs: startMs };
  expect(await world.ledger.grant(wanted)).toMatchObject({ grant: { grantNumber: 2, clock: 6 } });
});
