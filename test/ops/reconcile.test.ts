import { describe, expect, test } from 'vitest';
import type { Reconciliation } from '#domain/reconciliation.ts';
import { type ReconcileAnswer, type ReconcileEvent, written } from '#wire/reconciliation-report.ts';
import { tellReconciliation } from '../../ops/reconcile.ts';

const finished: Reconciliation = {
  name: '2026-01-31',
  startMs: Date.parse('2026-01-31T00:00:00Z'),
  endMs: Date.parse('2026-02-01T00:00:00Z'),
  startedAtMs: Date.parse('2026-02-01T00:15:00Z'),
  finishedAtMs: Date.parse('2026-02-01T00:16:00Z'),
  place: { phase: 'finished' },
  groups: [
    {
      ...{ groupId: 'majors', runs: 1_200, trades: 3_400, changes: 9_000, toFrame: 77 },
      snapshot: { frame: 70, comparedAtFrame: 77, lines: 12 },
    },
    { groupId: 'alts', runs: 0, trades: 0, changes: 0, toFrame: 0, uncompared: 'no snapshot' },
  ],
  ...{ accounts: 1_234, entries: 56_789, runEntries: 9_000, differences: 0 },
  totals: [
    {
      asset: 'ETH',
      users: { available: 1_000n, withdrawing: 20n, frozen: { majors: 3n } },
      house: { 'house:vault': -1_023n },
      sum: 0n,
      vault: { units: 1_023n, source: 'ledger' },
    },
  ],
  unsettled: { accounts: 0, some: [] },
};

const difference = {
  ...{ kind: 'balance_available' as const, account: '0xa11ce', asset: 'ETH', what: 'available' },
  ...{ expected: '1000', found: '1001' },
  firstSeenAtMs: finished.startedAtMs,
  lastSeenAtMs: finished.startedAtMs,
};

const sound: ReconcileAnswer = {
  pass: written(finished),
  ...{ open: [], gone: [], waiting: { runs: 0 } },
};

/** What was typed, answered one after the other. */
async function typed(line: string, answers: ReconcileAnswer[]) {
  const asked: ReconcileEvent[] = [];
  const [said, complained]: [string[], string[]] = [[], []];
  const code = await tellReconciliation(line.split(' '), {
    reach: async () => ({
      async ask(event) {
        asked.push(event);
        return answers.shift() ?? sound;
      },
    }),
    say: (text) => said.push(text),
    complain: (text) => complained.push(text),
    pause: async () => undefined,
  });
  return { code, asked, said: said.join('\n'), complained: complained.join('\n') };
}

describe('the report of a day', () => {
  test('says what was looked at, every sum, and that there is no difference', async () => {
    const { code, asked, said } = await typed('reconcile --day 2026-01-31', [sound]);
    expect(asked).toEqual([{ type: 'report', name: '2026-01-31' }]);
    expect(code).toBe(0);
    for (const words of [
      'Reconciliation of 2026-01-31 (UTC): finished 2026-02-01T00:16:00Z',
      '1,234 compared with 56,789 entries',
      'majors: 1,200 in the period, with 3,400 trades and 9,000 entries',
      'snapshot of frame 70, rolled forward to frame 77',
      'alts: NOT COMPARED, no snapshot',
      'No differences.',
    ])
      expect(said).toContain(words);
    expect(said).toMatch(/users, frozen in majors +3\n/);
    expect(said).toMatch(/house:vault +-1,023\n/);
    expect(said).toMatch(/vault \(as the ledger says, now\) +1,023\n/);
  });

  test('ends with 1 where there is a difference, and says where it is', async () => {
    const { code, said } = await typed('reconcile', [{ ...sound, open: [difference] }]);
    expect(code).toBe(1);
    expect(said).toContain(
      'balance_available 0xa11ce ETH: available: expected 1000, found 1001; since 2026-02-01T00:15:00Z',
    );
  });

  test('ends with 1 where nobody has looked yet', async () => {
    const { code, said } = await typed('reconcile', [{ open: [], gone: [], waiting: { runs: 0 } }]);
    expect(code).toBe(1);
    expect(said).toContain('No day is reconciled yet');
  });

  test('names what was mended, with the times', async () => {
    const gone = { ...difference, goneAtMs: Date.parse('2026-02-01T03:00:00Z') };
    const { code, said } = await typed('reconcile', [{ ...sound, gone: [gone] }]);
    expect(code).toBe(0);
    expect(said).toContain('from 2026-02-01T00:15:00Z to 2026-02-01T03:00:00Z');
  });
});

describe('a pass of the present', () => {
  test('goes on step by step until it is finished, and says how far it is', async () => {
    const place = { phase: 'accounts' as const, shard: 3, after: '' };
    const going = { ...sound, pass: written({ ...finished, name: 'now', place }) };
    const { code, asked, complained } = await typed('reconcile --now --whole', [
      going,
      going,
      sound,
    ]);
    expect(code).toBe(0);
    expect(asked).toEqual([
      { type: 'reconcile_now', anew: true, whole: true },
      { type: 'reconcile_now', anew: false, whole: true },
      { type: 'reconcile_now', anew: false, whole: true },
    ]);
    expect(complained).toContain('1234 accounts');
  });

  test('is one JSON object where that is wanted', async () => {
    const { code, said } = await typed('reconcile --now --json', [
      { ...sound, open: [difference] },
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(said)).toMatchObject({ ok: false, open: [{ kind: 'balance_available' }] });
  });
});

test.each([
  ['reconcile --day yesterday', 'no day'],
  ['reconcile --day 2026-01-31 --now', 'Either'],
  ['reconcile --whole', '--whole is of a pass'],
  ['reconcile --stage moon', 'no stage'],
  ['reconcile --state x --stage dev', 'local cloud only'],
  ['reconcile --for-me', 'reconcile takes'],
])('%s is not understood, and nothing is asked', async (line, why) => {
  const { code, asked, complained } = await typed(line, []);
  expect([code, asked]).toEqual([2, []]);
  expect(complained).toContain(why);
});

describe('one owner, in the ledger and in the vault', () => {
  const account = `0x${'aB'.repeat(20)}`;
  const line = {
    ...{ asset: 'ETH', ledgerUnits: '12', unsettledUnits: '-3', dustAtoms: '7' },
    ...{ expectedAtoms: '150000000007', vaultAtoms: '150000000007' },
  };
  const none = { open: [], gone: [], waiting: { runs: 0 } };

  test('is equal to the atom, or is told apart', async () => {
    const equal = await typed(`reconcile --account ${account}`, [
      { ...none, vaultAccount: [line] },
    ]);
    expect(equal.asked).toEqual([{ type: 'account', account: account.toLowerCase() }]);
    expect(equal.code).toBe(0);
    expect(equal.said).toMatch(
      /ETH {2}150000000007 \(12 units, -3 of them waiting, 7 atoms.* equal/,
    );
    const differs = { ...line, vaultAtoms: '150000000006' };
    const wrong = await typed(`reconcile --account ${account}`, [
      { ...none, vaultAccount: [differs] },
    ]);
    expect(wrong.code).toBe(1);
    expect(wrong.said).toMatch(/150000000006 {2}DIFFERS/);
  });

  test('is asked for by an address alone, of a stage that has a vault', async () => {
    expect((await typed(`reconcile --account ${account} --now`, [])).code).toBe(2);
    expect((await typed('reconcile --account bob', [])).code).toBe(2);
    const without = await typed(`reconcile --account ${account}`, [none]);
    expect([without.code, without.complained]).toEqual([
      1,
      'This stage has no vault to compare with.',
    ]);
  });
});
