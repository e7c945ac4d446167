/** Reconciliation beside a ledger that does not stand still, in many steps, by several processes. */
import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayOf } from '#cloud/account-sums.ts';
import { clearedRuns } from '#cloud/cleared-run.ts';
import { firstFrameMs } from '#cloud/journal-range.ts';
import { reconcileStep } from '#cloud/reconcile-pass.ts';
import { reconcileRun } from '#cloud/reconcile-run.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';
import { seeded } from './clearing-journal.ts';
import {
  alice,
  bob,
  carol,
  groups,
  ReconciledWorld,
  secondDay,
  tradedWorld,
} from './reconciled-world.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

const now = { name: 'now', anew: true, budgetMs: 1e9 };

/** Everybody deposits, trades, withdraws and is cleared, in any order. */
async function live(world: ReconciledWorld, seed: number, isDone: () => boolean): Promise<number> {
  const draw = seeded(seed);
  let moves = 0;
  while (!isDone()) {
    const group = groups[draw(2)] ?? 'majors';
    const who = [alice, bob][draw(2)] ?? alice;
    const what = draw(7);
    moves += 1;
    if (what === 0) await world.deposit(who, draw(2) ? 'ETH' : 'USDC', 1_000 + draw(1_000));
    else if (what === 1) await world.withdraw(who, 'ETH', 1 + draw(9), 'held');
    else if (what === 2) world.giveBack(group, who, 'USDC', 1 + draw(50));
    else if (what === 3) {
      await world.clear(group, 1 + draw(3));
      await world.grant(group, who, 'USDC', 1_000 + draw(50));
    } else {
      const side = draw(2) ? 'buy' : 'sell';
      world.place(group, { account: who, side, limitTicks: 9 + draw(3), sizeLots: 1 + draw(4) });
    }
    // The archive is never long behind the journal; clearing may be.
    await world.archive(group);
    if (draw(3) === 0) await world.clear(group, 1 + draw(3));
  }
  return moves;
}

test.each([11, 12])(
  'no pass finds a difference while everybody trades (seed %i)',
  async (seed) => {
    const world = await tradedWorld(twin.client);
    const ports = { ...world.ports(), settleMs: 100 };
    let passes = 0;
    let isDone = false;
    const living = live(world, seed, () => isDone);
    for (; passes < 3; passes += 1) {
      const pass = await reconcileStep(ports, now);
      expect(pass.place.phase).toBe('finished');
      expect(pass.totals.map(({ sum }) => sum)).toEqual(pass.totals.map(() => 0n));
    }
    isDone = true;
    expect(await living).toBeGreaterThan(5);
    expect(await ports.store.open()).toEqual([]);
    await world.settle();
    expect(await reconcileStep(ports, now)).toMatchObject({ differences: 0 });
    for (const groupId of groups)
      for await (const { toFrame } of clearedRuns(ports, groupId, 0))
        expect(await reconcileRun(ports, groupId, toFrame)).toEqual([]);
  },
  120_000,
);

test('a difference is found while everybody trades', async () => {
  const world = await tradedWorld(twin.client);
  const ports = { ...world.ports(), settleMs: 100 };
  await world.client.send(world.plus(alice, 'ETH'));
  let isDone = false;
  const living = live(world, 14, () => isDone);
  for (let passes = 0; passes < 10; passes += 1) {
    await reconcileStep(ports, now);
    if ((await ports.store.open()).length > 0) break;
  }
  isDone = true;
  await living;
  const open = await ports.store.open();
  const found = open.map(({ kind, account, asset }) => [kind, account, asset]);
  expect(found).toContainEqual(['balance_available', alice, 'ETH']);
  expect(new Set(open.map(({ account }) => account))).toEqual(new Set([alice]));
}, 120_000);

