/**
 * The ledger in memory: every rule once, in the order in which the list of results names it, on plain maps. Slow and
 * obviously right; what the stores do is held against it.
 */
import type {
  AccountSettings,
  Adjustment,
  AdjustmentAnswer,
  DemandAnswer,
  Deposit,
  GrantOutcome,
  GrantRequest,
  LedgerStore,
  OperationAnswer,
  Proposal,
  Transfer,
  Withdrawal,
  WithdrawalAnswer,
  WithdrawalRequest,
} from '#cloud/ledger-store.ts';
import { units as asUnits } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { ClearedFrame } from '#domain/clearing.ts';
import {
  greatestUnits,
  isHouse,
  type LedgerOperation,
  type LedgerRefusal,
  ownerOf,
} from '#domain/ledger-operation.ts';
import { houseAccounts, ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { MemoryBooks } from './memory-books.ts';
import { clearFrames } from './memory-clearing.ts';
import { pageOf } from './memory-page.ts';

type Ended = { withdrawalId: string; atMs: number };
type Word = { adjustmentId: string; by: string; atMs: number };

export class MemoryLedger extends MemoryBooks implements LedgerStore {
  readonly #withdrawals = new Map<string, Withdrawal>();
  readonly #adjustments = new Map<string, Adjustment>();
  readonly #settings = new Map<string, AccountSettings>();
  readonly #assets: ReadonlySet<string> | undefined;

  constructor(assets?: ReadonlySet<string>) {
    super();
    this.#assets = assets;
  }

  async deposit({ operationId, account, asset, units, atMs }: Deposit): Promise<OperationAnswer> {
    const operation: LedgerOperation = { kind: 'deposit', account, asset, units };
    const first = this.first(operationId, operation);
    if (first) return first;
    if (isHouse(account) && !isForHand(account))
      return { status: account === vaultAccount ? 'accounts_are_the_same' : 'owners_differ' };
    const refusal = this.#amountRefusal(units, asset, [account]);
    if (refusal) return { status: refusal };
    return this.post(operationId, operation, atMs, [
      { account: vaultAccount, available: -units, counterparty: account },
      { account, available: units, counterparty: vaultAccount },
    ]);
  }

  async transfer(wanted: Transfer): Promise<OperationAnswer> {
    const { operationId, from, to, asset, units, atMs, ordered } = wanted;
    const operation: LedgerOperation = { kind: 'transfer', from, to, asset, units };
    const first = this.first(operationId, operation);
    if (first) return first;
    if (from === to) return { status: 'accounts_are_the_same' };
    if (ownerOf(from) !== ownerOf(to)) return { status: 'owners_differ' };
    if (isHouse(from) && !(isForHand(from) && isForHand(to))) return { status: 'owners_differ' };
    const refusal = this.#amountRefusal(units, asset, [to]);
    if (refusal) return { status: refusal };
    const { available, demanded } = this.look(from, asset);
    if (available - demanded < units) return { status: 'balance_too_low' };
    const sides = [
      { account: from, available: -units, counterparty: to },
      { account: to, available: units, counterparty: from },
    ];
    return this.post(operationId, operation, atMs, sides, ordered);
  }

  async demandWithdrawal(request: WithdrawalRequest): Promise<DemandAnswer> {
    const { withdrawalId, account, asset, units, atMs } = request;
    const known = this.#withdrawals.get(withdrawalId);
    if (known && !isSameWithdrawal(known, request))
      return { status: 'exists_with_different_content' };
    if (known) return { status: 'exists', withdrawal: known };
    if (isHouse(account)) return { status: 'owners_differ' };
    if (units <= 0n) return { status: 'amount_not_positive' };
    if (this.look(account, asset).demanded + units > greatestUnits)
      return { status: 'amount_too_large' };
    if (this.#assets?.has(asset) === false) return { status: 'unknown_asset' };
    this.line(account, asset).demanded += units;
    const withdrawal: Withdrawal = {
      ...{ withdrawalId, account, asset, units },
      status: 'demanded',
      askedAtMs: atMs,
    };
    this.#withdrawals.set(withdrawalId, withdrawal);
    return { status: 'created', withdrawal };
  }

  async holdWithdrawal(request: WithdrawalRequest): Promise<OperationAnswer> {
    const { withdrawalId, account, asset, units, atMs } = request;
    const known = this.#withdrawals.get(withdrawalId);
    const operation: LedgerOperation = { kind: 'withdraw_hold', account, asset, units };
    if (known && !isSameWithdrawal(known, request))
      return { status: 'exists_with_different_content' };
    const first = this.first(`${withdrawalId}:hold`, operation);
    if (first) return first;
    if (isHouse(account)) return { status: 'owners_differ' };
    if (known?.status === 'returned') return { status: 'withdrawal_is_returned' };
    const line = this.look(account, asset);
    if (units <= 0n) return { status: 'amount_not_positive' };
    if (units > greatestUnits || line.withdrawing + units > greatestUnits)
      return { status: 'amount_too_large' };
    if (this.#assets?.has(asset) === false) return { status: 'unknown_asset' };
    const reach = known ? line.available : line.available - line.demanded;
    if (reach < units) return { status: 'balance_too_low' };
    if (known) line.demanded -= units;
    const side = { account, available: -units, withdrawing: units, counterparty: account };
    const answer = this.post(`${withdrawalId}:hold`, operation, atMs, [side]);
    const heldAtMs = answer.operation.atMs;
    const asked = known ?? { withdrawalId, account, asset, units, askedAtMs: heldAtMs };
    this.#withdrawals.set(withdrawalId, { ...asked, status: 'held', heldAtMs });
    return answer;
  }

  async finishWithdrawal({ withdrawalId, atMs }: Ended): Promise<OperationAnswer> {
    const known = this.#withdrawals.get(withdrawalId);
    if (!known) return { status: 'unknown_withdrawal' };
    const { account, asset, units, status } = known;
    const operation: LedgerOperation = { kind: 'withdraw_finish', account, asset, units };
    if (status === 'returned') return { status: 'withdrawal_is_returned' };
    if (status === 'demanded') return { status: 'withdrawal_is_not_held' };
    const first = this.first(`${withdrawalId}:finish`, operation);
    if (first) return first;
    const answer = this.post(`${withdrawalId}:finish`, operation, atMs, [
      { account, available: 0n, withdrawing: -units, counterparty: vaultAccount },
      { account: vaultAccount, available: units, counterparty: account },
    ]);
    const endedAtMs = answer.operation.atMs;
    this.#withdrawals.set(withdrawalId, { ...known, status: 'finished', endedAtMs });
    return answer;
  }

  async returnWithdrawal({ withdrawalId, atMs }: Ended): Promise<WithdrawalAnswer> {
    const known = this.#withdrawals.get(withdrawalId);
    if (!known) return { status: 'unknown_withdrawal' };
    const { account, asset, units, status, heldAtMs } = known;
    if (status === 'finished') return { status: 'withdrawal_is_finished' };
    if (heldAtMs === undefined) {
      if (status === 'returned') return { status: 'exists', withdrawal: known };
      const withdrawal: Withdrawal = { ...known, status: 'returned', endedAtMs: atMs };
      this.#withdrawals.set(withdrawalId, withdrawal);
      this.line(account, asset).demanded -= units;
      return { status: 'created', withdrawal };
    }
    const operation: LedgerOperation = { kind: 'withdraw_return', account, asset, units };
    const first = this.first(`${withdrawalId}:return`, operation);
    if (first) return first;
    const side = { account, available: units, withdrawing: -units, counterparty: account };
    const answer = this.post(`${withdrawalId}:return`, operation, atMs, [side]);
    const endedAtMs = answer.operation.atMs;
    this.#withdrawals.set(withdrawalId, { ...known, status: 'returned', endedAtMs });
    return answer;
  }

  withdrawal = async (withdrawalId: string) => this.#withdrawals.get(withdrawalId);

  async withdrawals(account: string, page: Parameters<LedgerStore['withdrawals']>[1]) {
    const own = [...this.#withdrawals.values()].filter(
      (each) => each.account === account && (page.asset === undefined || each.asset === page.asset),
    );
    const keyOf = (each: Withdrawal) =>
      ledgerKeys.withdrawalOf(account, each.askedAtMs, each.withdrawalId).sk;
    const { items: withdrawals, ...more } = pageOf(own, keyOf, page);
    return { withdrawals, ...more };
  }

  async proposeAdjustment(proposal: Proposal): Promise<AdjustmentAnswer> {
    const { adjustmentId, account, house, asset, units } = proposal;
    const adjustment = this.#adjustments.get(adjustmentId);
    if (adjustment) {
      const { status: _, approvals: __, rejection: ___, atMs, ...content } = adjustment;
      const isSame = Object.entries(content).every(
        ([name, value]) => proposal[name as keyof Proposal] === value,
      );
      return { status: isSame ? 'exists' : 'exists_with_different_content', adjustment };
    }
    if (account === house) return { status: 'accounts_are_the_same' };
    if (isHouse(account) || !isForHand(house)) return { status: 'owners_differ' };
    if (units === 0n) return { status: 'amount_not_positive' };
    if (units > greatestUnits || units < -greatestUnits) return { status: 'amount_too_large' };
    if (this.#assets?.has(asset) === false) return { status: 'unknown_asset' };
    const proposed: Adjustment = { ...proposal, status: 'proposed', approvals: [] };
    this.#adjustments.set(adjustmentId, proposed);
    return { status: 'created', adjustment: proposed };
  }

  async approveAdjustment({ adjustmentId, by, atMs }: Word): Promise<AdjustmentAnswer> {
    const adjustment = this.#adjustments.get(adjustmentId);
    if (!adjustment) return { status: 'unknown_adjustment' };
    const { account, house, asset, units } = adjustment;
    const operation: LedgerOperation = { kind: 'adjust', account, house, asset, units };
    if (adjustment.status === 'rejected') return { status: 'adjustment_is_rejected', adjustment };
    if (adjustment.by === by) return { status: 'approver_is_proposer', adjustment };
    if (adjustment.status === 'posted') {
      const first = this.operations.get(adjustmentId);
      assert(first, 'a posted adjustment without its operation');
      return { status: 'exists', adjustment, operation: first };
    }
    const isNew = adjustment.approvals.every((each) => each.by !== by);
    const approvals = isNew ? [...adjustment.approvals, { by, atMs }] : adjustment.approvals;
    if (approvals.length < 2) {
      const approved = { ...adjustment, approvals };
      this.#adjustments.set(adjustmentId, approved);
      return { status: 'approvals_missing', adjustment: approved };
    }
    if (this.operations.has(adjustmentId))
      return { status: 'exists_with_different_content', adjustment };
    const [giver, taker] = units > 0n ? [house, account] : [account, house];
    const moved = units > 0n ? units : -units;
    if (this.look(taker, asset).available + moved > greatestUnits)
      return { status: 'amount_too_large', adjustment };
    if (this.#assets?.has(asset) === false) return { status: 'unknown_asset', adjustment };
    if (this.look(giver, asset).available < moved) return { status: 'balance_too_low', adjustment };
    const sides = [
      { account: house, available: -units, counterparty: account },
      { account, available: units, counterparty: house },
    ];
    const ordered = { by: adjustment.by, why: adjustment.why };
    const answer = this.post(adjustmentId, operation, atMs, sides, ordered);
    const posted: Adjustment = { ...adjustment, status: 'posted', approvals };
    this.#adjustments.set(adjustmentId, posted);
    return { ...answer, adjustment: posted };
  }

  async rejectAdjustment(word: Word & { why: string }): Promise<AdjustmentAnswer> {
    const { adjustmentId, by, why, atMs } = word;
    const adjustment = this.#adjustments.get(adjustmentId);
    if (!adjustment) return { status: 'unknown_adjustment' };
    if (adjustment.status === 'posted') return { status: 'adjustment_is_posted', adjustment };
    if (adjustment.status === 'rejected') return { status: 'exists', adjustment };
    const rejected: Adjustment = {
      ...adjustment,
      status: 'rejected',
      rejection: { by, why, atMs },
    };
    this.#adjustments.set(adjustmentId, rejected);
    return { status: 'created', adjustment: rejected };
  }

  adjustments = async (limit: number) =>
    [...this.#adjustments.values()]
      .sort((a, b) => (proposalKey(a) < proposalKey(b) ? 1 : -1))
      .slice(0, limit);

  operation = async (operationId: string) => this.operations.get(operationId);

  async grant(request: GrantRequest): Promise<GrantOutcome> {
    const { account, asset, groupId, least, most } = request;
    const line = this.look(account, asset);
    const pending = line.credit.get(groupId)?.pending;
    if (pending) return { status: 'pending', grant: pending };
    const grantable = line.available - line.demanded;
    if (grantable < least)
      return { status: 'balance_too_low', available: asUnits(grantable < 0n ? 0n : grantable) };
    const credit = this.credit(account, asset, groupId);
    let granted: bigint = most;
    if (grantable < most) granted = grantable;
    line.available -= granted;
    credit.grantNumber += 1;
    credit.grantedUnits = granted;
    const { grantNumber } = credit;
    const clock = this.clockOf(account, asset);
    credit.pending = { account, asset, groupId, grantNumber, units: asUnits(granted), clock };
    return { status: 'granted', grant: credit.pending };
  }

  pendingGrants = async (groupId: string) =>
    [...this.lines.values()]
      .sort((a, b) => (`${a.account}#${a.asset}` < `${b.account}#${b.asset}` ? -1 : 1))
      .flatMap(({ credit }) => credit.get(groupId)?.pending ?? []);

  /** All that is kept, for comparisons. */
  everything(): unknown {
    const { lines, booked, outbox, directory, operations } = this;
    const books = { lines, booked, outbox, directory, operations };
    return { ...books, withdrawals: this.#withdrawals, adjustments: this.#adjustments };
  }

  /** One run of these frames, which follow those of the run before. */
  clear(groupId: string, frames: readonly (ClearedFrame & { atMs: number })[]): void {
    clearFrames(this, groupId, frames);
  }

  async entries(account: string, page: Parameters<LedgerStore['entries']>[1]) {
    const { asset, business, marketId } = page;
    const own = this.booked.filter(
      (each) =>
        each.account === account &&
        (asset === undefined || each.asset === asset) &&
        (business === undefined || each.business === business) &&
        (marketId === undefined || each.trades.some((line) => line.marketId === marketId)),
    );
    const { items: entries, ...more } = pageOf(own, ({ entryId }) => entryId, page);
    return { entries, ...more };
  }

  accountSettings = async (account: string): Promise<AccountSettings> =>
    this.#settings.get(account) ?? { creditPolicy: 'exact' };

  async setAccountSettings(account: string, settings: AccountSettings): Promise<void> {
    this.#settings.set(account, settings);
  }

  #amountRefusal(units: bigint, asset: string, takers: string[]): LedgerRefusal | undefined {
    if (units <= 0n) return 'amount_not_positive';
    if (units > greatestUnits) return 'amount_too_large';
    if (takers.some((taker) => this.look(taker, asset).available + units > greatestUnits))
      return 'amount_too_large';
    if (this.#assets?.has(asset) === false) return 'unknown_asset';
    return undefined;
  }
}

/** The house's accounts that operators may name. */
const isForHand = (account: string): boolean =>
  account !== vaultAccount && houseAccounts.some((each) => each === account);

const isSameWithdrawal = (one: Withdrawal, other: WithdrawalRequest): boolean =>
  one.account === other.account && one.asset === other.asset && one.units === other.units;

const proposalKey = ({ atMs, adjustmentId }: Adjustment): string =>
  ledgerKeys.proposal(atMs, adjustmentId).sk;
