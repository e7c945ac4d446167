/**
 * Credit grants: numbered moves from `available` to pending, each in one conditional write (PROTOCOL 3).
 *
 * `grantable` = available − demanded is kept beside the two, because a DynamoDB condition compares an attribute but cannot
 * subtract two: whoever changes one of the first two changes it with them. Returned credit stamps `clock#<group>` with that
 * group's journal clock and adds one to `returns`: no group ever compares or overwrites another's stamp.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { queryAll } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { backOff, transact, type Write } from './transaction.ts';

/** Funds set aside for a pair group whose journal has not told of them yet: number n of (account, asset). */
export type PendingGrant = {
  account: string;
  asset: AssetId;
  groupId: GroupId;
  grantNumber: number;
  units: Units;
  /** The newest journal clock from which the funds may come: the frame that takes the grant gets a later one. */
  clock: number;
};

export type GrantRequest = {
  account: string;
  asset: AssetId;
  groupId: GroupId;
  least: Units;
  most: Units;
  atMs: number;
};

export type GrantOutcome =
  | { status: 'granted'; grant: PendingGrant }
  | { status: 'pending'; grant: PendingGrant }
  | { status: 'balance_too_low'; available: Units };

type Where = { client: DynamoDBDocumentClient; table: string };

/** Rivals can only delay a grant by being granted themselves; after so many lost races something else is wrong. */
const grantTries = 50;

export async function grantCredit(where: Where, request: GrantRequest): Promise<GrantOutcome> {
  const { account, asset, groupId, least, most } = request;
  assert(least > 0n && most >= least, 'a grant of nothing');
  const balanceKey = ledgerKeys.balance(account, asset);
  const creditKey = ledgerKeys.credit(account, asset, groupId);
  for (let tried = 1; tried <= grantTries; tried += 1) {
    const items = await getItems(where, [balanceKey, creditKey]);
    const balance = items.get(keyText(balanceKey)) ?? {};
    const credit = items.get(keyText(creditKey)) ?? {};
    if (credit['pendingNumber'] !== undefined) {
      return { status: 'pending', grant: pendingOf(request, credit) };
    }
    const grantable = storedUnits(balance['grantable']) as Units;
    // Withdrawals may demand more than is there: credit comes back for them.
    if (grantable < least)
      return { status: 'balance_too_low', available: grantable > 0n ? grantable : (0n as Units) };
    let units = most;
    if (grantable < most) units = grantable;
    const next: PendingGrant = {
      account,
      asset,
      groupId,
      grantNumber: storedNumber(credit['grantNumber']) + 1,
      units,
      clock: clockOf(balance),
    };
    const { returns, transferClock } = balance;
    const writes = grantWrites(where.table, next, {
      ...{ returns, transferClock },
      atMs: request.atMs,
    });
    const outcome = await transact(where.client, writes);
    if (outcome.status === 'written') return { status: 'granted', grant: next };
    // Somebody spent, returned or granted in between, or this very grant was written and its answer lost: read again.
    await backOff(Math.min(tried, 5));
  }
  throw new Error(`no grant of ${asset} for ${account} in ${grantTries} tries`);
}

/** Grant n: n − 1 was the last, nothing is pending, and so much is grantable; else nothing changes. */
function grantWrites(
  table: string,
  next: PendingGrant,
  seen: { returns: unknown; transferClock: unknown; atMs: number },
): Write[] {
  const { account, asset, groupId, grantNumber, units, clock } = next;
  // A return or transfer since the read may have stamped a later clock onto the very units that are granted here.
  const sameReturns =
    seen.returns === undefined ? 'attribute_not_exists(#returns)' : '#returns = :returns';
  const sameTransfers =
    seen.transferClock === undefined
      ? 'attribute_not_exists(transferClock)'
      : 'transferClock = :transferClock';
  const sameNumber =
    grantNumber === 1 ? 'attribute_not_exists(grantNumber)' : 'grantNumber = :last';
  return [
    {
      Update: {
        TableName: table,
        Key: ledgerKeys.balance(account, asset),
        UpdateExpression:
          'SET #grantNumber = :number, #grantedUnits = :units ADD available :less, grantable :less, version :one',
        ConditionExpression: `grantable >= :units AND ${sameReturns} AND ${sameTransfers}`,
        ExpressionAttributeNames: {
          '#returns': 'returns',
          '#grantNumber': `grantNumber#${groupId}`,
          '#grantedUnits': `grantedUnits#${groupId}`,
        },
        ExpressionAttributeValues: {
          ':number': grantNumber,
          ':less': -units,
          ':units': units,
          ':one': 1n,
          ...(seen.returns === undefined ? {} : { ':returns': seen.returns }),
          ...(seen.transferClock === undefined ? {} : { ':transferClock': seen.transferClock }),
        },
      },
    },
    {
      Update: {
        TableName: table,
        Key: ledgerKeys.credit(account, asset, groupId),
        UpdateExpression:
          'SET grantNumber = :number, pendingNumber = :number, pendingUnits = :units, pendingClock = :clock ADD version :one',
        ConditionExpression: `${sameNumber} AND attribute_not_exists(pendingNumber)`,
        ExpressionAttributeValues: {
          ':number': grantNumber,
          ':units': units,
          ':clock': clock,
          ':one': 1n,
          ...(grantNumber === 1 ? {} : { ':last': grantNumber - 1 }),
        },
      },
    },
    {
      Put: {
        TableName: table,
        Item: {
          ...ledgerKeys.pendingGrant(groupId, account, asset),
          ...next,
          atMs: seen.atMs,
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
  ];
}

function pendingOf(request: GrantRequest, credit: Item): PendingGrant {
  const { account, asset, groupId } = request;
  return {
    account,
    asset,
    groupId,
    grantNumber: storedNumber(credit['pendingNumber']),
    units: storedUnits(credit['pendingUnits']) as Units,
    clock: storedNumber(credit['pendingClock']),
  };
}

export async function pendingGrantsOf(where: Where, groupId: GroupId): Promise<PendingGrant[]> {
  const items = await queryAll(where, ledgerKeys.pendingGrant(groupId, '', '').pk);
  return items.map(readGrant);
}

function readGrant(item: Item): PendingGrant {
  return {
    account: String(item['account']),
    asset: String(item['asset']),
    groupId: String(item['groupId']),
    grantNumber: storedNumber(item['grantNumber']),
    units: storedUnits(item['units']) as Units,
    clock: storedNumber(item['clock']),
  };
}

/** The newest stamp of any group that returned credit to this balance, or to one that money came from. */
export function clockOf(balance: Item): number {
  let clock = storedNumber(balance['transferClock']);
  for (const [name, value] of Object.entries(balance))
    if (name.startsWith('clock#')) clock = Math.max(clock, storedNumber(value));
  return clock;
}
