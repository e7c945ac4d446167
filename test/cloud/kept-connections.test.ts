import { expect, test } from 'vitest';
import { keptConnections } from '#cloud/kept-connections.ts';

test('connections are kept while requests follow one another', () => {
  let nowMs = 0;
  const next = keptConnections({ monotonicMs: () => nowMs });
  const first = next();
  for (nowMs = 20_000; nowMs <= 200_000; nowMs += 20_000) expect(next()).toBe(first);
});

test('a connection that a pause may have outlived is never used again', () => {
  let nowMs = 0;
  const next = keptConnections({ monotonicMs: () => nowMs });
  const first = next();
  nowMs = 60_000;
  const second = next();
  expect(second).not.toBe(first);
  expect(next()).toBe(second);
});
