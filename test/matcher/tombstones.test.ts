import { expect, test } from 'vitest';
import { tombstones as limit } from '../../containers/matcher/bounds.ts';
import { memoryMs } from '../../containers/matcher/engine/limits.ts';
import { createTombstones } from '../../containers/matcher/tombstones.ts';
import { address, digest } from '../engine/trading-floor.ts';

test('cancels of unseen orders are bounded, and taken again once the window has passed, even if no order came', () => {
  const tombstones = createTombstones();
  for (let count = 0; count < limit; count += 1)
    tombstones.bury(digest(count), address('alice'), 1_000);
  expect(tombstones.isFull(1_000 + memoryMs)).toBe(true);
  expect(tombstones.isBuried(digest(7), address('alice'), 1_000 + memoryMs)).toBe(true);
  expect(tombstones.isFull(1_001 + memoryMs)).toBe(false);
  expect(tombstones.isBuried(digest(7), address('alice'), 1_001 + memoryMs)).toBe(false);
});

test('a session key buries only orders by its Delegations, and its owner any', () => {
  const tombstones = createTombstones();
  const isBuried = (by?: string) => tombstones.isBuried(digest(1), address('alice'), 1_000, by);
  tombstones.bury(digest(1), address('alice'), 1_000, ['phone']);
  expect([isBuried(), isBuried('phone'), isBuried('laptop')]).toEqual([false, true, false]);
  tombstones.bury(digest(1), address('alice'), 1_000, ['laptop']);
  expect([isBuried(), isBuried('phone'), isBuried('laptop')]).toEqual([false, true, true]);
  tombstones.bury(digest(1), address('alice'), 1_000);
  tombstones.bury(digest(1), address('alice'), 1_000, ['phone']);
  expect([isBuried(), isBuried('phone'), isBuried('tablet')]).toEqual([true, true, true]);
});

test('only its owner buries an order', () => {
  const tombstones = createTombstones();
  tombstones.bury(digest(1), address('mallory'), 1_000);
  expect(tombstones.isBuried(digest(1), address('alice'), 1_000)).toBe(false);
});
