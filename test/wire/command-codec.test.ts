import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '#wire/byte-writer.ts';
import { command, event } from '#wire/command-codec.ts';
import { anyCommand, anyEvent } from './journal-arbitraries.ts';

const page = readFileSync(new URL('../../docs/journal.md', import.meta.url), 'utf8');
/** Rows of `| tag | command | tag | event |`; version 1's are not read any more. */
const rows = [...page.matchAll(/^\| (\d*) \| ([a-z_]*) \| (\d*) \| ([a-z_]*) \|$/gm)];
const stated = (tagAt: 1 | 3) =>
  Object.fromEntries(
    rows.flatMap((row) => (row[tagAt] ? [[row[tagAt + 1], Number(row[tagAt])]] : [])),
  );

/** An order by a session key's leave has a tag of its own. */
const nameOf = (value: { type: string }): string =>
  'delegation' in value ? `${value.type}_delegated` : value.type;

/** The first byte that each type is written with. */
function tagsOf<T extends { type: string }>(
  codec: { write(to: ByteWriter, value: T): void },
  values: T[],
): Record<string, number | undefined> {
  return Object.fromEntries(
    values.map((value) => {
      const bytes = new ByteWriter();
      codec.write(bytes, value);
      return [nameOf(value), bytes.take()[0]];
    }),
  );
}

test('every command and event has the tag that docs/journal.md states, and none of version 1', () => {
  const commands = tagsOf(command, fc.sample(anyCommand, { numRuns: 500, seed: 1 }));
  const events = tagsOf(event, fc.sample(anyEvent, { numRuns: 500, seed: 1 }));
  expect(stated(1)).toEqual(commands);
  expect(stated(3)).toEqual(events);
  expect(Object.keys(commands)).toHaveLength(14);
  expect(Object.keys(events)).toHaveLength(10);
});
