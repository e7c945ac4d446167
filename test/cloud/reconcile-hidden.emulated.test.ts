/** Ways in which a difference could be hidden from reconciliation, tried by somebody who may write to the table. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayMs, dayOf } from '#cloud/account-sums.ts';
import { type Item, putItems } from '#cloud/batch-items.ts';
import { reconcileStep } from '#cloud/reconcile-pass.ts';
import { directoryShards, ledgerKeys, reconciliationKeys } from '#wire/table-keys.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { allItems, copyOf } from './ledger-twin.ts';
import { alice, bob, type ReconciledWorld, secondDay, tradedWorld } from './reconciled-world.ts';

let twin: DynamoTwin;
let world: ReconciledWorld;
let items: Item[];
const budgetMs = 1e9;

beforeAll(async () => {
  twin = await startDynamo('unused');
  world = await tradedWorld(twin.client);
  const name = dayOf(world.nowMs - 86_400_000);
  await reconcileStep(world.ports(), { name, budgetMs });
  await secondDay(world);
  world.nextDay();
  items = await allItems(twin.client, world.table);
});
afterAll(() => twin.stop());

const yesterday = () => dayOf(world.nowMs - 86_400_000);

describe('a difference in what an earlier day has summed up', () => {
  test('is not called gone by a pass that does not look there', async () => {
    const old = items.find(
      (item) =>
        item['pk'] === ledgerKeys.entries(alice) &&
        String(item['businessId']).startsWith('majors#'),
    );
    const spoiled = { ...old, frozenUnits: (old?.['frozenUnits'] as bigint) + 1n };
    const table = await copyOf(twin.client, [...items.filter((each) => each !== old), spoiled]);
    const ports = world.ports(table);
    await reconcileStep(ports, { name: 'now', budgetMs, anew: true, isWhole: true });
    const ofAlice = async () =>
      (await ports.store.open()).filter(({ account }) => account === alice).map(({ what }) => what);
    const found = await ofAlice();
    expect(found.length).toBeGreaterThan(0);
    world.pass(60_000);
    await reconcileStep(ports, { name: yesterday(), budgetMs });
    expect(await ofAlice()).toEqual(found);

    // Mended, it is gone once somebody has looked there.
    await putItems(ports, old ? [old] : []);
    await reconcileStep(ports, { name: 'now', budgetMs, anew: true });
    expect(await ofAlice()).toEqual(found);
    world.pass(60_000);
    await reconcileStep(ports, { name: 'now', budgetMs, anew: true, isWhole: true });
    expect(await ofAlice()).toEqual([]);
  });

  test('is found within days where balances and sums of two accounts were changed together', async () => {
    const table = await copyOf(twin.client, items);
    const ports = world.ports(table);
    await reconcileStep(ports, { name: yesterday(), budgetMs });
    const kept2 = await allItems(twin.client, table);
    const sums = (account: string) =>
      kept2.findLast((item) => item['pk'] === reconciliationKeys.allSums(account));
    const balance = (account: string) => {
      const { pk, sk } = ledgerKeys.balance(account, 'ETH');
      return kept2.find((item) => item['pk'] === pk && item['sk'] === sk);
    };
    const moved = (account: string, by: bigint): Item[] => {
      const kept = sums(account) ?? {};
      const book = kept['book'] as { assets: Item[] };
      const assets = book.assets.map((each) =>
        each['asset'] === 'ETH' ? { ...each, available: (each['available'] as bigint) + by } : each,
      );
      const money = balance(account) ?? {};
      return [
        { ...kept, book: { ...book, assets } },
        {
          ...money,
          available: (money['available'] as bigint) + by,
          grantable: (money['grantable'] as bigint) + by,
        },
      ];
    };
    await putItems({ client: twin.client, table }, [...moved(alice, -1n), ...moved(bob, 1n)]);
    const found = new Set<string>();
    const isTurnOf = (account: string) =>
      ledgerKeys.directory(account).pk ===
      ledgerKeys.directoryShard(Math.floor(world.nowMs / dayMs) % directoryShards);
    for (let day = 0; day < directoryShards; day += 1) {
      world.nextDay();
      // On the other days nobody looks: that is what makes it sixteen of them.
      if (!isTurnOf(alice) && !isTurnOf(bob)) continue;
      await reconcileStep(ports, { name: yesterday(), budgetMs });
      for (const { account } of await ports.store.open())
        if (account !== undefined) found.add(account);
    }
    expect([...found].sort()).toEqual([alice, bob].sort());
  });
});
