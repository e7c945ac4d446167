/** A real day: money moved in every way, reconciled, then proved, over the twins of DynamoDB and S3. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Published, verifyLiabilityProof } from '#client/liability-proof.ts';
import { accountsAfter, dayOf, sumsThrough } from '#cloud/account-sums.ts';
import { liabilityBucketOf } from '#cloud/liability-bucket.ts';
import { createLiabilityDays } from '#cloud/liability-days.ts';
import { createProofReader } from '#cloud/liability-proofs.ts';
import { saltsOf } from '#cloud/liability-salt.ts';
import { reconcileStep } from '#cloud/reconcile-pass.ts';
import { fromHex } from '#wire/hex-digits.ts';
import { liabilityProofJson } from '#wire/liability-proof.ts';
import {
  proveAndReport,
  type ReportPorts,
  vaultAtEnd,
} from '../../functions/liabilities/prove-and-report.ts';
import { people, type ReconciledWorld, secondDay, tradedWorld } from '../cloud/reconciled-world.ts';
import { type BucketTwin, startBucket } from '../twins/bucket-twin.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';

let dynamo: DynamoTwin;
let s3: BucketTwin;
let world: ReconciledWorld;

beforeAll(async () => {
  [dynamo, s3] = await Promise.all([startDynamo('unused'), startBucket('liabilities')]);
  world = await tradedWorld(dynamo.client);
});
afterAll(async () => {
  await Promise.all([dynamo?.stop(), s3?.stop()]);
});

const saltOf = saltsOf('a secret of at least thirty-two characters');

function ports(metrics: Map<string, number>): ReportPorts {
  const where = { client: dynamo.client, table: world.table };
  const { store, vault } = world.ports();
  return {
    days: createLiabilityDays(where),
    bucket: liabilityBucketOf(s3),
    saltOf,
    accountsAfter: (shard, after, limit) => accountsAfter(where, shard, after, limit),
    sumsThrough: (account, day) => sumsThrough(where, account, day),
    reconciliations: store,
    assets: async () =>
      ['ETH', 'USDC'].map((id) => ({ id, decimals: 6, chainDecimals: 18, chainAsset: '0x1' })),
    vaultAt: vaultAtEnd(vault),
    newPart: randomUUID,
    nowMs: () => world.nowMs,
    remainingMs: () => 900_000,
    report: {
      logger: { error: () => undefined, info: () => undefined } as never,
      metrics: {
        addMetric: (name: string, _unit: string, value: number) => metrics.set(name, value),
        publishStoredMetrics: () => undefined,
      } as never,
    },
  };
}

test('each day is proved to the unit once it is reconciled, and every owner can check it', async () => {
  const metrics = new Map<string, number>();
  const first = dayOf(world.nowMs - 86_400_000);
  expect(await proveAndReport(ports(metrics), { day: first })).toEqual([
    { day: first, state: 'waiting' },
  ]);
  await reconcileStep(world.ports(), { name: first, budgetMs: 1e9 });
  await secondDay(world);
  world.nextDay();
  const second = dayOf(world.nowMs - 86_400_000);
  await reconcileStep(world.ports(), { name: second, budgetMs: 1e9 });

  const outcomes = await proveAndReport(ports(metrics), {});
  expect(outcomes.slice(-2)).toEqual([
    { day: first, state: 'published' },
    { day: second, state: 'published' },
  ]);
  expect(Object.fromEntries(metrics)).toMatchObject({
    LiabilitiesFailed: 0,
    LiabilitiesUncovered: 0,
    LiabilitiesAgeHours: 1,
  });

  const { days, bucket } = ports(metrics);
  const reader = createProofReader({ bucket, saltOf });
  for (const day of [first, second]) {
    const published = await days.read(day);
    expect(published?.trees.map(({ asset }) => asset)).toEqual(['ETH', 'USDC']);
    for (const tree of published?.trees ?? []) {
      const { root, totalUnits } = tree;
      let sum = 0n;
      for (const account of [...people, `${people[0]}/savings`]) {
        const proof = await reader.proof(account, tree);
        if (!proof) continue;
        const json = liabilityProofJson(proof, {
          root: fromHex(root),
          totalUnits: BigInt(totalUnits),
        });
        const known: Published = tree;
        expect(verifyLiabilityProof(json, known).status).toBe('verified');
        sum += proof.units;
      }
      expect(sum.toString()).toBe(totalUnits);
      expect(tree.vaultUnits).toBeGreaterThanOrEqual(BigInt(totalUnits));
    }
  }
  const held = await reader.proof(
    `${people[0]}/savings`,
    (await days.read(second))?.trees[0] as never,
  );
  expect(held?.units).toBe(300n);
});

test('what was published stands, whatever happens to the ledger behind it', async () => {
  const metrics = new Map<string, number>();
  const day = dayOf(world.nowMs - 86_400_000);
  const { days } = ports(metrics);
  const before = await days.read(day);
  await world.deposit(people[0] ?? '', 'ETH', 5);
  expect(await proveAndReport(ports(metrics), { day, again: true })).toEqual([
    { day, state: 'published' },
  ]);
  expect(await days.read(day)).toEqual(before);
});
