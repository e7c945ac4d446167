/** Compares what the ledger says an account has with what its entries add up to. */
import type { AccountBook, AssetBook, GroupBook } from './account-book.ts';
import type { AssetId } from './asset.ts';
import { isHouse } from './ledger-operation.ts';
import type { GroupId } from './market.ts';
import type { Difference, DifferenceKind } from './reconciliation.ts';

/** One asset's items of an account, all of one moment. */
export type MoneySeen = {
  asset: AssetId;
  availableUnits: bigint;
  demandedUnits: bigint;
  withdrawingUnits: bigint;
  grantableUnits: bigint;
  groups: Map<GroupId, CreditSeen>;
};

export type CreditSeen = {
  frozenUnits: bigint;
  /** Of the newest grant, cleared or not. */
  grantNumber: number;
  pending?: { grantNumber: number; units: bigint };
  /** The row by which a new leader finds the pending grant. */
  row?: { grantNumber: number; units: bigint };
  /** What the balance counts of this group. */
  lent: { grantNumber: number; grantedUnits: bigint; returnNumber: number; returnedUnits: bigint };
};

export const noCredit: CreditSeen = {
  frozenUnits: 0n,
  grantNumber: 0,
  lent: { grantNumber: 0, grantedUnits: 0n, returnNumber: 0, returnedUnits: 0n },
};

const noBook: AssetBook = {
  asset: '',
  availableUnits: 0n,
  withdrawingUnits: 0n,
  groups: new Map(),
};
const noGroup: GroupBook = {
  frozenUnits: 0n,
  toFrame: 0,
  grantNumber: 0,
  grantedUnits: 0n,
  returnNumber: 0,
  returnedUnits: 0n,
};
const noMoney: Omit<MoneySeen, 'asset'> = {
  availableUnits: 0n,
  demandedUnits: 0n,
  withdrawingUnits: 0n,
  grantableUnits: 0n,
  groups: new Map(),
};

type Compare = (
  kind: DifferenceKind,
  what: string,
  expected: bigint | number,
  found: bigint | number,
) => void;

/** Every difference between an account's items, seen at one moment, and its entries until then. */
export function compareAccount(
  account: string,
  seen: ReadonlyMap<AssetId, MoneySeen>,
  book: AccountBook,
  /** The vault's line is what all others hold together, negative. */
  vault: string,
): Difference[] {
  const found: Difference[] = [];
  const assets = [...new Set([...seen.keys(), ...book.assets.keys()])].sort();
  for (const asset of assets) {
    const money = seen.get(asset) ?? { asset, ...noMoney };
    const entries = book.assets.get(asset) ?? { ...noBook, asset };
    const comparing =
      (groupId?: GroupId): Compare =>
      (kind, what, expected, actual) => {
        if (expected === actual) return;
        const where = { account, asset, ...(groupId === undefined ? {} : { groupId }) };
        found.push({ kind, what, ...where, expected: String(expected), found: String(actual) });
      };
    compareBalance(account, money, entries, comparing());
    for (const groupId of [...new Set([...money.groups.keys(), ...entries.groups.keys()])].sort()) {
      const credit = money.groups.get(groupId) ?? noCredit;
      compareCredit(credit, entries.groups.get(groupId) ?? noGroup, comparing(groupId));
    }
    found.push(...negativesOf(account, money, account === vault));
  }
  return found;
}

function compareBalance(
  account: string,
  money: MoneySeen,
  book: AssetBook,
  compare: Compare,
): void {
  let pendingUnits = 0n;
  for (const { pending } of money.groups.values()) pendingUnits += pending?.units ?? 0n;
  compare(
    'balance_available',
    'available and pending grants, as entries add up',
    book.availableUnits,
    money.availableUnits + pendingUnits,
  );
  compare(
    'balance_withdrawing',
    'withdrawing, as entries add up',
    book.withdrawingUnits,
    money.withdrawingUnits,
  );
  compare(
    'balance_grantable',
    'available less demanded',
    money.availableUnits - money.demandedUnits,
    money.grantableUnits,
  );
  if (isHouse(account))
    compare('balance_demanded', 'demanded of the house', 0n, money.demandedUnits);
}

function compareCredit(credit: CreditSeen, book: GroupBook, compare: Compare): void {
  const { lent, pending, row } = credit;
  compare('credit_frozen', 'frozen, as entries add up', book.frozenUnits, credit.frozenUnits);

  // A pending grant is the one behind the last that a run took in; without one, nothing was granted since.
  const newest = book.grantNumber + (pending ? 1 : 0);
  compare('credit_pending', 'number of the newest grant', newest, credit.grantNumber);
  if (pending)
    compare('credit_pending', 'number of the pending grant', newest, pending.grantNumber);
  compare(
    'pending_row',
    'number of the row of the pending grant',
    pending?.grantNumber ?? 0,
    row?.grantNumber ?? 0,
  );
  compare(
    'pending_row',
    'units of the row of the pending grant',
    pending?.units ?? 0n,
    row?.units ?? 0n,
  );

  compare('lent_counter', 'number of the newest grant', newest, lent.grantNumber);
  compare(
    'lent_counter',
    'units of the newest grant',
    pending?.units ?? book.grantedUnits,
    lent.grantedUnits,
  );
  compare('lent_counter', 'number of the newest return', book.returnNumber, lent.returnNumber);
  compare(
    'lent_counter',
    'units returned, as entries add up',
    book.returnedUnits,
    lent.returnedUnits,
  );
}

/** What may never be below zero, of anybody but the vault's line. */
function negativesOf(account: string, money: MoneySeen, isVault: boolean): Difference[] {
  const amounts: [what: string, units: bigint, groupId?: GroupId][] = [
    ...(isVault ? [] : [['available', money.availableUnits] as [string, bigint]]),
    ['withdrawing', money.withdrawingUnits],
    ['demanded', money.demandedUnits],
    ...[...money.groups].flatMap(([groupId, credit]): [string, bigint, GroupId][] => [
      ['frozen', credit.frozenUnits, groupId],
      ['pending', credit.pending?.units ?? 0n, groupId],
    ]),
  ];
  return amounts
    .filter(([, units]) => units < 0n)
    .map(([what, units, groupId]) => ({
      ...{ kind: 'balance_negative', what, account, asset: money.asset },
      ...(groupId === undefined ? {} : { groupId }),
      ...{ expected: 'at least 0', found: String(units) },
    }));
}
