/** Checks an account's entries against each other while they are folded into its book. */
import {
  type AccountBook,
  addEntry,
  assetIn,
  type BookedEntry,
  copyOfBook,
  runOf,
} from './account-book.ts';
import type { AssetId } from './asset.ts';
import { isHouse } from './ledger-operation.ts';
import { LentSums } from './lent-sums.ts';
import type { GroupId } from './market.ts';
import type { Difference, DifferenceKind } from './reconciliation.ts';

/** The operations of an asset that say what was available after them, with the sum of all operations until then. */
type Operated = {
  sumUnits: bigint;
  told: { entry: BookedEntry; sumUnits: bigint }[];
  lent: LentSums;
};

export class EntryCheck {
  readonly book: AccountBook;
  readonly #found: Difference[] = [];
  readonly #operated = new Map<AssetId, Operated>();
  /** What the newest entry says is frozen in a group, or is set aside: the next one goes on from there. */
  readonly #chains = new Map<string, bigint>();

  /** The book is added to. */
  constructor(book: AccountBook) {
    this.book = book;
  }

  /** Another one that goes on from here, while this one stays as it is. */
  fork(): EntryCheck {
    const fork = new EntryCheck(copyOfBook(this.book));
    fork.#found.push(...this.#found);
    for (const [asset, { sumUnits, told, lent }] of this.#operated)
      fork.#operated.set(asset, { sumUnits, told: [...told], lent: lent.fork() });
    for (const [name, units] of this.#chains) fork.#chains.set(name, units);
    return fork;
  }

  /** The entries behind the book's, in the order of their ids. */
  add(entry: BookedEntry): void {
    const run = runOf(entry);
    if (run) this.#addRun(entry, run);
    else this.#addOperation(entry);
    addEntry(this.book, entry);
  }

  /** What is wrong with them; `pendingUnits` are those of a grant that no run took in yet, of any of `groupsOf` an asset. */
  differences(
    pendingUnits: (asset: AssetId, groupId: GroupId) => bigint,
    groupsOf: (asset: AssetId) => Iterable<GroupId> = () => [],
  ): Difference[] {
    const found = [...this.#found];
    for (const [asset, { told, lent }] of this.#operated) {
      if (told.length === 0) continue;
      const mayBe = lent.reachable((groupId) => pendingUnits(asset, groupId), groupsOf(asset));
      for (const { entry, sumUnits } of told) {
        const actual = entry.availableAfterUnits ?? 0n;
        if (mayBe(actual - sumUnits)) continue;
        const expected = `${sumUnits} but for what was lent by then`;
        found.push(difference('entry_after', entry, { what: 'available after', expected, actual }));
      }
    }
    return found;
  }

  #addRun(entry: BookedEntry, { groupId, toFrame }: { groupId: GroupId; toFrame: number }): void {
    const before = assetIn(this.book, entry.asset).groups.get(groupId);
    const grantedUnits = entry.granted?.units ?? 0n;
    const returnedUnits = entry.returned?.units ?? 0n;
    const tradedUnits = entry.trades.reduce((all, line) => all + line.units - line.feeUnits, 0n);
    if (before && toFrame <= before.toFrame) {
      const what = 'of a run that it has an entry of, or of an earlier one';
      const expected = `a run behind frame ${before.toFrame}`;
      this.#found.push(difference('entry_extra', entry, { what, expected, actual: toFrame }));
    }
    const same = (what: string, expected: bigint | number, actual: bigint | number) =>
      this.#same('entry_units', entry, { what, expected, actual });
    same('available', returnedUnits - grantedUnits, entry.availableUnits);
    same('frozen', grantedUnits - returnedUnits + tradedUnits, entry.frozenUnits);
    same('withdrawing', 0n, entry.withdrawingUnits);
    if (entry.granted)
      same('grant number', (before?.grantNumber ?? 0) + 1, entry.granted.grantNumber);
    this.#chain(entry, `${entry.asset} ${groupId}`, before?.frozenUnits ?? 0n, {
      ...{ what: 'frozen after', actual: entry.frozenAfterUnits, by: entry.frozenUnits },
    });
    if (!isHouse(this.book.account))
      this.#operatedOf(entry.asset).lent.add(groupId, { grantedUnits, returnedUnits });
  }

  #addOperation(entry: BookedEntry): void {
    this.#same('entry_units', entry, { what: 'frozen', expected: 0n, actual: entry.frozenUnits });
    const { withdrawingUnits } = assetIn(this.book, entry.asset);
    this.#chain(entry, `${entry.asset} withdrawing`, withdrawingUnits, {
      what: 'withdrawing after',
      actual: entry.withdrawingAfterUnits,
      by: entry.withdrawingUnits,
    });
    const operated = this.#operatedOf(entry.asset);
    operated.sumUnits += entry.availableUnits;
    if (entry.availableAfterUnits !== undefined)
      operated.told.push({ entry, sumUnits: operated.sumUnits });
  }

  #operatedOf(asset: AssetId): Operated {
    const known = this.#operated.get(asset);
    if (known) return known;
    const sumUnits = assetIn(this.book, asset).availableUnits;
    const fresh = { sumUnits, told: [], lent: new LentSums() };
    this.#operated.set(asset, fresh);
    return fresh;
  }

  #chain(
    entry: BookedEntry,
    name: string,
    beforeUnits: bigint,
    { what, actual, by }: { what: string; actual: bigint | undefined; by: bigint },
  ): void {
    if (actual === undefined) return;
    const expected = (this.#chains.get(name) ?? beforeUnits) + by;
    this.#same('entry_after', entry, { what, expected, actual });
    this.#chains.set(name, actual);
  }

  #same(kind: DifferenceKind, entry: BookedEntry, told: Told): void {
    if (told.expected !== told.actual) this.#found.push(difference(kind, entry, told));
  }
}

type Told = { what: string; expected: unknown; actual: unknown };

const difference = (
  kind: DifferenceKind,
  { account, asset, entryId }: BookedEntry,
  { what, expected, actual }: Told,
): Difference => ({
  ...{ kind, account, asset, what: `${entryId} ${what}` },
  ...{ expected: String(expected), found: String(actual) },
});
