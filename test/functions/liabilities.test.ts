import { describe, expect, it } from 'vitest';
import { climb } from '#domain/liability-proof.ts';
import { toHex } from '#wire/hex-digits.ts';
import { feeAccount } from '#wire/table-keys.ts';
import { ageHours, proveLiabilities } from '../../functions/liabilities/prove-liabilities.ts';
import { sha256 } from '../domain/liability-trees.ts';
import {
  accountOf,
  day,
  type LiabilitiesWorld,
  liabilitiesWorld,
  nowMs,
} from './liabilities-world.ts';

/** Forty accounts of two assets, and fees. */
function busyWorld(): LiabilitiesWorld {
  const world = liabilitiesWorld();
  for (let at = 0; at < 40; at += 1) {
    world.owe(accountOf(at), 'ETH', { available: BigInt(at), frozen: 100n });
    if (at % 3 === 0) world.owe(accountOf(at), 'USDC', { available: 5n, withdrawing: BigInt(at) });
  }
  world.owe(feeAccount, 'USDC', { frozen: 77n });
  return world;
}

const publishedOf = (world: LiabilitiesWorld) => world.days.kept.get(day);
const prove = (world: LiabilitiesWorld, wish = { day }) => proveLiabilities(world.ports(), wish);

describe('the proof of a day', () => {
  it('counts available, withdrawing and frozen of every user, and of no house account', async () => {
    const world = busyWorld();
    expect(await prove(world)).toEqual([{ day, state: 'published' }]);
    expect(publishedOf(world)?.trees).toMatchObject([
      { asset: 'ETH', accounts: 40, decimals: 8, totalUnits: '4780', vaultUnits: 4_780n },
      { asset: 'USDC', accounts: 14, decimals: 6, totalUnits: '343', vaultUnits: 420n },
    ]);
  });

  it('is proved to each owner, and to nobody else', async () => {
    const world = busyWorld();
    await prove(world);
    for (const tree of publishedOf(world)?.trees ?? []) {
      for (let at = 0; at < 40; at += 1) {
        const proof = await world.proofs.proof(accountOf(at), tree);
        expect(proof === undefined).toBe(tree.asset === 'USDC' && at % 3 !== 0);
        const climbed = proof && climb(sha256, proof);
        if (climbed) expect(climbed.status === 'climbed' && toHex(climbed.root)).toBe(tree.root);
      }
      expect(await world.proofs.proof(accountOf(41), tree)).toBeUndefined();
    }
  });

  it('waits until the day is over and its reconciliation is finished', async () => {
    const world = busyWorld();
    world.isReconciled = false;
    expect(await prove(world)).toEqual([{ day, state: 'waiting' }]);
    world.isReconciled = true;
    expect(await prove(world, { day: '2026-02-01' })).toEqual([
      { day: '2026-02-01', state: 'waiting' },
    ]);
    expect(world.days.kept.size).toBe(0);
  });

  it('is never published twice, nor changed afterwards', async () => {
    const world = busyWorld();
    await prove(world);
    const first = structuredClone(publishedOf(world));
    world.owe(accountOf(1), 'ETH', { available: 1n });
    expect(await proveLiabilities(world.ports(), { day, again: true })).toEqual([
      { day, state: 'published' },
    ]);
    expect(publishedOf(world)).toEqual(first);
  });

  it('is of an asset that only the house holds too', async () => {
    const world = liabilitiesWorld();
    world.owe(feeAccount, 'ETH', { frozen: 3n });
    await prove(world);
    expect(publishedOf(world)?.trees).toMatchObject([
      { asset: 'ETH', accounts: 0, totalUnits: '0' },
    ]);
  });
});

