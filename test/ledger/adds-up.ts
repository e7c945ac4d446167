/** What must hold of a ledger at any time, whatever was done to it. */
import { expect } from 'vitest';
import type { Balance, LedgerEntry } from '#cloud/ledger-store.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { houseAccounts } from '#wire/table-keys.ts';
import { entriesOf, type LedgerUnderTest } from './ledger-under-test.ts';

/** Nothing is made or lost, by the balances and by the entries; and both say the same of every account. */
export async function addsUp(at: LedgerUnderTest): Promise<void> {
  for (const { asset, units } of await at.ledger.sums())
    expect([asset, units]).toEqual([asset, 0n]);
  const entries: LedgerEntry[] = [];
  for (const account of [...(await at.accounts()), ...houseAccounts]) {
    const own = await entriesOf(at.ledger, account);
    const balances = await at.ledger.balances(account);
    tellTheSame(account, own, balances);
    const lent = balances.filter(({ credit }) => credit.length > 0).map(({ asset }) => asset);
    if (!isHouse(account)) afterEachOther(own, lent);
    entries.push(...own);
  }
  balancedByEvent(entries);
}

const sum = (values: readonly bigint[]): bigint => values.reduce((all, each) => all + each, 0n);
const of = (entries: readonly LedgerEntry[], asset: string) =>
  entries.filter((entry) => entry.asset === asset);

function tellTheSame(
  account: string,
  entries: readonly LedgerEntry[],
  balances: readonly Balance[],
): void {
  const assets = new Set([...entries, ...balances].map(({ asset }) => asset));
  for (const asset of assets) {
    const own = of(entries, asset);
    const balance = balances.find((each) => each.asset === asset);
    const credit = balance?.credit ?? [];
    expect({
      ...{ account, asset },
      // A grant has left available, and the run that clears it tells so.
      available: (balance?.available ?? 0n) + sum(credit.map(({ pending }) => pending)),
      withdrawing: balance?.withdrawing ?? 0n,
      frozen: sum(credit.map(({ frozen }) => frozen)),
    }).toEqual({
      ...{ account, asset },
      available: sum(own.map(({ availableUnits }) => availableUnits)),
      withdrawing: sum(own.map(({ withdrawingUnits }) => withdrawingUnits)),
      frozen: sum(own.map(({ frozenUnits }) => frozenUnits)),
    });
  }
}

/** Each balance after is the one before and what the entry changed; available also changes by grants, which no operation tells. */
function afterEachOther(entries: readonly LedgerEntry[], lent: readonly string[]): void {
  for (const asset of new Set(entries.map((entry) => entry.asset))) {
    const operations = of(entries, asset).filter(({ business }) => business !== 'clearing');
    let withdrawing = 0n;
    let available = 0n;
    for (const entry of operations) {
      withdrawing += entry.withdrawingUnits;
      available += entry.availableUnits;
      expect([entry.businessId, entry.withdrawingAfterUnits]).toEqual([
        entry.businessId,
        withdrawing,
      ]);
      expect(entry.availableAfterUnits).toBeGreaterThanOrEqual(0n);
      if (!lent.includes(asset))
        expect([entry.businessId, entry.availableAfterUnits]).toEqual([
          entry.businessId,
          available,
        ]);
    }
  }
}

/** Both sides of an operation, all sides of a run. */
function balancedByEvent(entries: readonly LedgerEntry[]): void {
  const sums = new Map<string, bigint>();
  for (const entry of entries) {
    const key = `${entry.businessId} ${entry.asset}`;
    const moved = entry.availableUnits + entry.withdrawingUnits + entry.frozenUnits;
    sums.set(key, (sums.get(key) ?? 0n) + moved);
  }
  for (const [key, units] of sums) expect([key, units]).toEqual([key, 0n]);
}
