/**
 * Withdrawals in the ledger: demanded → held → finished or returned, each step once, forward only, by conditional writes.
 *
 * A demand moves no money: it keeps grants off the balance while matchers give credit back. A hold sets the funds aside,
 * a finish takes them out of the vault's line, a return gives them back. Those three are operations with ids of their own.
 */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import {
  greatestUnits,
  isHouse,
  type LedgerOperation,
  type LedgerRefusal,
  type WithdrawalStep,
  withdrawalOperation,
} from '#domain/ledger-operation.ts';
import { type Key, ledgerKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import {
  balanceSeen,
  balancesOf,
  type LedgerPlace,
  type OperationAnswer,
  putOnce,
  tryOperation,
  untilWon,
} from './ledger-operations.ts';
import { queryPage } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { type TimePage, timeBounds } from './time-page.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type WithdrawalRequest = {
  withdrawalId: string;
  account: string;
  asset: AssetId;
  units: Units;
  atMs: number;
};

export const withdrawalStatuses = ['demanded', 'held', 'finished', 'returned'] as const;
export type WithdrawalStatus = (typeof withdrawalStatuses)[number];

export type Withdrawal = {
  withdrawalId: string;
  account: string;
  asset: AssetId;
  units: Units;
  status: WithdrawalStatus;
  /** When it was demanded, or held where it was not demanded first. */
  askedAtMs: number;
  /** Absent of one that was never held. */
  heldAtMs?: number;
  /** When it was finished or returned. */
  endedAtMs?: number;
};

/** `exists`: it was demanded (or went further) before, as `withdrawal` says. */
export type DemandAnswer =
  | { status: 'created' | 'exists'; withdrawal: Withdrawal }
  | { status: LedgerRefusal };

/** `operation` is absent where only a demand was given up: no money moved. */
export type WithdrawalAnswer =
  | Extract<OperationAnswer, { status: 'created' | 'exists' }>
  | { status: 'created' | 'exists'; operation?: undefined; withdrawal: Withdrawal }
  | { status: LedgerRefusal };

/** Keeps grants off so much of a balance, as far as it goes; what is missing must come back from matchers. */
export function demandWithdrawal(
  place: LedgerPlace,
  request: WithdrawalRequest,
): Promise<DemandAnswer> {
  const { withdrawalId, account, asset, units, atMs } = request;
  const balanceKey = ledgerKeys.balance(account, asset);
  return untilWon(place, [keyText(balanceKey)], withdrawalId, async () => {
    const known = await readWithdrawal(place, withdrawalId);
    if (known)
      return isSame(known, request)
        ? { status: 'exists', withdrawal: known }
        : { status: 'exists_with_different_content' };
    if (isHouse(account)) return { status: 'owners_differ' };
    if (units <= 0n) return { status: 'amount_not_positive' };
    const items = await getItems(place, [balanceKey]);
    const { demandedUnits } = balanceSeen(items.get(keyText(balanceKey)) ?? {});
    if (demandedUnits + units > greatestUnits) return { status: 'amount_too_large' };
    if ((await place.assets?.())?.has(asset) === false) return { status: 'unknown_asset' };

    const withdrawal: Withdrawal = {
      ...{ withdrawalId, account, asset, units },
      status: 'demanded',
      askedAtMs: atMs,
    };
    const { status } = await transact(place.client, [
      ...newWithdrawal(place.table, withdrawal),
      demandWrite(place.table, withdrawal, units),
    ]);
    return status === 'written' ? { status: 'created', withdrawal } : undefined;
  });
}

/** Sets the funds aside; a demand of the same withdrawal ends with it. */
export function holdWithdrawal(
  place: LedgerPlace,
  request: WithdrawalRequest,
): Promise<OperationAnswer> {
  const { withdrawalId, account, asset, units, atMs } = request;
  const operation: LedgerOperation = { kind: 'withdraw_hold', account, asset, units };
  const operationId = withdrawalOperation(withdrawalId, 'hold');
  return untilWon(place, balancesOf(operation), operationId, async () => {
    const known = await readWithdrawal(place, withdrawalId);
    if (known && !isSame(known, request)) return { status: 'exists_with_different_content' };
    if (known?.status === 'returned' && known.heldAtMs === undefined)
      return { status: 'withdrawal_is_returned' };
    const also = (heldAtMs: number): Write[] =>
      known
        ? [stepWrite(place.table, known, { ...known, status: 'held', heldAtMs })]
        : newWithdrawal(place.table, {
            ...{ withdrawalId, account, asset, units },
            status: 'held',
            askedAtMs: heldAtMs,
            heldAtMs,
          });
    const ownDemandUnits = known?.status === 'demanded' ? units : 0n;
    return tryOperation(place, { operationId, operation, atMs, ownDemandUnits, also });
  });
}

type Ended = { withdrawalId: string; atMs: number };

/** It has left the vault. */
export async function finishWithdrawal(place: LedgerPlace, ended: Ended): Promise<OperationAnswer> {
  const known = await readWithdrawal(place, ended.withdrawalId);
  if (!known) return { status: 'unknown_withdrawal' };
  return untilWon(place, [balanceName(known)], ended.withdrawalId, async () => {
    const now = await readWithdrawal(place, ended.withdrawalId);
    assert(now, `withdrawal ${ended.withdrawalId} is gone`);
    if (now.status === 'returned') return { status: 'withdrawal_is_returned' };
    if (now.status === 'demanded') return { status: 'withdrawal_is_not_held' };
    return endOperation(place, now, 'finish', ended.atMs);
  });
}

