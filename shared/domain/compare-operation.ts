/** Compares an operation's entry with the operation itself, and withdrawals with what is demanded and set aside for them. */
import type { BookedEntry } from './account-book.ts';
import type { AssetId } from './asset.ts';
import type { MoneySeen } from './compare-account.ts';
import { type PostedOperation, type Posting, postingsOf } from './ledger-operation.ts';
import type { Difference } from './reconciliation.ts';

/** `operation` is undefined where there is none of the entry's business id. */
export function compareOperation(
  entry: BookedEntry,
  operation: PostedOperation | undefined,
  vault: string,
): Difference[] {
  const { account, asset } = entry;
  const difference = (what: string, expected: unknown, found: unknown): Difference => ({
    ...{ kind: 'operation', account, asset, what: `${entry.entryId} ${what}` },
    ...{ expected: String(expected), found: String(found) },
  });
  if (!operation) return [difference('operation', entry.businessId, 'none')];
  const posting: Posting | undefined = postingsOf(operation, vault).find(
    (each) => each.account === account && each.asset === asset,
  );
  if (!posting) return [difference('side', `one of ${operation.kind}`, account)];
  const told: [what: string, expected: unknown, found: unknown][] = [
    ['kind', operation.kind, entry.business],
    ['available', posting.availableUnits, entry.availableUnits],
    ['withdrawing', posting.withdrawingUnits, entry.withdrawingUnits],
    ['counterparty', posting.counterparty, entry.counterparty],
    ['time', operation.atMs, entry.atMs],
  ];
  return told
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => difference(what, expected, found));
}

export type WithdrawalSeen = { asset: AssetId; units: bigint; status: string };

/** All withdrawals of an account against its balances. */
export function compareWithdrawals(
  account: string,
  seen: ReadonlyMap<AssetId, MoneySeen>,
  withdrawals: readonly WithdrawalSeen[],
): Difference[] {
  const assets = new Set([...seen.keys(), ...withdrawals.map(({ asset }) => asset)]);
  return [...assets].sort().flatMap((asset) => {
    const sumOf = (status: string) =>
      withdrawals
        .filter((each) => each.asset === asset && each.status === status)
        .reduce((all, { units }) => all + units, 0n);
    const money = seen.get(asset);
    const told: [kind: Difference['kind'], what: string, expected: bigint, found: bigint][] = [
      [
        'balance_demanded',
        'demanded, as withdrawals add up',
        sumOf('demanded'),
        money?.demandedUnits ?? 0n,
      ],
      [
        'withdrawal',
        'withdrawing, as held withdrawals add up',
        sumOf('held'),
        money?.withdrawingUnits ?? 0n,
      ],
    ];
    return told
      .filter(([, , expected, found]) => expected !== found)
      .map(([kind, what, expected, found]) => ({
        ...{ kind, account, asset, what },
        ...{ expected: String(expected), found: String(found) },
      }));
  });
}
