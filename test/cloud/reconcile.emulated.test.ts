import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayOf } from '#cloud/account-sums.ts';
import { type Item, putItems } from '#cloud/batch-items.ts';
import { clearedRuns } from '#cloud/cleared-run.ts';
import { reconcileStep } from '#cloud/reconcile-pass.ts';
import { reconcileRun } from '#cloud/reconcile-run.ts';
import type { Difference } from '#domain/reconciliation.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { allItems, copyOf } from './ledger-twin.ts';
import { plants } from './reconcile-plants.ts';
import { groups, type ReconciledWorld, secondDay, tradedWorld } from './reconciled-world.ts';

let twin: DynamoTwin;
let world: ReconciledWorld;
let items: Item[];

const budgetMs = 1e9;

/** Two days, the first of which is reconciled. */
beforeAll(async () => {
  twin = await startDynamo('unused');
  world = await tradedWorld(twin.client);
  const name = dayOf(world.nowMs - 86_400_000);
  const day = await reconcileStep(world.ports(), { name, budgetMs });
  expect(day).toMatchObject({ place: { phase: 'finished' }, differences: 0 });
  await secondDay(world);
  items = await allItems(twin.client, world.table);
});
afterAll(() => twin.stop());

const pass = (ports: ReturnType<ReconciledWorld['ports']>, isWhole = false) =>
  reconcileStep(ports, { name: 'now', budgetMs, anew: true, isWhole });

const newestRun = async (table: string): Promise<number> => {
  let newest = 0;
  const where = { client: twin.client, table };
  for await (const run of clearedRuns(where, 'majors', 0)) newest = run.toFrame;
  return newest;
};

describe('a sound ledger', () => {
  test('has no difference, in no run and in no account', async () => {
    const ports = world.ports();
    for (const groupId of groups)
      for await (const { toFrame } of clearedRuns(ports, groupId, 0))
        expect(await reconcileRun(ports, groupId, toFrame)).toEqual([]);
    const now = await pass(ports);
    expect(await ports.store.open()).toEqual([]);
    expect(now).toMatchObject({ differences: 0, unsettled: { accounts: 0 } });
    expect(now.totals.map(({ asset, sum }) => [asset, sum])).toEqual([
      ['ETH', 0n],
      ['USDC', 0n],
    ]);
    expect(
      now.groups.map(({ groupId, snapshot }) => [groupId, (snapshot?.frame ?? 0) > 0]),
    ).toEqual([
      ['majors', true],
      ['alts', false],
    ]);
    for (const total of now.totals)
      expect(total.vault?.units).toBe(-(total.house['house:vault'] ?? 0n));
  });

  test('has none either where every entry is read', async () => {
    expect(await pass(world.ports(), true)).toMatchObject({ differences: 0, isWhole: true });
  });
});

describe('what stands outside the table is compared too:', () => {
  test('a vault that holds another amount', async () => {
    const ports = world.ports(await copyOf(twin.client, items));
    const { vaultUnits } = ports.vault;
    ports.vault = {
      source: 'chain',
      vaultUnits: async (asset) => (await vaultUnits(asset)) - (asset === 'ETH' ? 1n : 0n),
    };
    await pass(ports);
    const kinds = (await ports.store.open()).map(({ kind, asset }) => [kind, asset]);
    expect(kinds).toEqual([['vault', 'ETH']]);
  });

  test("an engine's credit in a snapshot", async () => {
    const ports = world.ports(await copyOf(twin.client, items));
    const { snapshots } = ports;
    ports.snapshots = {
      ...snapshots,
      async part(part) {
        const text = Buffer.from(await snapshots.part(part)).toString('latin1');
        const more = text.replace(/"freeUnits":(\d+)(\d)/, (_, tens, digit) =>
          ['"freeUnits":', tens, digit === '9' ? '8' : String(Number(digit) + 1)].join(''),
        );
        expect(more).not.toBe(text);
        return Buffer.from(more, 'latin1');
      },
    };
    await pass(ports);
    const open = await ports.store.open();
    expect(open.map(({ kind, groupId }) => [kind, groupId])).toEqual([['engine_credit', 'majors']]);
  });
});

describe('a difference', () => {
  test('keeps the time at which it was first seen, and is gone once it is mended', async () => {
    const plant = plants[0]?.plant;
    const spoiled = plant?.(items) ?? [];
    const ports = world.ports(await copyOf(twin.client, spoiled));
    await pass(ports);
    const [first] = await ports.store.open();
    world.pass(60_000);
    await pass(ports);
    const [again] = await ports.store.open();
    expect(again).toEqual({ ...first, lastSeenAtMs: world.nowMs });
    const sound = items.filter((item) => !spoiled.includes(item));
    await putItems(ports, sound);
    world.pass(60_000);
    await pass(ports);
    expect(await ports.store.open()).toEqual([]);
    const gone = await ports.store.goneOf(dayOf(first?.firstSeenAtMs ?? 0));
    expect(gone).toEqual([{ ...again, goneAtMs: world.nowMs }]);
  });
});

describe('an error of one unit is found and named:', () => {
  test.each(plants.map((each) => [each.ofRun ? `${each.title} (its run)` : each.title, each]))(
    '%s',
    async (_, { plant, kind, account, ofRun, isOld }) => {
      const newest = await newestRun(world.table);
      const table = await copyOf(twin.client, plant(items));
      const ports = world.ports(table);
      let found: readonly Difference[];
      if (ofRun) found = await reconcileRun(ports, 'majors', newest);
      else {
        await pass(ports, isOld);
        found = await ports.store.open();
      }
      expect(found.map((each) => [each.kind, each.account])).toContainEqual([kind, account]);
    },
  );
});
