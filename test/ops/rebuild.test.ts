import { describe, expect, test } from 'vitest';
import { readRebuildWish, rebuildBy } from '../../ops/rebuild.ts';
import { rebuildLines } from '../../ops/rebuild-report.ts';

const sound = {
  ...{ ok: true, isWhole: true, operations: 12, copied: 3, rounds: 1, ms: 1_234 },
  groups: [{ groupId: 'majors', frame: 77, runs: 9 }],
  compared: { ENTRIES: 40, ACCOUNT: 8 },
  ...{ differences: [], unsettled: [] },
};

describe('what a rebuild found is told', () => {
  test('in a few lines where all is the same', () => {
    expect(rebuildLines(sound)).toEqual([
      'Built anew from 12 operations and the journals of majors in 1.2 s',
      '  majors: 9 runs to frame 77',
      '  48 items compared (8 account, 40 entries), 3 copied, 1 looks at what moved meanwhile',
      'The same, item by item.',
    ]);
  });

  test('difference by difference, with both values, and what is there too much or too little', () => {
    const name = { pk: 'ACCOUNT#0xa11ce', sk: 'BALANCE#ETH' };
    const differences = [
      { ...name, attribute: 'available', live: '13', rebuilt: '12' },
      { ...name, attribute: 'demanded', live: '5' },
      { pk: 'RUNS#majors', sk: '7', attribute: '', rebuilt: 'there' },
      { pk: 'ENTRIES#0xa11ce', sk: '9', attribute: '', live: 'there' },
    ];
    expect(rebuildLines({ ...sound, ok: false, differences }).slice(3)).toEqual([
      'DIFFERS ACCOUNT#0xa11ce BALANCE#ETH: available is 13, rebuilt 12',
      'DIFFERS ACCOUNT#0xa11ce BALANCE#ETH: demanded is 5, rebuilt nothing',
      'DIFFERS RUNS#majors 7: missing, it must be there',
      'DIFFERS ENTRIES#0xa11ce 9: there, and nothing accounts for it',
      '4 differences. What to do: docs/operations/rebuild-ledger.md',
    ]);
  });

  test('with the first hundred of many', () => {
    const one = { pk: 'x', sk: 'y', attribute: 'z', live: '1', rebuilt: '2' };
    const lines = rebuildLines({ ...sound, ok: false, differences: Array(130).fill(one) });
    expect(lines.at(-2)).toBe('  … and 30 more: --json has them all');
  });

  test('as interrupted where it was', () => {
    expect(rebuildLines({ ...sound, ok: false, isWhole: false }).at(-1)).toMatch(/^Interrupted/);
  });
});

describe('rebuild-ledger', () => {
  test('takes a stage, a local state, and says what it does not know', () => {
    expect(readRebuildWish(['rebuild-ledger', '--verify', '--stage', 'prod', '--json'])).toEqual({
      ...{ stage: 'prod', yes: false, json: true },
    });
    expect(() => readRebuildWish(['rebuild-ledger'])).toThrow('say --verify');
    expect(() => readRebuildWish(['rebuild-ledger', '--verify', 'now'])).toThrow('"now"');
    expect(() => readRebuildWish(['rebuild-ledger', '--verify', '--stage', 'x'])).toThrow('"x"');
    const words = ['rebuild-ledger', '--verify', '--stage', 'dev', '--state', 'x'];
    expect(() => readRebuildWish(words)).toThrow('of a local cloud only');
  });

  test('ends with 2 where it was not understood, 1 where nobody answers', async () => {
    const said: string[] = [];
    const ports = {
      reach: async () => {
        throw Object.assign(new Error('connect 127.0.0.1:1'), { code: 'ECONNREFUSED' });
      },
      ask: async () => undefined,
      say: (line: string) => said.push(line),
      complain: (line: string) => said.push(line),
      nowMs: () => 0,
      interrupted: new AbortController().signal,
    };
    expect(await rebuildBy(['rebuild-ledger'], ports)).toBe(2);
    expect(await rebuildBy(['rebuild-ledger', '--verify'], ports)).toBe(1);
    expect(said.at(-1)).toContain('does the local cloud run?');
    expect(await rebuildBy(['rebuild-ledger', '--verify', '--json'], ports)).toBe(1);
    expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({ rebuild: 'ledger', ok: false });
  });
});
