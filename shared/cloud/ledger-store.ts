/** The ledger outside the journal: operations, withdrawals, adjustments, credit grants, and what is read of an account's money. */
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import type { AssetId } from '#domain/asset.ts';
import type { PostedOperation } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import {
  type Adjustment,
  type AdjustmentAnswer,
  approveAdjustment,
  newestAdjustments,
  type Proposal,
  proposeAdjustment,
  rejectAdjustment,
} from './ledger-adjustments.ts';
import { sumsOf } from './ledger-audit.ts';
import { type Balance, type Lent, readBalances } from './ledger-balances.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import {
  type GrantOutcome,
  type GrantRequest,
  grantCredit,
  type PendingGrant,
  pendingGrantsOf,
} from './ledger-grants.ts';
import {
  type LedgerPlace,
  type OperationAnswer,
  postOperation,
  readOperation,
} from './ledger-operations.ts';
import {
  type DemandAnswer,
  demandWithdrawal,
  finishWithdrawal,
  holdWithdrawal,
  readWithdrawal,
  returnWithdrawal,
  type Withdrawal,
  type WithdrawalAnswer,
  type WithdrawalRequest,
  withdrawalsOf,
} from './ledger-withdrawals.ts';
import { queryAll } from './query.ts';
import {
  accountEntries,
  type EntriesFound,
  type EntriesPage,
  type FundingPage,
} from './statement-store.ts';
import { createTurns } from './taking-turns.ts';

export type {
  Adjustment,
  AdjustmentAnswer,
  Balance,
  DemandAnswer,
  GrantOutcome,
  GrantRequest,
  LedgerEntry,
  Lent,
  OperationAnswer,
  PendingGrant,
  Proposal,
  Withdrawal,
  WithdrawalAnswer,
  WithdrawalRequest,
};

export type Deposit = {
  operationId: string;
  account: string;
  asset: AssetId;
  units: Units;
  atMs: number;
};

export type Transfer = {
  operationId: string;
  from: string;
  to: string;
  asset: AssetId;
  units: Units;
  atMs: number;
  /** Of a transfer that operators order. */
  ordered?: { by: string; why: string };
};

export type AccountSettings = { creditPolicy: 'exact' | 'sticky' };

/**
 * Every operation is applied once for ever by its business id, and answers one of `ledgerResults`: what a caller can do
 * wrong is a returned code. Only a fault of the database, or a bug, throws; then the same call may be made again.
 */
export type LedgerStore = {
  /** Credits an account from the vault's. */
  deposit(deposit: Deposit): Promise<OperationAnswer>;
  /** Between accounts of one owner; what a withdrawal demands stays. */
  transfer(transfer: Transfer): Promise<OperationAnswer>;
  /** Comes before any grant from now on: the funds stay where they are, and nobody is granted them. */
  demandWithdrawal(request: WithdrawalRequest): Promise<DemandAnswer>;
  /** Sets the funds aside, demanded before or not; `balance_too_low` while not enough is available. */
  holdWithdrawal(request: WithdrawalRequest): Promise<OperationAnswer>;
  /** It has left the vault. */
  finishWithdrawal(ended: { withdrawalId: string; atMs: number }): Promise<OperationAnswer>;
  /** It will not happen: gives back what was held, or gives up the demand. */
  returnWithdrawal(ended: { withdrawalId: string; atMs: number }): Promise<WithdrawalAnswer>;
  withdrawal(withdrawalId: string): Promise<Withdrawal | undefined>;
  /** An account's withdrawals, newest first. */
  withdrawals(
    account: string,
    page: FundingPage,
  ): Promise<{ withdrawals: Withdrawal[]; cursor?: string }>;
  proposeAdjustment(proposal: Proposal): Promise<AdjustmentAnswer>;
  /** The second approval, of two people who did not propose it, posts. */
  approveAdjustment(word: {
    adjustmentId: string;
    by: string;
    atMs: number;
  }): Promise<AdjustmentAnswer>;
  rejectAdjustment(word: {
    adjustmentId: string;
    by: string;
    why: string;
    atMs: number;
  }): Promise<AdjustmentAnswer>;
  /** The newest ones, waiting or not. */
  adjustments(limit: number): Promise<Adjustment[]>;
  /** An operation by its business id. */
  operation(operationId: string): Promise<PostedOperation | undefined>;
  /** Sets aside between `least` and `most`; 'pending' answers the grant before, which is not cleared yet. */
  grant(request: GrantRequest): Promise<GrantOutcome>;
  /** Every grant of a group that is not cleared: a new leader submits them again. */
  pendingGrants(groupId: GroupId): Promise<PendingGrant[]>;
  balances(account: string): Promise<Balance[]>;
  /** Newest first, or oldest; `cursor` is the `entryId` of the last one seen. */
  entries(account: string, page: EntriesPage): Promise<EntriesFound>;
  accountSettings(account: string): Promise<AccountSettings>;
  setAccountSettings(account: string, settings: AccountSettings): Promise<void>;
  /** Every asset's sum over all accounts, house accounts included: 0 unless a clearing run is half posted. Scans. */
  sums(): Promise<{ asset: AssetId; units: bigint }[]>;
};

