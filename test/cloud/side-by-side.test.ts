import { expect, test } from 'vitest';
import { sideBySide } from '#cloud/side-by-side.ts';

const pause = () => new Promise((resolve) => setImmediate(resolve));

test('results stand in the order of the items, and never more than so many are under way', async () => {
  let underWay = 0;
  let most = 0;
  const items = Array.from({ length: 20 }, (_, index) => index);
  const results = await sideBySide(items, 3, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turns = item % 4; turns >= 0; turns -= 1) await pause();
    underWay -= 1;
    return item * 2;
  });
  expect(results).toEqual(items.map((item) => item * 2));
  expect(most).toBe(3);
});

test('after a failure nothing new begins', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await pause();
    if (item === 1) throw new Error('no');
  };
  await expect(sideBySide([0, 1, 2, 3, 4, 5], 2, work)).rejects.toThrow('no');
  await pause();
  await pause();
  expect(begun).not.toContain(5);
});

test('of nothing comes nothing', async () => {
  expect(await sideBySide([], 4, async () => 1)).toEqual([]);
});