describe('a day that does not add up', () => {
  const failureOf = async (world: LiabilitiesWorld) => {
    const [outcome] = await prove(world);
    expect(outcome?.state).toBe('failed');
    expect(publishedOf(world)?.publishedAtMs).toBeUndefined();
    return outcome?.failure;
  };

  it('is not published where a user is owed less than nothing', async () => {
    const world = busyWorld();
    world.owe(accountOf(50), 'ETH', { available: -1n });
    expect(await failureOf(world)).toEqual({
      code: 'negative_balance',
      details: `${accountOf(50)} is owed -1 units of ETH`,
    });
  });

  it('is published where only one side is below nothing: nobody is owed less than nothing by it', async () => {
    const world = busyWorld();
    world.owe(accountOf(50), 'ETH', { available: -1n, frozen: 5n });
    expect(await prove(world)).toEqual([{ day, state: 'published' }]);
  });

  it('is not published where an account is missing, by one unit', async () => {
    const world = busyWorld();
    world.post(accountOf(3), 'ETH', { available: 1n });
    expect(await failureOf(world)).toMatchObject({ code: 'does_not_balance' });
  });

  it('is not published where reconciliation counted otherwise', async () => {
    const world = busyWorld();
    const users = { available: 780n, withdrawing: 0n, frozen: { majors: 3_999n } };
    world.totals = [{ asset: 'ETH', users, house: {}, sum: 0n }];
    expect(await failureOf(world)).toMatchObject({ code: 'differs_from_reconciliation' });
  });

  it('is not published with an asset that nobody lists', async () => {
    const world = busyWorld();
    world.owe(accountOf(3), 'DOGE', { available: 1n });
    expect(await failureOf(world)).toMatchObject({ code: 'unknown_asset' });
  });

  it('stays failed until somebody begins it again', async () => {
    const world = busyWorld();
    world.owe(accountOf(50), 'ETH', { available: -1n });
    await prove(world);
    world.owe(accountOf(50), 'ETH', { available: 2n });
    expect((await prove(world))[0]?.state).toBe('failed');
    expect(await proveLiabilities(world.ports(), { day, again: true })).toEqual([
      { day, state: 'published' },
    ]);
    expect(publishedOf(world)?.trees[0]?.accounts).toBe(41);
  });
});

describe('a run that ends early', () => {
  it('goes on where the last one stopped, and publishes the same', async () => {
    const whole = busyWorld();
    await prove(whole);
    const world = busyWorld();
    world.leftMs = 130_000;
    const ports = world.ports();
    let runs = 0;
    for (; publishedOf(world)?.state !== 'published'; runs += 1) {
      let asked = 0;
      // One step a run: the second look at the clock finds no time.
      const remainingMs = () => {
        asked += 1;
        return asked > 1 ? 0 : 130_000;
      };
      await proveLiabilities({ ...ports, remainingMs }, { day });
    }
    expect(runs).toBeGreaterThan(5);
    expect(publishedOf(world)?.trees).toEqual(publishedOf(whole)?.trees);
  });

  it('may die at any write to the table, done or not done', async () => {
    const whole = busyWorld();
    await prove(whole);
    for (let write = 1; write <= whole.days.writes; write += 1) {
      for (const isDone of [false, true]) {
        const world = busyWorld();
        world.days.death = { write, isDone };
        await expect(prove(world)).rejects.toThrow();
        expect(await prove(world)).toEqual([{ day, state: 'published' }]);
        expect(publishedOf(world)?.trees).toEqual(publishedOf(whole)?.trees);
      }
    }
  });

  it('may die at any call of S3, done or not done', async () => {
    const whole = busyWorld();
    await prove(whole);
    for (let call = 1; call <= whole.bucket.calls; call += 1) {
      for (const isDone of [false, true]) {
        const world = busyWorld();
        world.bucket.death = { call, isDone };
        await expect(prove(world)).rejects.toThrow();
        expect(await prove(world)).toEqual([{ day, state: 'published' }]);
        expect(publishedOf(world)?.trees).toEqual(publishedOf(whole)?.trees);
      }
    }
  });

  it('may run beside others: one of them publishes', async () => {
    const whole = busyWorld();
    await prove(whole);
    const world = busyWorld();
    await Promise.all([prove(world), prove(world), prove(world)]);
    await prove(world);
    expect(publishedOf(world)?.trees).toEqual(publishedOf(whole)?.trees);
    const proof = await world.proofs.proof(
      accountOf(0),
      world.days.kept.get(day)?.trees[0] ?? fail(),
    );
    expect(proof?.units).toBe(100n);
  });
});

describe('the schedule', () => {
  it('makes up for days of the last week, oldest first', async () => {
    const world = busyWorld();
    const outcomes = await proveLiabilities(world.ports(), {});
    expect(outcomes.map((each) => each.day)).toEqual([
      ...['2026-01-25', '2026-01-26', '2026-01-27', '2026-01-28'],
      ...['2026-01-29', '2026-01-30', '2026-01-31'],
    ]);
    expect(outcomes.every(({ state }) => state === 'published')).toBe(true);
  });

  it('says how old the newest published day is', async () => {
    const world = busyWorld();
    expect(await ageHours(world.ports())).toBe(0);
    await prove(world);
    expect(await ageHours(world.ports())).toBe(0.25);
    const later = { ...world.ports(), nowMs: () => nowMs + 26 * 3_600_000 };
    expect(await ageHours(later)).toBe(26.25);
  });

  it('says so too where a day began and none was ever published', async () => {
    const world = busyWorld();
    world.owe(accountOf(50), 'ETH', { available: -1n });
    await prove(world);
    const later = { ...world.ports(), nowMs: () => nowMs + 26 * 3_600_000 };
    expect(await ageHours(later)).toBe(26.25);
  });
});

function fail(): never {
  throw new Error('nothing was published');
}
