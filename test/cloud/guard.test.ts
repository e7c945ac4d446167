/** What users take back on the chain, and what the guard makes of it: at once, though processes die, groups are silent and blocks go. */
import { describe, expect, test } from 'vitest';
import { isCancelled, readChainAccount } from '#cloud/chain-account.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { leavingAssets } from '#cloud/exit-store.ts';
import { guardTasks, onceMoreMs } from '#cloud/guard-tasks.ts';
import { alice, bob, eth, GuardWorld, unit } from './guard-world.ts';
import { killedAt } from './ledger-twin.ts';

const digest = `0x${'d1'.repeat(32)}`;
const other = `0x${'d2'.repeat(32)}`;

describe('an order that is cancelled on the chain', () => {
  test('is cancelled in every group, once, and never enters again', async () => {
    const world = new GuardWorld();
    world.story.block([world.log('OrderCancelled', alice, digest, 1)]);
    await world.round();
    await world.round();
    expect(world.toldTo('majors')).toEqual([`cancel ${digest}`]);
    expect(world.toldTo('minors')).toEqual([`cancel ${digest}`]);
    expect(await readChainAccount(world.chain, alice)).toMatchObject({ hasCancelled: true });
    expect(await isCancelled(world.chain, alice, digest)).toBe(true);
    expect(await isCancelled(world.chain, bob, digest)).toBe(false);
    expect(await isCancelled(world.chain, alice, other)).toBe(false);
  });

  test('stays cancelled when its block goes', async () => {
    const world = new GuardWorld();
    world.story.block();
    world.story.block([world.log('OrderCancelled', alice, digest, 1)]);
    await world.round();
    world.story.reorg(1);
    world.story.finalize(world.story.block());
    await world.round();
    expect(await isCancelled(world.chain, alice, digest)).toBe(true);
  });

  test('waits for a group that is silent, and holds up nobody', async () => {
    const world = new GuardWorld();
    world.silent.add('minors');
    world.story.block([world.log('OrderCancelled', alice, digest, 1)]);
    await world.round();
    world.story.block([world.log('OrderCancelled', bob, other, 2)]);
    world.nowMs += 5_000;
    expect((await world.round()).oldestMs).toBe(5_000);
    expect(world.toldTo('majors')).toContain(`cancel ${other}`);
    world.silent.clear();
    await world.round();
    expect(world.toldTo('minors').sort()).toEqual([`cancel ${digest}`, `cancel ${other}`]);
    expect(await guardTasks(world.chain)).toEqual([]);
    // Told again, a matcher knows the command.
    const ids = world.told.flatMap(({ command }) =>
      command.type === 'cancel' && command.digest === digest ? [command.commandId] : [],
    );
    expect(new Set(ids).size).toBe(1);
  });
});

describe('an epoch that is raised', () => {
  test('counts at once and only forward; orders are cancelled then, and once more when none can be under way', async () => {
    const world = new GuardWorld();
    world.story.block([
      world.log('EpochBumped', alice, 5, 1),
      world.log('EpochBumped', alice, 6, 1),
    ]);
    world.story.block([world.log('EpochBumped', alice, 4, 1)]);
    await world.round();
    expect((await readChainAccount(world.chain, alice)).epoch).toBe(6n);
    expect(world.toldTo('majors')).toEqual([`cancel_all ${alice}`]);
    world.nowMs += onceMoreMs - 1;
    await world.round();
    expect(world.toldTo('majors')).toHaveLength(1);
    world.nowMs += 1;
    await world.round();
    await world.round();
    expect(world.toldTo('minors')).toEqual([`cancel_all ${alice}`, `cancel_all ${alice}`]);
    const ids = world.told.map(({ command }) => 'commandId' in command && command.commandId);
    expect(new Set(ids).size).toBe(2);
    expect(await guardTasks(world.chain)).toEqual([]);
  });

  test('again before the second cancel begins the wait anew', async () => {
    const world = new GuardWorld();
    world.story.block([world.log('EpochBumped', alice, 1, 1)]);
    await world.round();
    world.nowMs += 60_000;
    world.story.block([world.log('EpochBumped', alice, 2, 1)]);
    await world.round();
    world.nowMs += onceMoreMs - 1_000;
    await world.round();
    expect(world.toldTo('majors')).toHaveLength(2);
    world.nowMs += 1_000;
    await world.round();
    expect(world.toldTo('majors')).toHaveLength(3);
  });
});

test('a delegation that is revoked on the chain is revoked here, known or not, and only what was placed by it ends, now and once more', async () => {
  const world = new GuardWorld();
  world.story.block([world.log('DelegationRevoked', alice, digest, 1_234)]);
  await world.round();
  const store = createDelegationStore(world.chain);
  expect(await store.revokedAtMs(alice, digest)).toBe(1_234);
  expect(await store.revokedAtMs(bob, digest)).toBeUndefined();
  world.nowMs += onceMoreMs;
  await world.round();
  await world.round();
  for (const groupId of world.groups) {
    const told = world.told.filter((each) => each.groupId === groupId);
    const ofKey = { type: 'cancel_all', account: alice, delegation: digest };
    expect(told).toMatchObject([{ command: ofKey }, { command: ofKey }]);
  }
});

