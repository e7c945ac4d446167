/** A market that is cleared at a steady pace, as Lambda would: a batch a second, with its accounts' other doings beside it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ClearedMarket } from './cleared-market.ts';
import { assertSums, type ClearingRig, clearingRig } from './clearing-rig.ts';
import type { Traffic } from './conflict-meter.ts';

export type SteadyPlan = {
  accounts: number;
  seconds: number;
  tradesPerSec: number;
  /** Grants and deposits. */
  besidePerSec: number;
};

export type Steady = { tradesPerSec: number; traffic: Traffic };

const framesPerSec = 100;

/** `begun` hears of the table as soon as its first trades are cleared. */
export async function clearSteadily(
  client: DynamoDBDocumentClient,
  plan: SteadyPlan,
  begun: (table: string) => void = () => undefined,
): Promise<Steady> {
  const { accounts, seconds, tradesPerSec, besidePerSec } = plan;
  const market = new ClearedMarket({
    ...{ accounts, framesPerBatch: framesPerSec },
    ...{ tradesPerFrame: tradesPerSec / framesPerSec, returnsPerBatch: 20 },
  });
  const rig = await clearingRig(client, market);
  const step = () => rig.clear(market.next(rig.granted.splice(0)));
  // Some history, and warm code.
  for (let nth = 0; nth < 3; nth += 1) await step();
  begun(rig.table);
  const before = { ...rig.meter.traffic };
  const began = performance.now();
  let isOver = false;
  const beside = rig.beside({ accounts, perSec: besidePerSec, isOver: () => isOver });
  for (let second = 0; second < seconds; second += 1) {
    const late = performance.now() - began - second * 1_000;
    if (late < 0) await pause(-late);
    await step();
  }
  const tookMs = Math.max(seconds * 1_000, performance.now() - began);
  isOver = true;
  await beside;
  const traffic = since(before, rig);
  await step();
  await assertSums(client, rig, market);
  return { tradesPerSec: (seconds * tradesPerSec * 1_000) / tookMs, traffic };
}

const since = (before: Traffic, { meter: { traffic } }: ClearingRig): Traffic => ({
  transactions: traffic.transactions - before.transactions,
  conflicts: traffic.conflicts - before.conflicts,
  races: traffic.races - before.races,
});
