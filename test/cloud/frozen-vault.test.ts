/** A vault that somebody froze, as the guard follows it: nobody trades any more, and what it pays is booked. */
import { describe, expect, test } from 'vitest';
import { alice, eth, GuardWorld, unit } from './guard-world.ts';

describe('a vault that somebody froze', () => {
  const exits = (world: GuardWorld, atoms: bigint) =>
    world.log('FrozenExit', alice, BigInt(eth.chainAsset), atoms);

  test('is told of to nobody: groups that hear of no head take cancels only; a reorg opens them again', async () => {
    const world = new GuardWorld();
    world.story.block();
    await world.round();
    const told = world.heads.length;
    expect(told).toBeGreaterThan(0);
    world.story.block([world.log('Frozen', 1)]);
    world.story.block();
    await world.round();
    expect(world.heads).toHaveLength(told);
    world.story.reorg(1);
    world.story.block();
    await world.round();
    expect(world.heads.length).toBeGreaterThan(told);
  });

  test('pays whole balances, and the ledger loses just them, once, when they are final', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    const paid = world.story.block([world.log('Frozen', 1), exits(world, 100n * unit)]);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 100n });
    world.story.finalize(paid);
    await world.round();
    await world.round();
    expect(await world.money()).toEqual({ available: 0n, demanded: 0n, withdrawing: 0n, out: 0n });
    expect(await world.exits()).toEqual([]);
  });

  test('has paid more than the ledger says: the payment is booked when what never settled is taken back', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 60);
    world.story.finalize(world.story.block([world.log('Frozen', 1), exits(world, 100n * unit)]));
    await world.round();
    expect(await world.exits()).toMatchObject([{ status: 'paying', account: alice }]);
    await world.deposit(alice, 40);
    await world.round();
    expect(await world.exits()).toEqual([]);
    expect(await world.money()).toMatchObject({ available: 0n, demanded: 0n, withdrawing: 0n });
  });

  test('has paid what an exit claims: the claim pays for it, and another look at the same facts takes nothing more', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    world.story.block([world.exitRequested(1, alice, 70n * unit)]);
    await world.round();
    expect(await world.money()).toMatchObject({ withdrawing: 70n });
    world.story.finalize(world.story.block([world.log('Frozen', 1), exits(world, 100n * unit)]));
    await world.round();
    await world.round();
    expect(await world.money()).toMatchObject({ available: 0n, demanded: 0n, withdrawing: 0n });
    expect(world.problems).toEqual([]);
  });
});