describe('what an exit may take at any moment', () => {
  const leaving = (world: GuardWorld) => leavingAssets(world.chain, alice);

  test('is not sold while more was asked for than is set aside, however much comes in; else it is', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 10);
    world.story.block([world.exitRequested(1, alice, 12n * unit)]);
    await world.round();
    expect(await leaving(world)).toEqual(new Set([eth.chainAsset]));
    expect(await leavingAssets(world.chain, bob)).toEqual(new Set());
    expect(await readChainAccount(world.chain, alice)).toMatchObject({ hasExited: true });
    // Of 5 that come, 2 are claimed: then it can take no more than that.
    await world.deposit(alice, 5);
    await world.round();
    expect(await leaving(world)).toEqual(new Set());
    expect(await world.money()).toMatchObject({ available: 3n, withdrawing: 12n });
  });

  test('is not sold from before its payment until that is booked, and is then', async () => {
    const world = new GuardWorld();
    world.story.block([world.exitRequested(1, alice, 12n * unit)]);
    await world.round();
    // The vault pays what came in, and is credited here later.
    world.story.finalize(world.story.block([world.exitFinalized(1, alice, 5n * unit)]));
    await world.round();
    expect(await leaving(world)).toEqual(new Set([eth.chainAsset]));
    await world.deposit(alice, 5);
    await world.round();
    expect(await leaving(world)).toEqual(new Set());
    expect(await world.money()).toMatchObject({ available: 0n, withdrawing: 0n });
  });

  test('is not sold when the claims that covered it paid another exit', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 10);
    world.story.block([world.exitRequested(1, alice, 10n * unit)]);
    await world.round();
    world.story.block([world.exitRequested(2, alice, 10n * unit)]);
    await world.round();
    world.story.finalize(world.story.block([world.exitFinalized(2, alice, 10n * unit)]));
    await world.round();
    await world.round();
    expect(await leaving(world)).toEqual(new Set([eth.chainAsset]));
    expect(await world.money()).toMatchObject({ available: 0n, withdrawing: 0n });
  });
});

describe('an exit', () => {
  test('claims what was asked for, cancels all orders and is held at once where credit is home', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    world.story.block([world.exitRequested(1, alice, 40n * unit - 1n)]);
    await world.round();
    // Rounded up: what is paid of a unit takes the whole of it.
    expect(await world.money()).toMatchObject({ available: 60n, demanded: 0n, withdrawing: 40n });
    expect(world.toldTo('majors')).toEqual([`cancel_all ${alice}`]);
    expect(world.toldTo('minors')).toEqual([`cancel_all ${alice}`]);
    await world.round();
    expect(world.told).toHaveLength(2);
  });

  test('calls credit back, keeps it from being granted, and is held when it has come home', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    await world.lend(alice, 80);
    let called = 0;
    world.onCallBack = async () => {
      called += 1;
    };
    world.story.block([world.exitRequested(1, alice, 10n ** 38n)]);
    await world.round();
    // Never more than the account has.
    expect(await world.money()).toMatchObject({ available: 20n, demanded: 100n, out: 80n });
    await expect(world.lend(alice, 1)).rejects.toThrow('balance_too_low');
    await world.round();
    expect(called).toBe(1);
    world.nowMs += 10_000;
    await world.round();
    expect(called).toBe(2);
    await world.giveBack(alice, 80);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 0n, demanded: 0n, withdrawing: 100n });
  });

  test('claims what comes in later, as far as it was asked for', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 30);
    world.story.block([world.exitRequested(1, alice, 50n * unit)]);
    await world.round();
    await world.deposit(alice, 5);
    await world.round();
    await world.deposit(alice, 100);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 85n, withdrawing: 50n });
    world.story.finalize(world.story.block([world.exitFinalized(1, alice, 50n * unit)]));
    await world.round();
    expect(await world.money()).toMatchObject({ available: 85n, demanded: 0n, withdrawing: 0n });
    expect(await world.exits()).toEqual([]);
  });
});

describe('an exit that ends', () => {
  test.each([
    ['the whole', 40n, 60n],
    ['less than was asked for', 25n, 75n],
    ['nothing', 0n, 100n],
  ])('that paid %s takes just that from the ledger, when it is final', async (_, paid, left) => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    world.story.block([world.exitRequested(1, alice, 40n * unit)]);
    const number = world.story.block([world.exitFinalized(1, alice, paid * unit)]);
    await world.round();
    expect(await world.money()).toMatchObject({ withdrawing: 40n });
    world.story.finalize(number);
    await world.round();
    await world.round();
    expect(await world.money()).toEqual({
      ...{ available: left, demanded: 0n, withdrawing: 0n, out: 0n },
    });
    expect(await world.exits()).toEqual([]);
  });

  test('that paid more than was held takes the rest as soon as it is there', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 10);
    world.story.block([world.exitRequested(1, alice, 50n * unit)]);
    await world.round();
    world.story.finalize(world.story.block([world.exitFinalized(1, alice, 30n * unit)]));
    await world.round();
    expect(await world.money()).toMatchObject({ available: 0n, demanded: 20n, withdrawing: 0n });
    world.nowMs += 60_000;
    expect((await world.round()).oldestMs).toBe(60_000);
    // Such as a deposit that is credited a moment later.
    await world.deposit(alice, 25);
    expect((await world.round()).oldestMs).toBe(0);
    expect(await world.money()).toMatchObject({ available: 5n, demanded: 0n, withdrawing: 0n });
  });

  test('that is abandoned gives everything back, when that is final', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    world.story.block([world.exitRequested(1, alice, 40n * unit)]);
    const number = world.story.block([world.log('ExitAbandoned', 1, alice)]);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 60n, withdrawing: 40n });
    world.story.finalize(number);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 100n, withdrawing: 0n });
    expect(await world.exits()).toEqual([]);
  });
});

