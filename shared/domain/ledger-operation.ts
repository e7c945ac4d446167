/**
 * Movements of money outside the journal, as postings that balance. Each is applied once for ever by its business id
 * (after TigerBeetle's transfers: the same id with the same content is the same transfer, with another it is a mistake).
 */
import type { Units } from './amount.ts';
import { assert } from './assertion.ts';
import type { AssetId } from './asset.ts';

/** Accounts of the house begin so; no user's account does. */
export const housePrefix = 'house:';
export const isHouse = (account: string): boolean => account.startsWith(housePrefix);

/**
 * Whose an account is: the house's, or its address. An owner's sub-accounts are called `address/name`; to the vault on the chain
 * they are one account.
 */
export function ownerOf(account: string): string {
  if (isHouse(account)) return housePrefix;
  const [owner = account] = account.split('/');
  return owner;
}

/** Money that moves between two accounts, or between two sides of one. */
export type LedgerOperation =
  /** Funds that arrived in the vault. */
  | { kind: 'deposit'; account: string; asset: AssetId; units: Units }
  /** Funds set aside for a withdrawal, out of reach of grants. */
  | { kind: 'withdraw_hold'; account: string; asset: AssetId; units: Units }
  /** The withdrawal left the vault. */
  | { kind: 'withdraw_finish'; account: string; asset: AssetId; units: Units }
  /** The withdrawal will not happen. */
  | { kind: 'withdraw_return'; account: string; asset: AssetId; units: Units }
  /** Between accounts of one owner; the house is an owner. */
  | { kind: 'transfer'; from: string; to: string; asset: AssetId; units: Units }
  /** From or to (negative units) a house account, by an operator and two approvers. */
  | { kind: 'adjust'; account: string; house: string; asset: AssetId; units: Units };

export type OperationKind = LedgerOperation['kind'];

/** What one operation changes of one account's balance of its asset. */
export type Posting = {
  account: string;
  asset: AssetId;
  availableUnits: bigint;
  withdrawingUnits: bigint;
  /** The account on the other side; the account itself where money only changes its side. */
  counterparty: string;
};

/**
 * What came of an operation. `exists`: it was applied before, and its first result stands. A closed list, none is renamed.
 * Refusals, in order of precedence, from `exists_with_different_content` on; a refused operation leaves no trace and may come again.
 */
export const ledgerResults = [
  'created',
  'exists',
  'exists_with_different_content',
  'accounts_are_the_same',
  /** Also: the house's account where a user's is due, a user's where the house's is, and the vault for anything but its ins and outs. */
  'owners_differ',
  'unknown_withdrawal',
  'withdrawal_is_finished',
  'withdrawal_is_returned',
  /** Only demanded yet: nothing has been set aside that could leave. */
  'withdrawal_is_not_held',
  'unknown_adjustment',
  'adjustment_is_posted',
  'adjustment_is_rejected',
  'approver_is_proposer',
  /** The approval counts; the adjustment waits for another person's. */
  'approvals_missing',
  'amount_not_positive',
  'amount_too_large',
  'unknown_asset',
  'balance_too_low',
] as const;
export type LedgerResult = (typeof ledgerResults)[number];
export type LedgerRefusal = Exclude<LedgerResult, 'created' | 'exists'>;

/** An operation as it was booked. */
export type PostedOperation = LedgerOperation & {
  operationId: string;
  /** When: never before an earlier one of the same balance. */
  atMs: number;
  /**
   * Of a transfer: the newest journal clock from which the money may come. To the chain its accounts are one, so the taker's
   * grants must come after it too.
   */
  clock?: number;
  /** Who of the house ordered it, and why. */
  by?: string;
  why?: string;
};

/** Whether the same id may mean both: then the second is the first one again. */
export function isSameOperation(one: LedgerOperation, other: LedgerOperation): boolean {
  return contentOf(one).every((part, at) => part === contentOf(other)[at]);
}

function contentOf(operation: LedgerOperation): readonly [...string[], bigint] {
  const { kind, asset, units } = operation;
  if (operation.kind === 'transfer') return [kind, operation.from, operation.to, asset, units];
  const house = operation.kind === 'adjust' ? operation.house : '';
  return [kind, operation.account, house, asset, units];
}

/** The business ids of a withdrawal's steps: each is an operation of its own. */
export const withdrawalSteps = ['hold', 'finish', 'return'] as const;
export type WithdrawalStep = (typeof withdrawalSteps)[number];
export const withdrawalOperation = (withdrawalId: string, step: WithdrawalStep): string =>
  `${withdrawalId}:${step}`;

/** Operations that follow what the chain did to a fill begin so: nothing of them goes to the chain again. */
export const insuredPrefix = 'insured:';

/** So many people other than the proposer approve an adjustment. */
export const approvalsNeeded = 2;

/** No account may hold, and nothing may move, more: sums over a million such accounts stay below DynamoDB's 38 digits. */
export const greatestUnits = 10n ** 30n;

/** The two sides of an operation; over all of them no asset is made or lost. */
export function postingsOf(operation: LedgerOperation, vault: string): Posting[] {
  const postings = sidesOf(operation, vault);
  const sum = postings.reduce((all, each) => all + each.availableUnits + each.withdrawingUnits, 0n);
  assert(sum === 0n, `${operation.kind} makes or loses ${sum} of ${operation.asset}`);
  return postings;
}

function sidesOf(operation: LedgerOperation, vault: string): Posting[] {
  const { asset, units } = operation;
  switch (operation.kind) {
    case 'deposit':
      return between(vault, operation.account, asset, units);
    case 'withdraw_hold':
      return [aside(operation.account, asset, units)];
    case 'withdraw_return':
      return [aside(operation.account, asset, -units)];
    case 'withdraw_finish': {
      const { account } = operation;
      return [
        { account, asset, availableUnits: 0n, withdrawingUnits: -units, counterparty: vault },
        { ...move(vault, asset, units), counterparty: account },
      ];
    }
    case 'transfer':
      return between(operation.from, operation.to, asset, units);
    case 'adjust':
      return between(operation.house, operation.account, asset, units);
  }
}

const move = (account: string, asset: AssetId, availableUnits: bigint) => ({
  account,
  asset,
  availableUnits,
  withdrawingUnits: 0n,
});

const between = (from: string, to: string, asset: AssetId, units: bigint): Posting[] => [
  { ...move(from, asset, -units), counterparty: to },
  { ...move(to, asset, units), counterparty: from },
];

const aside = (account: string, asset: AssetId, units: bigint): Posting => ({
  account,
  asset,
  availableUnits: -units,
  withdrawingUnits: units,
  counterparty: account,
});
