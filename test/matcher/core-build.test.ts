/** What is committed of the core is what its source comes to. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildCore } from '../../containers/matcher/build-core.ts';

const committed = (name: string) =>
  readFileSync(new URL(`../../containers/matcher/engine/fast/${name}`, import.meta.url), 'utf8');

test('the core that is committed is the one that its source compiles to', {
  timeout: 240_000,
}, async () => {
  const { binary, layout } = await buildCore();
  expect(committed('core-layout.ts')).toBe(layout);
  expect(committed('core-binary.ts')).toBe(binary);
});