/** It will not happen: the funds, or the demand, are given up. */
export async function returnWithdrawal(
  place: LedgerPlace,
  ended: Ended,
): Promise<WithdrawalAnswer> {
  const known = await readWithdrawal(place, ended.withdrawalId);
  if (!known) return { status: 'unknown_withdrawal' };
  return untilWon<WithdrawalAnswer>(place, [balanceName(known)], ended.withdrawalId, async () => {
    const now = await readWithdrawal(place, ended.withdrawalId);
    assert(now, `withdrawal ${ended.withdrawalId} is gone`);
    if (now.status === 'finished') return { status: 'withdrawal_is_finished' };
    if (now.heldAtMs !== undefined) return endOperation(place, now, 'return', ended.atMs);
    if (now.status === 'returned') return { status: 'exists', withdrawal: now };
    const given: Withdrawal = { ...now, status: 'returned', endedAtMs: ended.atMs };
    const { status } = await transact(place.client, [
      stepWrite(place.table, now, given),
      demandWrite(place.table, now, -now.units),
    ]);
    return status === 'written' ? { status: 'created', withdrawal: given } : undefined;
  });
}

const endStatus = { finish: 'finished', return: 'returned' } as const;

function endOperation(
  place: LedgerPlace,
  now: Withdrawal,
  step: Exclude<WithdrawalStep, 'hold'>,
  atMs: number,
): Promise<OperationAnswer | undefined> {
  const { withdrawalId, account, asset, units } = now;
  return tryOperation(place, {
    operationId: withdrawalOperation(withdrawalId, step),
    operation: { kind: `withdraw_${step}`, account, asset, units },
    atMs,
    also: (endedAtMs) => [
      stepWrite(place.table, now, { ...now, status: endStatus[step], endedAtMs }),
    ],
  });
}

const balanceName = ({ account, asset }: Withdrawal): string =>
  keyText(ledgerKeys.balance(account, asset));

const isSame = (one: Withdrawal, other: WithdrawalRequest): boolean =>
  one.account === other.account && one.asset === other.asset && one.units === other.units;

function newWithdrawal(table: string, withdrawal: Withdrawal): Write[] {
  const { account, asset, askedAtMs, withdrawalId } = withdrawal;
  return [
    putOnce(table, { ...ledgerKeys.withdrawal(withdrawalId), ...withdrawal }),
    putOnce(table, {
      ...ledgerKeys.withdrawalOf(account, askedAtMs, withdrawalId),
      withdrawalId,
      asset,
    }),
  ];
}

/** Forward from where it was seen, or not at all. */
const stepWrite = (table: string, from: Withdrawal, to: Withdrawal): Write => ({
  Put: {
    TableName: table,
    Item: { ...ledgerKeys.withdrawal(to.withdrawalId), ...to },
    ConditionExpression: '#status = :from',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':from': from.status },
  },
});

const demandWrite = (table: string, { account, asset }: Withdrawal, units: bigint): Write => ({
  Update: {
    TableName: table,
    Key: ledgerKeys.balance(account, asset),
    UpdateExpression: 'ADD demanded :units, grantable :less, version :one',
    ExpressionAttributeValues: { ':units': units, ':less': -units, ':one': 1n },
  },
});

export async function readWithdrawal(
  { client, table }: Pick<LedgerPlace, 'client' | 'table'>,
  withdrawalId: string,
): Promise<Withdrawal | undefined> {
  const key = ledgerKeys.withdrawal(withdrawalId);
  const get = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && withdrawalIn(item);
}

/** An account's withdrawals by the time at which they were asked for, each as it stands now; `cursor` as of entries. */
export async function withdrawalsOf(
  place: Pick<LedgerPlace, 'client' | 'table'>,
  account: string,
  page: TimePage & { asset?: AssetId },
): Promise<{ withdrawals: Withdrawal[]; cursor?: string }> {
  const { asset } = page;
  const asked = await queryPage(place, ledgerKeys.withdrawalsOf(account), {
    ...timeBounds(page),
    ...(asset === undefined ? {} : { where: [{ name: 'asset', value: asset }] }),
  });
  const keys: Key[] = asked.items.map((item) =>
    ledgerKeys.withdrawal(String(item['withdrawalId'])),
  );
  const items = await getItems(place, keys);
  const withdrawals = keys.flatMap((key) => {
    const item = items.get(keyText(key));
    return item ? [withdrawalIn(item)] : [];
  });
  return asked.cursor === undefined ? { withdrawals } : { withdrawals, cursor: asked.cursor };
}

function withdrawalIn(item: Item): Withdrawal {
  const status = withdrawalStatuses.find((each) => each === item['status']);
  assert(status, `withdrawal ${item['withdrawalId']} of unknown status`);
  const when = (name: 'heldAtMs' | 'endedAtMs') =>
    item[name] === undefined ? {} : { [name]: storedNumber(item[name]) };
  return {
    withdrawalId: String(item['withdrawalId']),
    account: String(item['account']),
    asset: String(item['asset']),
    units: storedUnits(item['units']) as Units,
    status,
    askedAtMs: storedNumber(item['askedAtMs']),
    ...when('heldAtMs'),
    ...when('endedAtMs'),
  };
}
