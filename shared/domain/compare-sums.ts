/** Compares an account's kept sums with its entries. */
import { type AccountBook, frozenIn } from './account-book.ts';
import type { Difference } from './reconciliation.ts';

/** Kept sums against what all entries until then add up to. */
export function compareSums(
  { day, book }: { day: string; book: AccountBook },
  whole: AccountBook,
): Difference[] {
  const { account } = whole;
  const assets = new Set([...book.assets.keys(), ...whole.assets.keys()]);
  return [...assets].sort().flatMap((asset) => {
    const kept = book.assets.get(asset);
    const entries = whole.assets.get(asset);
    const told: [what: string, expected: bigint, found: bigint][] = [
      ['available', entries?.availableUnits ?? 0n, kept?.availableUnits ?? 0n],
      ['withdrawing', entries?.withdrawingUnits ?? 0n, kept?.withdrawingUnits ?? 0n],
      ['frozen', entries ? frozenIn(entries) : 0n, kept ? frozenIn(kept) : 0n],
      ...[...(kept?.groups ?? [])].map(([groupId, group]): [string, bigint, bigint] => {
        const { returnedUnits = 0n } = entries?.groups.get(groupId) ?? {};
        return [`returned by ${groupId}`, returnedUnits, group.returnedUnits];
      }),
    ];
    return told
      .filter(([, expected, found]) => expected !== found)
      .map(([what, expected, found]) => ({
        ...{ kind: 'sums', account, asset, what: `through ${day}: ${what}` },
        ...{ expected: String(expected), found: String(found) },
      }));
  });
}
