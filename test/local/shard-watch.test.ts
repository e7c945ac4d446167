import { expect, test } from 'vitest';
import { createShardWatch, newerOf } from '../../local/shard-watch.ts';

/** Pauses that end when they are woken, or by hand. */
function pausing() {
  const pauses: { ms: number; isWoken: boolean; end: () => void }[] = [];
  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const begun = { ms, isWoken: false, end: resolve };
      pauses.push(begun);
      signal.addEventListener('abort', () => {
        begun.isWoken = true;
        resolve();
      });
    });
  return { pauses, pause };
}

test('of all who have read a shard to its end one looks, the others wait longer', async () => {
  const watch = createShardWatch();
  const { pauses, pause } = pausing();
  const rests = [1, 2, 3].map(() => watch.rest('', 60, pause));
  const [looking, ...others] = pauses;
  expect(looking?.ms).toBe(60);
  expect(others.every(({ ms }) => ms > 1_000)).toBe(true);
  for (const { end } of pauses) end();
  await Promise.all(rests);
});

test('what one reads wakes everybody who has not read it', async () => {
  const watch = createShardWatch();
  const { pauses, pause } = pausing();
  const rests = [
    watch.rest('9', 60, pause),
    watch.rest('10', 60, pause),
    watch.rest('11', 60, pause),
  ];
  watch.saw('11');
  expect(pauses.map(({ isWoken }) => isWoken)).toEqual([true, true, false]);
  pauses[2]?.end();
  await Promise.all(rests);
});

test('what came between a read and the rest after it is not slept through', async () => {
  const watch = createShardWatch();
  const known = watch.newest();
  watch.saw('7');
  const { pauses, pause } = pausing();
  await watch.rest(known, 60, pause);
  expect(pauses).toEqual([]);
});

test('when the one who looked found something, the next one to rest looks', async () => {
  const watch = createShardWatch();
  const { pauses, pause } = pausing();
  const first = watch.rest('', 60, pause);
  const second = watch.rest('', 60, pause);
  watch.saw('1');
  await Promise.all([first, second]);
  const third = watch.rest('1', 80, pause);
  expect(pauses.at(-1)?.ms).toBe(80);
  pauses.at(-1)?.end();
  await third;
});

test('a longer sequence number is newer, of equal length the larger one', () => {
  expect(newerOf('9', '10')).toBe('10');
  expect(newerOf('21', '12')).toBe('21');
  expect(newerOf('', '1')).toBe('1');
});
