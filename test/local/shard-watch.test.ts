import { expect, test, vi } from 'vitest';
import { createShardWatch, createShardWatches, newerOf } from '../../local/shard-watch.ts';

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
  const rests = [1, 2, 3].map(() => watch.rest(watch.known(), 60, pause));
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
    watch.rest({ newest: '9', puts: 0 }, 60, pause),
    watch.rest({ newest: '10', puts: 0 }, 60, pause),
    watch.rest({ newest: '11', puts: 0 }, 60, pause),
  ];
  watch.saw('11');
  expect(pauses.map(({ isWoken }) => isWoken)).toEqual([true, true, false]);
  pauses[2]?.end();
  await Promise.all(rests);
});

test('what came between a read and the rest after it is not slept through', async () => {
  const watch = createShardWatch();
  const known = watch.known();
  watch.saw('7');
  const { pauses, pause } = pausing();
  await watch.rest(known, 60, pause);
  expect(pauses).toEqual([]);
});

test('when the one who looked found something, the next one to rest looks', async () => {
  const watch = createShardWatch();
  const { pauses, pause } = pausing();
  const first = watch.rest(watch.known(), 60, pause);
  const second = watch.rest(watch.known(), 60, pause);
  watch.saw('1');
  await Promise.all([first, second]);
  const third = watch.rest(watch.known(), 50, pause);
  expect(pauses.at(-1)?.ms).toBe(50);
  pauses.at(-1)?.end();
  await third;
});

/** A watch, and what tells it of a put. */
function toldWatch() {
  const listeners: (() => void)[] = [];
  const watch = createShardWatch((listener) => void listeners.push(listener));
  const tell = () => {
    for (const told of listeners) told();
  };
  return { watch, tell };
}

test('a put that is told wakes the one who looks, and only him', async () => {
  const { watch, tell } = toldWatch();
  const { pauses, pause } = pausing();
  const rests = [1, 2].map(() => watch.rest(watch.known(), 500, pause));
  const [first, other] = pauses;
  first?.end();
  await vi.waitFor(() => expect(pauses).toHaveLength(3));
  tell();
  const hearing = pauses[2];
  expect([hearing?.ms, hearing?.isWoken, other?.isWoken]).toEqual([440, true, false]);
  other?.end();
  await Promise.all(rests);
});

test('a put that was told between a read and the rest after it is not slept through', async () => {
  const { watch, tell } = toldWatch();
  const known = watch.known();
  tell();
  const { pauses, pause } = pausing();
  const rest = watch.rest(known, 500, pause);
  // No more often than after traffic.
  expect(pauses.map(({ ms }) => ms)).toEqual([60]);
  pauses[0]?.end();
  await rest;
  expect(pauses).toHaveLength(1);
});

test('who is told need not look often, and only streams tell', () => {
  const listeners: (() => void)[] = [];
  const watches = createShardWatches((listener) => void listeners.push(listener));
  const stream = watches('arn:aws:kinesis:us-east-1:0:stream/journal')('shard-0');
  const table = watches('arn:aws:dynamodb:us-east-1:0:table/ledger/stream/now')('shard-0');
  expect(stream.lastIdleMs).toBeGreaterThan(table.lastIdleMs);
  expect(listeners).toHaveLength(1);
  for (const told of listeners) told();
  expect([stream.known().puts, table.known().puts]).toEqual([1, 0]);
});

test('a longer sequence number is newer, of equal length the larger one', () => {
  expect(newerOf('9', '10')).toBe('10');
  expect(newerOf('21', '12')).toBe('21');
  expect(newerOf('', '1')).toBe('1');
});