describe('an exit in a reorg', () => {
  test('that took it away stays claimed until a final block is where it was', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    world.story.block();
    world.story.block([world.exitRequested(1, alice, 40n * unit)]);
    await world.round();
    world.story.reorg(1);
    world.story.block();
    world.story.finalize(1);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 60n, withdrawing: 40n });
    world.story.finalize(2);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 100n, withdrawing: 0n });
  });

  test('deeper than finality, that brings what was paid once more, takes it from the ledger once', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    const [requested, paid] = [
      world.exitRequested(1, alice, 40n * unit),
      world.exitFinalized(1, alice, 25n * unit),
    ];
    world.story.block([requested]);
    world.story.finalize(world.story.block([paid]));
    await world.round();
    expect(await world.money()).toMatchObject({ available: 75n, withdrawing: 0n });
    world.story.reorg(0);
    world.story.block([requested]);
    world.story.block([paid]);
    await world.round();
    world.story.finalize(2);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 75n, demanded: 0n, withdrawing: 0n });
    expect(await world.exits()).toEqual([]);
  });

  test('that puts it into another block, under a number that is another’s now, is claimed once in the end', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    await world.deposit(bob, 100);
    world.story.block();
    world.story.block([world.exitRequested(1, alice, 70n * unit)]);
    await world.round();
    world.story.reorg(1);
    world.story.block([
      world.exitRequested(1, bob, 10n * unit),
      world.exitRequested(2, alice, 70n * unit),
    ]);
    await world.round();
    world.story.finalize(2);
    await world.round();
    await world.round();
    expect(await world.money(bob)).toMatchObject({ available: 90n, withdrawing: 10n });
    expect(await world.money()).toMatchObject({ available: 30n, demanded: 0n, withdrawing: 70n });
    const last = world.story.block([
      world.exitFinalized(1, bob, 10n * unit),
      world.exitFinalized(2, alice, 70n * unit),
    ]);
    world.story.finalize(last);
    await world.round();
    expect(await world.money(bob)).toMatchObject({ available: 90n, withdrawing: 0n });
    expect(await world.money()).toMatchObject({ available: 30n, withdrawing: 0n });
  });
});

describe('an exit, among processes that die or come twice', () => {
  test.each(['before', 'after'] as const)(
    'comes to the same end whichever call a process dies %s',
    async (moment) => {
      for (let call = 1, lived = false; !lived && call < 200; call += 1) {
        const world = new GuardWorld();
        await world.deposit(alice, 100);
        world.story.block([world.exitRequested(1, alice, 40n * unit)]);
        const ended = world.story.block([world.exitFinalized(1, alice, 25n * unit)]);
        world.story.finalize(ended);
        lived = await world.round(killedAt(world.memory.client, call, moment)).then(
          () => world.problems.length === 0,
          () => false,
        );
        await world.round();
        await world.round();
        expect(await world.money()).toEqual({
          ...{ available: 75n, demanded: 0n, withdrawing: 0n, out: 0n },
        });
        expect(await world.exits()).toEqual([]);
      }
    },
  );

  test('is worked off once by two guards at once', async () => {
    const world = new GuardWorld();
    await world.deposit(alice, 100);
    world.story.block([world.exitRequested(1, alice, 40n * unit)]);
    await Promise.all([world.round(), world.round(), world.round()]);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 60n, demanded: 0n, withdrawing: 40n });
    world.story.finalize(world.story.block([world.exitFinalized(1, alice, 25n * unit)]));
    await Promise.all([world.round(), world.round(), world.round()]);
    await world.round();
    expect(await world.money()).toMatchObject({ available: 75n, demanded: 0n, withdrawing: 0n });
    expect(world.problems).toEqual([]);
  });
});

test('every round tells each group how far the chain was looked through, and a silent one hinders none', async () => {
  const world = new GuardWorld();
  await world.round();
  expect(world.heads).toEqual([]);
  world.story.block();
  world.story.block();
  world.silent.add('majors');
  await world.round();
  expect(world.heads).toEqual([{ groupId: 'minors', number: 2, atMs: world.story.headAtMs() }]);
  expect(world.problems).toHaveLength(1);
});
