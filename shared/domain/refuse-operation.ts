/** Why an operation may not be posted: the first broken rule, in the order of `ledgerResults`. */
import type { AssetId } from './asset.ts';
import {
  greatestUnits,
  isHouse,
  type LedgerOperation,
  type LedgerRefusal,
  ownerOf,
  postingsOf,
} from './ledger-operation.ts';

/** One account's balance of an asset, as far as operations look at it. */
export type BalanceSeen = {
  availableUnits: bigint;
  /** By withdrawals that wait for credit to come back. */
  demandedUnits: bigint;
  withdrawingUnits: bigint;
};

/** What an operation is held against. */
export type LedgerSeen = {
  vault: string;
  /** Every account of the house, the vault among them: one that nobody knows would be in no sum. */
  houses: readonly string[];
  /** Of the operation's asset. */
  balanceOf(account: string): BalanceSeen;
  isListed(asset: AssetId): boolean;
  /** What a withdrawal has demanded itself: it may take that, nobody else may. */
  ownDemandUnits: bigint;
};

export function refuseOperation(
  operation: LedgerOperation,
  seen: LedgerSeen,
): LedgerRefusal | undefined {
  // What was set aside may always leave or come back: it was looked at when it was set aside.
  if (operation.kind === 'withdraw_finish' || operation.kind === 'withdraw_return')
    return undefined;
  const { asset, units } = operation;
  const { giver, taker } = partiesOf(operation, seen.vault);

  if (giver === taker && operation.kind !== 'withdraw_hold') return 'accounts_are_the_same';
  if (!mayMeet(operation, seen)) return 'owners_differ';
  const moved = operation.kind === 'adjust' && units < 0n ? -units : units;
  if (moved <= 0n) return 'amount_not_positive';
  if (moved > greatestUnits || growsTooLarge(operation, seen)) return 'amount_too_large';
  if (!seen.isListed(asset)) return 'unknown_asset';
  if (giver !== seen.vault && moved > reachOf(operation, seen.balanceOf(giver), seen))
    return 'balance_too_low';
  return undefined;
}

type Opening = Exclude<LedgerOperation, { kind: 'withdraw_finish' | 'withdraw_return' }>;

/** Who has less available afterwards, and who has it then. */
export function partiesOf(
  operation: LedgerOperation,
  vault: string,
): { giver: string; taker: string } {
  switch (operation.kind) {
    case 'deposit':
      return { giver: vault, taker: operation.account };
    case 'withdraw_hold':
    case 'withdraw_finish':
    case 'withdraw_return':
      return { giver: operation.account, taker: operation.account };
    case 'transfer':
      return { giver: operation.from, taker: operation.to };
    case 'adjust': {
      const { account, house, units } = operation;
      return units < 0n ? { giver: account, taker: house } : { giver: house, taker: account };
    }
  }
}

/** Deposits are users' or fund a house account; withdrawals are users'; transfers stay with one owner; adjustments are between a user and the house. */
function mayMeet(operation: Opening, { vault, houses }: LedgerSeen): boolean {
  const isForHand = (house: string) => houses.includes(house) && house !== vault;
  switch (operation.kind) {
    case 'deposit':
      return !isHouse(operation.account) || isForHand(operation.account);
    case 'withdraw_hold':
      return !isHouse(operation.account);
    case 'transfer': {
      const { from, to } = operation;
      if (ownerOf(from) !== ownerOf(to)) return false;
      return !isHouse(from) || (isForHand(from) && isForHand(to));
    }
    case 'adjust': {
      const { account, house } = operation;
      return !isHouse(account) && isForHand(house);
    }
  }
}

/** The vault's own line is the sum of all others, so it has no bound of its own. */
function growsTooLarge(operation: Opening, { vault, balanceOf }: LedgerSeen): boolean {
  return postingsOf(operation, vault).some((posting) => {
    if (posting.account === vault) return false;
    const before = balanceOf(posting.account);
    return (
      before.availableUnits + posting.availableUnits > greatestUnits ||
      before.withdrawingUnits + posting.withdrawingUnits > greatestUnits
    );
  });
}

/**
 * How much the giver can give. A withdrawal's demand comes before whatever its owner does, but not before
 * what operators take back.
 */
function reachOf(operation: Opening, giver: BalanceSeen, { ownDemandUnits }: LedgerSeen): bigint {
  const { availableUnits, demandedUnits } = giver;
  switch (operation.kind) {
    case 'withdraw_hold':
      return ownDemandUnits > 0n ? availableUnits : availableUnits - demandedUnits;
    case 'transfer':
      return availableUnits - demandedUnits;
    case 'deposit':
    case 'adjust':
      return availableUnits;
  }
}
