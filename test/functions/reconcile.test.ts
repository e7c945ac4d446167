/** The functions that reconcile, over a database in memory: what they are asked, what they answer, what they say of it. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { createArchiveStore } from '#cloud/archive-store.ts';
import { createJournalFrames } from '#cloud/journal-frames.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { createReconciliationStore } from '#cloud/reconciliation-store.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import { ledgerVault } from '#cloud/vault-units.ts';
import type { Difference } from '#domain/reconciliation.ts';
import type { OutboxRow } from '#wire/outbox.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { reconcileRow } from '../../functions/reconcile/reconcile-row.ts';
import { type DayPorts, reconcileDay } from '../../functions/reconcile-day/reconcile-day.ts';
import { MemoryBucket } from '../cloud/memory-bucket.ts';
import { SimulatedTable } from '../simulation/simulated-table.ts';

const hourMs = 3_600_000;
const startMs = Date.parse('2026-01-31T12:00:00Z');

function world() {
  const tables = new SimulatedTable();
  const client = { send: async (command: unknown) => tables.run(command) };
  const ledger = { client: client as unknown as DynamoDBDocumentClient, table: 'ledger' };
  const archive = createArchiveStore(new MemoryBucket());
  const told: Parameters<DayPorts['report']>[0][] = [];
  let nowMs = startMs;
  const ports: DayPorts = {
    ...ledger,
    groups: ['majors'],
    archive,
    snapshots: createSnapshotStore(new MemoryBucket()),
    frames: createJournalFrames({ archive, readRange: async () => [] }),
    vault: ledgerVault(ledger),
    store: createReconciliationStore(ledger),
    outbox: createOutboxStore({ ...ledger, table: 'outbox' }),
    nowMs: () => nowMs,
    pause: async () => undefined,
    settleMs: 60_000,
    report: (each) => told.push(each),
  };
  return {
    ports,
    told,
    pass: (ms: number) => {
      nowMs += ms;
    },
    put: (item: object) => tables.put('ledger', item as Record<string, unknown>),
  };
}

test('the schedule finishes yesterday once, and says every time how old that is', async () => {
  const { ports, told, pass } = world();
  expect(await reconcileDay({ source: 'aws.events' }, ports)).toBeUndefined();
  pass(2 * hourMs);
  await reconcileDay({ source: 'aws.events' }, ports);
  expect(told.map(({ ageHours, differences }) => [ageHours, differences])).toEqual([
    [12, 0],
    [14, 0],
  ]);
  expect(told[0]?.pass).toEqual(told[1]?.pass);
  pass(24 * hourMs);
  await reconcileDay({ source: 'aws.events' }, ports);
  expect(told.at(-1)).toMatchObject({ ageHours: 14, pass: { name: '2026-01-31' } });
});

test('just behind midnight the day waits for what may still come', async () => {
  const { ports, told, pass } = world();
  pass(12 * hourMs + 30_000);
  await reconcileDay({}, ports);
  expect(told.at(-1)).toMatchObject({ pass: { name: '2026-01-31', place: { phase: 'waiting' } } });
  pass(60_000);
  await reconcileDay({}, ports);
  expect(told.at(-1)).toMatchObject({ pass: { place: { phase: 'finished' } } });
});

test('a day that had to wait for longer than a day comes before the next one', async () => {
  const { ports, told, pass } = world();
  await reconcileDay({}, ports);
  const slow = { ...ports, settleMs: 30 * hourMs };
  pass(24 * hourMs);
  await reconcileDay({}, slow);
  pass(24 * hourMs);
  await reconcileDay({}, ports);
  const days = ['2026-01-30', '2026-01-31', '2026-02-01'];
  for (const day of days)
    expect((await ports.store.read(day))?.pass.place).toEqual({ phase: 'finished' });
  expect(told.map((each) => each.pass.name)).toEqual(days);
  pass(30 * 24 * hourMs);
  await reconcileDay({}, ports);
  // What is older than a week nobody waits for.
  expect(told.at(-1)?.pass.name).toBe('2026-03-03');
  expect(await ports.store.read('2026-02-20')).toBeUndefined();
});

test('an operator is told of the newest day, of another one and of the present', async () => {
  const { ports } = world();
  const report = (name?: string) =>
    reconcileDay({ type: 'report', ...(name === undefined ? {} : { name }) }, ports);
  expect(await report()).toEqual({ open: [], gone: [], waiting: { runs: 0 } });
  await reconcileDay({}, ports);
  expect(await report()).toMatchObject({ pass: { name: '2026-01-30' } });
  expect((await report('2025-01-01'))?.pass).toBeUndefined();
  const asked = { type: 'reconcile_now', anew: true, whole: true };
  expect(await reconcileDay(asked, ports)).toMatchObject({
    pass: { name: 'now', isWhole: true, place: { phase: 'finished' } },
  });
});

test('what is found is told with the answer, amounts as digits', async () => {
  const { ports, told, put } = world();
  put({ ...ledgerKeys.directory('0xa11ce'), firstAtMs: 1 });
  put({ ...ledgerKeys.balance('0xa11ce', 'ETH'), available: 7n, grantable: 7n, version: 1n });
  const asked = { type: 'reconcile_now', anew: true, whole: false };
  const answer = await reconcileDay(asked, ports);
  expect(answer?.open).toMatchObject([
    { kind: 'balance_available', account: '0xa11ce', asset: 'ETH', expected: '0', found: '7' },
  ]);
  expect(() => JSON.stringify(answer)).not.toThrow();
  await reconcileDay({}, ports);
  expect(told.at(-1)?.differences).toBe(1);
});

test('a run of the outbox is compared, what is wrong is kept, and a row of an operation is a bug', async () => {
  const { ports } = world();
  const wrong: Difference = {
    ...{ kind: 'run_item', groupId: 'majors', what: 'run to frame 7: trades' },
    ...{ expected: '1', found: '2' },
  };
  const told: (readonly Difference[])[] = [];
  const work = reconcileRow({
    reconcileRun: async (groupId, toFrame) =>
      groupId === 'majors' && toFrame === 7 ? [wrong] : [],
    store: ports.store,
    nowMs: ports.nowMs,
    report: (differences) => told.push(differences),
  });
  const row = (body: OutboxRow['body']): OutboxRow => ({
    ...{ topic: 'reconcile', outboxId: 'x', atMs: 1 },
    body,
  });
  const common = { atMs: 1, accounts: [] };
  await work(row({ type: 'run', groupId: 'majors', toFrame: 7, ...common }));
  await work(row({ type: 'run', groupId: 'majors', toFrame: 8, ...common }));
  expect(told).toEqual([[wrong], []]);
  expect(await ports.store.open()).toMatchObject([wrong]);
  const operation = row({ type: 'operation', operationId: 'deposit-1', ...common });
  await expect(work(operation)).rejects.toThrow('operations are compared');
});

test('an owner of whom the vault holds another amount is told, looked at again, and gone once it is equal', async () => {
  const { ports, put, pass } = world();
  const owner = `0x${'a1'.repeat(20)}`;
  put({ ...ledgerKeys.directory(owner), firstAtMs: 1n });
  let vaultAtoms = 6n;
  const asked: string[] = [];
  ports.vault = {
    ...ports.vault,
    async accountOf(account) {
      asked.push(account);
      const sums = { ledgerUnits: 0n, unsettledUnits: 0n, dustAtoms: 7n, expectedAtoms: 7n };
      return [{ asset: 'ETH', ...sums, vaultAtoms }];
    },
  };
  // A shard a day: in sixteen days this owner's comes.
  for (let day = 0; day < 16; day += 1) {
    await reconcileDay({}, ports);
    pass(24 * hourMs);
  }
  expect(new Set(asked)).toEqual(new Set([owner]));
  const found = { kind: 'vault', account: owner, asset: 'ETH', expected: '7', found: '6' };
  expect(await ports.store.open()).toMatchObject([found]);
  vaultAtoms = 7n;
  await reconcileDay({}, ports);
  expect(await ports.store.open()).toEqual([]);
});

test('an owner who is asked for is compared at once; where no chain is, nobody can say', async () => {
  const { ports } = world();
  const owner = `0x${'a1'.repeat(20)}`;
  expect(await reconcileDay({ type: 'account', account: owner }, ports)).toEqual({
    ...{ open: [], gone: [], waiting: { runs: 0 } },
  });
  const sums = { ledgerUnits: 1n, unsettledUnits: 0n, dustAtoms: 7n, expectedAtoms: 17n };
  const accountOf = async () => [{ asset: 'ETH', ...sums, vaultAtoms: 17n }];
  ports.vault = { ...ports.vault, accountOf };
  expect(await reconcileDay({ type: 'account', account: owner }, ports)).toMatchObject({
    vaultAccount: [{ asset: 'ETH', expectedAtoms: '17', vaultAtoms: '17' }],
  });
});