/** `outboxTable` and `assets` are for who posts operations: see LedgerPlace. */
export function createLedgerStore(options: {
  client: DynamoDBDocumentClient;
  table: string;
  outboxTable?: string;
  settles?: boolean;
  assets?: () => Promise<ReadonlySet<AssetId>>;
}): LedgerStore {
  const place: LedgerPlace = { ...options, turns: createTurns() };
  return { ...operationsAt(place), ...readingAt(place) };
}

type Operations =
  | 'deposit'
  | 'transfer'
  | `${'demand' | 'hold' | 'finish' | 'return'}Withdrawal`
  | `${'propose' | 'approve' | 'reject'}Adjustment`
  | 'grant';

function operationsAt(place: LedgerPlace): Pick<LedgerStore, Operations> {
  return {
    deposit({ operationId, atMs, account, asset, units }) {
      const operation = { kind: 'deposit' as const, account, asset, units };
      return postOperation(place, { operationId, operation, atMs });
    },
    transfer({ operationId, atMs, from, to, asset, units, ordered }) {
      const operation = { kind: 'transfer' as const, from, to, asset, units };
      return postOperation(place, { operationId, operation, atMs, ...(ordered && { ordered }) });
    },
    demandWithdrawal: (request) => demandWithdrawal(place, request),
    holdWithdrawal: (request) => holdWithdrawal(place, request),
    finishWithdrawal: (ended) => finishWithdrawal(place, ended),
    returnWithdrawal: (ended) => returnWithdrawal(place, ended),
    proposeAdjustment: (proposal) => proposeAdjustment(place, proposal),
    approveAdjustment: (word) => approveAdjustment(place, word),
    rejectAdjustment: (word) => rejectAdjustment(place, word),
    grant: (request) => grantCredit(place, request),
  };
}

function readingAt(place: LedgerPlace): Omit<LedgerStore, Operations> {
  const { client, table } = place;
  return {
    withdrawal: (withdrawalId) => readWithdrawal(place, withdrawalId),
    withdrawals: (account, page) => withdrawalsOf(place, account, page),
    adjustments: (limit) => newestAdjustments(place, limit),
    async operation(operationId) {
      const Key = ledgerKeys.operation(operationId);
      const { Item: item } = await client.send(new GetCommand({ TableName: table, Key }));
      return item && readOperation(item);
    },
    pendingGrants: (groupId) => pendingGrantsOf(place, groupId),
    async balances(account) {
      return readBalances(await queryAll(place, ledgerKeys.account(account)));
    },
    entries: (account, page) => accountEntries(place, account, page),
    async accountSettings(account) {
      const get = new GetCommand({ TableName: table, Key: ledgerKeys.settings(account) });
      const { Item: item } = await client.send(get);
      return { creditPolicy: item?.['creditPolicy'] === 'sticky' ? 'sticky' : 'exact' };
    },
    async setAccountSettings(account, { creditPolicy }) {
      const item = { ...ledgerKeys.settings(account), creditPolicy };
      await client.send(new PutCommand({ TableName: table, Item: item }));
    },
    sums: () => sumsOf(place),
  };
}
