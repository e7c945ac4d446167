/** The ledger's audit trail: one immutable entry per account, asset and business event, as items and as values. */
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import {
  availableChange,
  type CreditChange,
  type EntryLine,
  frozenChange,
} from '#domain/clearing.ts';
import type { OperationKind, PostedOperation, Posting } from '#domain/ledger-operation.ts';
import { type Key, ledgerKeys } from '#wire/table-keys.ts';
import { linesText, readLines } from '#wire/trade-lines.ts';
import { storedNumber, storedUnits } from './stored-number.ts';

/** Why money moved: an operation's kind, or the clearing of trades. */
export const businesses = [
  'deposit',
  'withdraw_hold',
  'withdraw_finish',
  'withdraw_return',
  'transfer',
  'adjust',
  'clearing',
] as const satisfies readonly (OperationKind | 'clearing')[];
export type Business = (typeof businesses)[number];
const isBusiness = (text: unknown): text is Business =>
  (businesses as readonly unknown[]).includes(text);

/**
 * An operation, or what a run of a pair group's journal did. Summed over the accounts of one business id,
 * available, withdrawing and frozen change by zero per asset. A grant's move from available is told by the run that clears it.
 */
export type LedgerEntry = {
  /** Unique within the account, in order of time. */
  entryId: string;
  account: string;
  asset: AssetId;
  atMs: number;
  business: Business;
  /** The operation's id, or `group#lastFrame` of the run. */
  businessId: string;
  availableUnits: Units;
  /** Set aside for withdrawals. */
  withdrawingUnits: Units;
  frozenUnits: Units;
  /** The balance after it. Absent where a house account or a run only adds: nobody reads what so many change at once. */
  availableAfterUnits?: Units;
  withdrawingAfterUnits?: Units;
  /** What is frozen in the run's pair group after it. */
  frozenAfterUnits?: Units;
  /** Of a run: the grant that it took in, and its newest return with the sum of all that it returned. Their difference is `availableUnits`. */
  granted?: { grantNumber: number; units: Units };
  returned?: { returnNumber: number; units: Units };
  /** The other side of an operation; a run's are in its trades. */
  counterparty?: string;
  trades: EntryLine[];
};

/** One side of an operation; `after` is known of a user's balance only. */
export function operationEntry(
  { operationId, kind, atMs }: Pick<PostedOperation, 'operationId' | 'kind' | 'atMs'>,
  posting: Posting,
  after?: { availableUnits: bigint; withdrawingUnits: bigint },
): Record<string, unknown> {
  const { account, asset, availableUnits, withdrawingUnits, counterparty } = posting;
  return {
    ...ledgerKeys.operationEntry(account, operationId, asset, atMs),
    account,
    asset,
    atMs,
    business: kind,
    businessId: operationId,
    availableUnits,
    withdrawingUnits,
    frozenUnits: 0n,
    ...(after
      ? {
          availableAfterUnits: after.availableUnits,
          withdrawingAfterUnits: after.withdrawingUnits,
        }
      : {}),
    counterparty,
  };
}

export function clearingEntry(
  change: CreditChange,
  run: { groupId: string; toFrame: number; atMs: number; frozenAfterUnits: bigint },
): Record<string, unknown> {
  const { account, asset } = change;
  const { groupId, toFrame, atMs, frozenAfterUnits } = run;
  return {
    ...ledgerKeys.entry(account, groupId, toFrame, asset, atMs),
    account,
    asset,
    atMs,
    business: 'clearing',
    businessId: `${groupId}#${toFrame}`,
    availableUnits: availableChange(change),
    frozenUnits: frozenChange(change),
    frozenAfterUnits,
    ...(change.granted
      ? { grantNumber: change.granted.grantNumber, grantedUnits: change.granted.units }
      : {}),
    ...(change.returnedUnits > 0n
      ? { returnNumber: change.returnNumber, returnedUnits: change.returnedUnits }
      : {}),
    trades: linesText(change.lines),
  };
}

export function readEntry(item: Record<string, unknown>): LedgerEntry {
  const { sk } = item as Key;
  const business = item['business'];
  assert(isBusiness(business), `entry ${sk} of unknown business`);
  return {
    entryId: sk,
    account: String(item['account']),
    asset: String(item['asset']),
    atMs: storedNumber(item['atMs']),
    business,
    businessId: String(item['businessId']),
    availableUnits: storedUnits(item['availableUnits']) as Units,
    withdrawingUnits: storedUnits(item['withdrawingUnits']) as Units,
    frozenUnits: storedUnits(item['frozenUnits']) as Units,
    ...after(item, 'availableAfterUnits'),
    ...after(item, 'withdrawingAfterUnits'),
    ...after(item, 'frozenAfterUnits'),
    ...lentBy(item),
    ...(item['counterparty'] === undefined ? {} : { counterparty: String(item['counterparty']) }),
    trades: tradesIn(item),
  };
}

/** The trades of an entry's item; none of an operation's. */
export const tradesIn = (item: Record<string, unknown>): EntryLine[] =>
  readLines(String(item['trades'] ?? ''));

function lentBy(item: Record<string, unknown>): Pick<LedgerEntry, 'granted' | 'returned'> {
  const { grantNumber, grantedUnits, returnNumber, returnedUnits } = item;
  return {
    ...(grantNumber === undefined
      ? {}
      : {
          granted: {
            grantNumber: storedNumber(grantNumber),
            units: storedUnits(grantedUnits) as Units,
          },
        }),
    ...(returnNumber === undefined
      ? {}
      : {
          returned: {
            returnNumber: storedNumber(returnNumber),
            units: storedUnits(returnedUnits) as Units,
          },
        }),
  };
}

type AfterName = 'availableAfterUnits' | 'withdrawingAfterUnits' | 'frozenAfterUnits';

const after = (item: Record<string, unknown>, name: AfterName): { [name in AfterName]?: Units } =>
  item[name] === undefined ? {} : { [name]: storedUnits(item[name]) as Units };
