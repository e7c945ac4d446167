import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addEntry, type BookedEntry, copyOfBook, emptyBook, owedIn } from '#domain/account-book.ts';
import { EntryCheck } from '#domain/check-entries.ts';
import { compareAccount, type MoneySeen, noCredit } from '#domain/compare-account.ts';
import { compareOperation } from '#domain/compare-operation.ts';
import type { PostedOperation } from '#domain/ledger-operation.ts';

const account = '0xa11ce';
const asset = 'ETH';
const vault = 'house:vault';
const groups = ['majors', 'alts'] as const;

type Step =
  | { what: 'operate'; units: number }
  | { what: 'grant' | 'clear' | 'return'; group: (typeof groups)[number]; units: number };

const group = fc.constantFrom(...groups);
const thousands = fc.integer({ min: 1, max: 50 }).map((each) => each * 1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constant('operate' as const), units: thousands }),
  fc.record({ what: fc.constant('grant' as const), group, units: thousands }),
  fc.record({ what: fc.constant('clear' as const), group, units: fc.constant(0) }),
  fc.record({ what: fc.constant('return' as const), group, units: thousands }),
);

type Credit = {
  frozen: bigint;
  pending: bigint;
  grantNumber: number;
  granted: bigint;
  returnNumber: number;
  returned: bigint;
  runs: number;
};

/** What a ledger writes of one account: entries with the time of their frames, which are cleared late. */
function written(steps: readonly Step[]): { entries: BookedEntry[]; money: MoneySeen } {
  let available = 1_000_000n;
  const entries: BookedEntry[] = [operation(1, available, available)];
  const credits = new Map<string, Credit>();
  for (const each of groups)
    credits.set(each, {
      ...{ frozen: 0n, pending: 0n, grantNumber: 0, granted: 0n },
      ...{ returnNumber: 0, returned: 0n, runs: 0 },
    });
  steps.forEach((each, nth) => {
    const units = BigInt(each.units);
    const atMs = 1_000 * (nth + 2);
    if (each.what === 'operate') {
      available += units;
      entries.push(operation(atMs, units, available));
      return;
    }
    const credit = credits.get(each.group) as Credit;
    if (each.what === 'grant') {
      if (credit.pending > 0n || available < units) return;
      available -= units;
      credit.pending = units;
      credit.grantNumber += 1;
      credit.granted = units;
      return;
    }
    const returned = each.what === 'return' && credit.frozen >= units ? units : 0n;
    if (returned === 0n && credit.pending === 0n) return;
    available += returned;
    credit.runs += 1;
    credit.returnNumber += returned > 0n ? 1 : 0;
    credit.returned += returned;
    credit.frozen += credit.pending - returned;
    entries.push({
      ...{ entryId: '', account, asset, business: 'clearing' },
      // The frame is older than the moment at which its run is cleared.
      ...{ atMs: atMs - 3_500, businessId: `${each.group}#${credit.runs}` },
      ...{ availableUnits: returned - credit.pending, withdrawingUnits: 0n },
      ...{ frozenUnits: credit.pending - returned, frozenAfterUnits: credit.frozen },
      ...(credit.pending > 0n
        ? { granted: { grantNumber: credit.grantNumber, units: credit.pending } }
        : {}),
      ...(returned > 0n
        ? { returned: { returnNumber: credit.returnNumber, units: returned } }
        : {}),
      trades: [],
    });
    credit.pending = 0n;
  });
  const inOrder = [...entries].sort((one, other) => one.atMs - other.atMs);
  const seen = [...credits].map(([groupId, each]) => {
    const { frozen: frozenUnits, grantNumber, granted, returnNumber, returned, pending } = each;
    const grant = pending > 0n ? { grantNumber, units: pending } : undefined;
    const lent = { grantNumber, grantedUnits: granted, returnNumber, returnedUnits: returned };
    const credit = {
      frozenUnits,
      grantNumber,
      lent,
      ...(grant ? { pending: grant, row: grant } : {}),
    };
    return [groupId, credit] as const;
  });
  return {
    entries: inOrder.map((entry, nth) => ({ ...entry, entryId: String(nth).padStart(4, '0') })),
    money: {
      ...{ asset, availableUnits: available, demandedUnits: 0n, withdrawingUnits: 0n },
      grantableUnits: available,
      groups: new Map(seen),
    },
  };
}

