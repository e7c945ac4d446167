import { expect, test } from 'vitest';
import { createTurns } from '#cloud/taking-turns.ts';

/** A work that notes when it begins, and ends when it is told to. */
function workOf(notes: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const work = async () => {
    notes.push(name);
    return promise;
  };
  return { work, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

const settled = async () => {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
};

test('works on one thing come one after the other, on different things at once', async () => {
  const turns = createTurns();
  const notes: string[] = [];
  const [first, second, other] = [
    workOf(notes, 'first'),
    workOf(notes, 'second'),
    workOf(notes, 'other'),
  ];
  const answers = [
    turns.take(['a'], first.work),
    turns.take(['a'], second.work),
    turns.take(['b'], other.work),
  ];
  await settled();
  expect(notes).toEqual(['first', 'other']);
  first.end();
  await settled();
  expect(notes).toEqual(['first', 'other', 'second']);
  for (const each of [second, other]) each.end();
  expect(await Promise.all(answers)).toEqual(['first', 'second', 'other']);
});

test('works that share things in any order never wait for each other in a circle', async () => {
  const turns = createTurns();
  const names = ['a', 'b', 'c'];
  const done = await Promise.all(
    Array.from({ length: 60 }, (_, index) => {
      const [one = '', other = ''] = [names[index % 3], names[(index * 2 + 1) % 3]];
      return turns.take([one, other], async () => {
        await settled();
        return index;
      });
    }),
  );
  expect(done).toHaveLength(60);
});

test('a work that fails lets the next one begin, and work of nothing waits for nobody', async () => {
  const turns = createTurns();
  const notes: string[] = [];
  const [failing, next] = [workOf(notes, 'failing'), workOf(notes, 'next')];
  const failed = expect(turns.take(['a'], failing.work)).rejects.toThrow('failing');
  const answer = turns.take(['a'], next.work);
  expect(await turns.take([], async () => 'free')).toBe('free');
  failing.fail();
  await failed;
  next.end();
  expect(await answer).toBe('next');
});
