/** The images: nothing is run while building, and nothing runs as root. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const containers = readdirSync('containers');

test('there is an image for each container', () => {
  expect(containers.sort()).toEqual(['bots', 'matcher']);
});

test.each(containers)('the image of %s builds on any machine and does not run as root', (name) => {
  const lines = readFileSync(`containers/${name}/Dockerfile`, 'utf8').split('\n');
  expect(lines.filter((line) => /^RUN\b/.test(line))).toEqual([]);
  expect(lines).toContain('USER node');
  expect(lines.findLastIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
    lines.findLastIndex((line) => line.startsWith('COPY')),
  );
});
