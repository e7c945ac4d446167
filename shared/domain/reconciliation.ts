/** What a reconciliation looks at, what it finds, and what it says at its end. */
import type { AssetId } from './asset.ts';
import type { GroupId } from './market.ts';

/** Where something does not add up. On disk: none is renamed. */
export const differenceKinds = [
  // An account's balance and credit, against its entries.
  'balance_available',
  'balance_withdrawing',
  'balance_grantable',
  'balance_demanded',
  'balance_negative',
  'credit_frozen',
  'credit_pending',
  'pending_row',
  'lent_counter',
  // Entries, against each other and what they are of.
  'entry_units',
  'entry_after',
  'entry_missing',
  'entry_extra',
  'operation',
  'withdrawal',
  'sums',
  // Runs, against the journal.
  'run_item',
  'run_entries',
  'run_order',
  // The whole.
  'assets_do_not_cancel',
  'engine_credit',
  'vault',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** One thing that is not what it should be; `expected` and `found` as people read them: amounts in units. */
export type Difference = {
  kind: DifferenceKind;
  /** What is compared, in words that name it for ever: the same difference found again has the same. */
  what: string;
  account?: string;
  asset?: AssetId;
  groupId?: GroupId;
  expected: string;
  found: string;
  /** In what sums stand for: only a pass that reads every entry sees it, so only such a pass can say that it is gone. */
  isOld?: true;
};

/** Names a difference, wherever and whenever it is found. */
export const differenceName = ({ kind, account, asset, groupId, what }: Difference): string =>
  [kind, account, asset, groupId, what].filter((each) => each !== undefined).join('#');

/** A difference as it is kept. */
export type KeptDifference = Difference & {
  firstSeenAtMs: number;
  lastSeenAtMs: number;
  /** When a look no longer found it. */
  goneAtMs?: number;
};

/** Sums of an asset at the end of the period, in units. */
export type AssetTotals = {
  asset: AssetId;
  users: { available: bigint; withdrawing: bigint; frozen: Record<GroupId, bigint> };
  house: Record<string, bigint>;
  /** Over all accounts: 0. */
  sum: bigint;
  vault?: { units: bigint; source: string };
};

/** What was looked at of a pair group. */
export type GroupTotals = {
  groupId: GroupId;
  /** Runs that ended in the period, their trades, and how many entries they must have left. */
  runs: number;
  trades: number;
  changes: number;
  /** The newest run that was looked at. */
  toFrame: number;
  /** The newest snapshot that was compared, and the frame to which it was rolled forward. */
  snapshot?: { frame: number; comparedAtFrame: number; lines: number };
  /** Why no snapshot was compared. */
  uncompared?: string;
};

export type Place =
  | { phase: 'waiting'; why: string }
  | { phase: 'runs'; groupId: GroupId }
  | { phase: 'accounts'; shard: number; after: string }
  | { phase: 'finished' };

/** One pass over all runs and accounts: of a day (UTC, such as 2026-01-31), or `now`. */
export type Reconciliation = {
  name: string;
  /** Entries of this time are summed: from `startMs`, before `endMs`. */
  startMs: number;
  endMs: number;
  startedAtMs: number;
  finishedAtMs?: number;
  /** Every account's entries are read from the first one on, and kept sums are compared with them too. */
  isWhole?: true;
  place: Place;
  groups: GroupTotals[];
  accounts: number;
  entries: number;
  /** Entries of runs in the period. */
  runEntries: number;
  totals: AssetTotals[];
  differences: number;
  /** Accounts that never stood still long enough to be compared exactly, some of them by name. */
  unsettled: { accounts: number; some: string[] };
};