const operation = (atMs: number, units: bigint, after: bigint): BookedEntry => ({
  ...{ entryId: '', account, asset, atMs, business: 'deposit', businessId: `deposit-${atMs}` },
  ...{ availableUnits: units, withdrawingUnits: 0n, frozenUnits: 0n },
  ...{ availableAfterUnits: after, withdrawingAfterUnits: 0n, counterparty: vault, trades: [] },
});

function foundIn({ entries, money }: ReturnType<typeof written>) {
  const check = new EntryCheck(emptyBook(account));
  for (const entry of entries) check.add(entry);
  const pendingUnits = (_: string, groupId: string) =>
    money.groups.get(groupId)?.pending?.units ?? 0n;
  return [
    ...check.differences(pendingUnits, () => groups),
    ...compareAccount(account, new Map([[asset, money]]), check.book, vault),
  ];
}

describe('whatever is granted, returned and cleared late in two groups', () => {
  const steps = fc.array(step, { maxLength: 40, size: 'max' });

  test('entries and items agree', () => {
    fc.assert(
      fc.property(steps, (each) => {
        expect(foundIn(written(each))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('one unit more after any entry is found', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (each, n) => {
        const world = written(each);
        const entry = world.entries[n % world.entries.length] as BookedEntry;
        const name =
          entry.availableAfterUnits === undefined ? 'frozenAfterUnits' : 'availableAfterUnits';
        entry[name] = (entry[name] ?? 0n) + 1n;
        expect(foundIn(world)).toContainEqual(expect.objectContaining({ kind: 'entry_after' }));
      }),
    );
  });

  test('a missing entry is found', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (each, n) => {
        const world = written(each);
        world.entries.splice(n % world.entries.length, 1);
        expect(foundIn(world)).not.toEqual([]);
      }),
    );
  });
});

test('a check that is forked goes on by itself', () => {
  const { entries } = written([{ what: 'operate', units: 5 }]);
  const check = new EntryCheck(emptyBook(account));
  check.add(entries[0] as BookedEntry);
  const fork = check.fork();
  fork.add(entries[1] as BookedEntry);
  expect([check.book.entries, fork.book.entries]).toEqual([1, 2]);
});

test('a copied book does not change with the first', () => {
  const book = emptyBook(account);
  const copy = copyOfBook(book);
  for (const entry of written([]).entries) addEntry(book, entry);
  expect([copy.assets.size, owedIn(book.assets.get(asset) as never)]).toEqual([0, 1_000_000n]);
});

test("the vault's line may be below zero, and no other", () => {
  const money: MoneySeen = {
    ...{ asset, availableUnits: -5n, demandedUnits: 0n, withdrawingUnits: 0n, grantableUnits: -5n },
    groups: new Map([['majors', { ...noCredit }]]),
  };
  const kinds = (owner: string) =>
    compareAccount(owner, new Map([[asset, money]]), emptyBook(owner), vault).map(
      ({ kind }) => kind,
    );
  expect(kinds(vault)).toEqual(['balance_available']);
  expect(kinds('house:dust')).toEqual(['balance_available', 'balance_negative']);
});

describe('an entry is compared with its operation', () => {
  const posted: PostedOperation = {
    ...{ kind: 'deposit', account, asset, units: 7n as never, operationId: 'd', atMs: 9 },
  };
  const entry = { ...operation(9, 7n, 7n), entryId: 'x', businessId: 'd' };
  const told = (of: PostedOperation | undefined, changed: Partial<BookedEntry> = {}) =>
    compareOperation({ ...entry, ...changed }, of, vault).map(({ what }) => what);

  test('and agrees', () => expect(told(posted)).toEqual([]));
  test.each([
    ['amount', { availableUnits: 8n }, 'x available'],
    ['other side', { counterparty: account }, 'x counterparty'],
    ['kind', { business: 'transfer' }, 'x kind'],
    ['time', { atMs: 10 }, 'x time'],
    ['account', { account: '0xb0b' }, 'x side'],
  ])('another %s is told', (_, changed, what) => expect(told(posted, changed)).toEqual([what]));
  test('no operation is told', () => expect(told(undefined)).toEqual(['x operation']));
});