test('an account that never stands still is unsettled, not wrong', async () => {
  const world = await tradedWorld(twin.client);
  await world.client.send(world.plus(carol, 'ETH'));
  const { send } = world.client;
  const ports = world.ports();
  let deposits = 0;
  // Whoever reads carol's items at one moment has just missed a deposit of hers.
  const client = new Proxy(world.client, {
    get: (target, name) =>
      name === 'send'
        ? async (command: never) => {
            const answer = await Reflect.apply(send, target, [command]);
            if ((command as unknown) instanceof TransactGetCommand) {
              deposits += 1;
              await world.deposit(carol, 'USDC', 1);
            }
            return answer;
          }
        : Reflect.get(target, name),
  });
  const pass = await reconcileStep({ ...ports, client }, now);
  expect(deposits).toBeGreaterThan(5);
  expect(pass).toMatchObject({ unsettled: { accounts: 1, some: [carol] } });
  expect(await ports.store.open()).toEqual([]);
});

test('a pass of many short steps, by processes that come twice and die, says the same as one', async () => {
  const world = await tradedWorld(twin.client);
  await secondDay(world);
  const ports = world.ports();
  const whole = await reconcileStep(ports, now);
  let clockMs = world.nowMs;
  const hasty = { ...ports, nowMs: () => (clockMs += 400) };
  let pass = await reconcileStep(hasty, { ...now, budgetMs: 2_000 });
  let steps = 1;
  for (; pass.place.phase !== 'finished' && steps < 500; steps += 1) {
    // One that died held the pass for a minute; one that comes meanwhile does nothing.
    const dying = {
      ...hasty,
      client: new Proxy(ports.client, {
        get: () => () => {
          throw new Error('killed');
        },
      }),
    };
    if (steps % 3 === 0) {
      await expect(reconcileStep(dying, { ...now, budgetMs: 2_000 })).rejects.toThrow();
      const { place } = pass;
      pass = await reconcileStep(hasty, { name: 'now', budgetMs: 2_000 });
      expect(pass.place).toEqual(place);
      clockMs += 120_000;
    }
    pass = await reconcileStep(hasty, { name: 'now', budgetMs: 2_000 });
  }
  expect(steps).toBeGreaterThan(3);
  const told = ({ accounts, entries, totals, groups: each, differences }: typeof pass) =>
    ({ accounts, entries, totals, each, differences }) as const;
  expect(told(pass)).toEqual(told(whole));
});

test('what is in the stream and neither archived nor cleared keeps a day waiting', async () => {
  const world = await ReconciledWorld.on(twin.client);
  await world.deposit(alice, 'USDC', 50_000);
  await world.grant('majors', alice, 'USDC', 10_000);
  await world.settle();
  world.giveBack('majors', alice, 'USDC', 4_000);
  const givenBackMs = world.nowMs;
  const name = dayOf(world.nowMs);
  world.nextDay();
  const ports = {
    ...world.ports(),
    nextFrameMs: async (groupId: string, after: string) =>
      firstFrameMs(world.stream(groupId, after)),
  };
  const early = await reconcileStep(ports, { name, budgetMs: 1e9 });
  expect(early.place).toEqual({
    phase: 'waiting',
    why: `entries of before ${new Date(givenBackMs).toISOString()} are all there, later ones may come`,
  });
  await world.clear('majors');
  const day = await reconcileStep(ports, { name, budgetMs: 1e9 });
  expect(day.place).toEqual({ phase: 'finished' });
  expect(day.totals[0]?.users.frozen).toEqual({ majors: 6_000n });
});

test('a day is not begun before all of its entries are there, and its sums are kept once', async () => {
  const world = await ReconciledWorld.on(twin.client);
  await world.deposit(alice, 'USDC', 50_000);
  await world.grant('majors', alice, 'USDC', 10_000);
  await world.settle();
  world.giveBack('majors', alice, 'USDC', 4_000);
  await world.archive('majors');
  const name = dayOf(world.nowMs);
  world.nextDay();
  const ports = world.ports();
  const early = await reconcileStep(ports, { name, budgetMs: 1e9 });
  expect(early.place).toMatchObject({ phase: 'waiting' });
  await world.clear('majors');
  const day = await reconcileStep(ports, { name, budgetMs: 1e9 });
  expect(day.place).toEqual({ phase: 'finished' });
  expect(day.totals[0]?.users).toEqual({
    ...{ available: 44_000n, withdrawing: 0n },
    frozen: { majors: 6_000n },
  });
  // What comes later belongs to the next day, and a finished day stays as it is.
  await world.deposit(alice, 'USDC', 1);
  expect(await reconcileStep(ports, { name, budgetMs: 1e9 })).toEqual(day);
});
