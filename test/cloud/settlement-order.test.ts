/** The order in which trades of many pair groups settle, and how plans go through them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dueTrades,
  framesInOrder,
  mostThatFit,
  type SettledThrough,
  throughTrades,
} from '#cloud/settlement-order.ts';
import { GroupsAndVault } from './groups-and-vault.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 300);

/** Plans everything that is cleared in batches of random sizes, reading few frames at a time. */
function planAll(world: GroupsAndVault, through: Map<string, SettledThrough>) {
  const batches: ReturnType<typeof dueTrades>[] = [];
  for (;;) {
    const read = world.groups.map(({ groupId, frames, cleared }) => {
      const from = through.get(groupId)?.frame ?? 0;
      const to = Math.min(cleared, from + 1 + world.random(4));
      return { groupId, frames: frames.slice(from, to), isWhole: to === cleared };
    });
    const ordered = framesInOrder(read);
    const due = dueTrades(ordered, through);
    const count = Math.min(due.length, 1 + world.random(3));
    const next = throughTrades(ordered, through, count);
    const moved = [...next].some(([groupId, { frame, sequence }]) => {
      const before = through.get(groupId);
      return frame > (before?.frame ?? 0) || sequence > (before?.sequence ?? 0);
    });
    if (!moved) return batches;
    for (const [groupId, each] of next) through.set(groupId, each);
    if (count > 0) batches.push(due.slice(0, count));
  }
}

describe('the order in which trades settle', () => {
  test('every trade is in exactly one batch, and no balance of the vault ever goes below zero', () => {
    const property = fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
      const world = new GroupsAndVault(seed);
      const through = new Map<string, SettledThrough>();
      const settled: string[] = [];
      for (let round = 0; round < 6; round += 1) {
        world.trade(100);
        world.clear();
        for (const batch of planAll(world, through))
          for (const { groupId, trade } of batch) {
            settled.push(`${groupId}:${trade.sequence}`);
            world.settle(trade);
          }
      }
      world.clearAll();
      for (const batch of planAll(world, through))
        for (const { groupId, trade } of batch) {
          settled.push(`${groupId}:${trade.sequence}`);
          world.settle(trade);
        }
      expect(new Set(settled).size).toBe(settled.length);
      expect(settled.length).toBe(world.trades);
    });
    fc.assert(property, { numRuns: runs });
  });

  test('settled by group instead of by clock, some balance goes below zero', () => {
    const fails = [1, 2, 3, 4, 5, 6, 7, 8].filter((seed) => {
      const world = new GroupsAndVault(seed);
      world.trade(800);
      world.clearAll();
      try {
        for (const { frames } of [...world.groups].reverse())
          for (const frame of frames)
            for (const { trade } of dueTrades([frame], new Map())) world.settle(trade);
        return false;
      } catch {
        return true;
      }
    });
    expect(fails.length).toBeGreaterThan(0);
  });

  test('a frame that is planned in part goes on behind its last planned trade', () => {
    const world = new GroupsAndVault(5);
    world.trade(600);
    world.clearAll();
    const frames = framesInOrder(world.groups.map((group) => ({ ...group, isWhole: true })));
    const all = dueTrades(frames, new Map());
    expect(all.length).toBeGreaterThan(5);
    for (let count = 1; count < all.length; count += 1) {
      const rest = dueTrades(frames, throughTrades(frames, new Map(), count));
      expect(rest).toEqual(all.slice(count));
    }
  });
});

test('the most that fits is found with few looks', () => {
  let looks = 0;
  const fits = (most: number) => (count: number) => {
    looks += 1;
    return count <= most;
  };
  for (const most of [0, 1, 7, 499, 999, 1_000]) expect(mostThatFit(1_000, fits(most))).toBe(most);
  expect(looks).toBeLessThan(70);
  expect(mostThatFit(0, fits(0))).toBe(0);
});
