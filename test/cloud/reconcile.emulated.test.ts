import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcileStep } from '#cloud/reconcile-pass.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { tradedWorld } from './reconciled-world.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

test('a sound ledger has no difference', async () => {
  const world = await tradedWorld(twin.client);
  const ports = world.ports();
  const day = await reconcileStep(ports, { name: '2024-10-04', budgetMs: 1e9 });
  console.log(JSON.stringify(day, (_, v) => (typeof v === 'bigint' ? `${v}n` : v), 1));
  console.log(await ports.store.open());
  expect(day.differences).toBe(0);
});
