/**
 * Posts operations to the ledger, each in one transaction: the operation itself (written once, whole), the balances,
 * an entry for each side, the directory of accounts, and what must happen next.
 *
 * What a user's entry says the balance is afterwards is exact: the writer has read the balance and its write is on
 * condition of the amounts that it saw. Within a process the writers of one balance take turns, or 64 of them would make each
 * other try again. Balances of the house are only added to.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import {
  insuredPrefix,
  isHouse,
  isSameOperation,
  type LedgerOperation,
  type LedgerRefusal,
  type OperationKind,
  type PostedOperation,
  type Posting,
  postingsOf,
} from '#domain/ledger-operation.ts';
import { type BalanceSeen, partiesOf, refuseOperation } from '#domain/refuse-operation.ts';
import { type OutboxTopic, outboxIdOf } from '#wire/outbox.ts';
import {
  houseAccounts,
  insuranceAccount,
  type Key,
  ledgerKeys,
  vaultAccount,
} from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { operationEntry } from './ledger-entry.ts';
import { clockOf } from './ledger-grants.ts';
import { outboxWrite } from './outbox-store.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import type { Turns } from './taking-turns.ts';
import { backOff, transact, type Write } from './transaction.ts';

export type OperationAnswer =
  /** `exists`: it was posted before, as `operation` says. */
  { status: 'created' | 'exists'; operation: PostedOperation } | { status: LedgerRefusal };

/** Where operations are posted. */
export type LedgerPlace = {
  client: DynamoDBDocumentClient;
  table: string;
  /** Where rows for consumers go; none are written where it is absent. */
  outboxTable?: string;
  /** Whether users' money lies on a chain: then settlement hears of what insurance gives them. */
  settles?: boolean;
  /** What the exchange lists; every asset where it is absent. */
  assets?: () => Promise<ReadonlySet<AssetId>>;
  turns: Turns;
};

/** What is to be posted. */
export type Booking = {
  operationId: string;
  operation: LedgerOperation;
  atMs: number;
  ordered?: { by: string; why: string };
  /** A withdrawal's own demand, which ends with the operation. */
  ownDemandUnits?: bigint;
  /** What else the transaction writes, given the time that the operation gets. */
  also?: (atMs: number) => Write[];
};

/** Rivals win by getting somewhere themselves; after so many lost races something else is wrong. */
const raceTries = 50;

export function postOperation(place: LedgerPlace, booking: Booking): Promise<OperationAnswer> {
  const { operation, operationId } = booking;
  return untilWon(place, balancesOf(operation), operationId, () => tryOperation(place, booking));
}

/** Repeats what was decided on something read, until nobody has changed that in between. */
export function untilWon<T>(
  { turns }: Pick<LedgerPlace, 'turns'>,
  names: readonly string[],
  what: string,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  return turns.take(names, async () => {
    for (let tried = 1; tried <= raceTries; tried += 1) {
      const result = await attempt();
      if (result !== undefined) return result;
      await backOff(Math.min(tried, 5));
    }
    throw new Error(`${what} lost ${raceTries} races`);
  });
}

/** The users' balances that an operation reads before it writes. */
export const balancesOf = (operation: LedgerOperation): string[] =>
  usersOf(operation).map((account) => keyText(ledgerKeys.balance(account, operation.asset)));

const accountsOf = (operation: LedgerOperation): string[] => {
  const { giver, taker } = partiesOf(operation, vaultAccount);
  return [...new Set([giver, taker])];
};
const usersOf = (operation: LedgerOperation): string[] =>
  accountsOf(operation).filter((account) => !isHouse(account));

/** One try; undefined where what was read had changed. */
export async function tryOperation(
  place: LedgerPlace,
  booking: Booking,
): Promise<OperationAnswer | undefined> {
  const { operationId, operation, ordered } = booking;
  // Doors see to it: with this sign an id could spell the key of a run's entry.
  assert(/^[^#]{1,200}$/.test(operationId), `an operation cannot be called ${operationId}`);
  const key = ledgerKeys.operation(operationId);
  const balanceKey = (account: string) => ledgerKeys.balance(account, operation.asset);
  // Nobody asks what the vault's line holds: it is whatever the others make it.
  const looked = accountsOf(operation).filter((account) => account !== vaultAccount);
  const items = await getItems(place, [key, ...looked.map(balanceKey)]);
  const known = items.get(keyText(key));
  if (known) {
    const first = readOperation(known);
    return isSameOperation(first, operation)
      ? { status: 'exists', operation: first }
      : { status: 'exists_with_different_content' };
  }
  const balanceOf = (account: string) => items.get(keyText(balanceKey(account))) ?? {};
  const listed = await place.assets?.();
  const refusal = refuseOperation(operation, {
    ...{ vault: vaultAccount, houses: houseAccounts },
    balanceOf: (account) => balanceSeen(balanceOf(account)),
    isListed: (asset) => listed?.has(asset) ?? true,
    ownDemandUnits: booking.ownDemandUnits ?? 0n,
  });
  if (refusal) return { status: refusal };
  // Whoever decided to end a withdrawal read it before its balance: somebody else has ended it since.
  if (
    isSetAside(operation) &&
    balanceSeen(balanceOf(operation.account)).withdrawingUnits < operation.units
  )
    return undefined;

  const posted: PostedOperation = {
    ...operation,
    operationId,
    atMs: timeOf(booking, usersOf(operation).map(balanceOf)),
    ...(operation.kind === 'transfer' ? stampOf(balanceOf(operation.from)) : {}),
    ...ordered,
  };
  const writes = operationWrites(place, posted, booking, balanceOf);
  const { status } = await transact(place.client, writes);
  return status === 'written' ? { status: 'created', operation: posted } : undefined;
}

type Ending = Extract<LedgerOperation, { kind: 'withdraw_finish' | 'withdraw_return' }>;

const isSetAside = (operation: LedgerOperation): operation is Ending =>
  operation.kind === 'withdraw_finish' || operation.kind === 'withdraw_return';

/** Later than every operation before it of the same balances, so that entries are in the order in which they were posted. */
function timeOf({ atMs }: Booking, balances: readonly Item[]): number {
  const earliest = balances.map(({ operatedAtMs }) =>
    operatedAtMs === undefined ? 0 : storedNumber(operatedAtMs) + 1,
  );
  return Math.max(atMs, ...earliest);
}

function stampOf(giver: Item): { clock?: number } {
  const clock = clockOf(giver);
  return clock === 0 ? {} : { clock };
}

export const balanceSeen = (item: Item): BalanceSeen => ({
  availableUnits: storedUnits(item['available']),
  demandedUnits: storedUnits(item['demanded']),
  withdrawingUnits: storedUnits(item['withdrawing']),
});

type BalanceOf = (account: string) => Item;

function operationWrites(
  place: LedgerPlace,
  posted: PostedOperation,
  booking: Booking,
  balanceOf: BalanceOf,
): Write[] {
  const { table, outboxTable } = place;
  const { operationId, atMs } = posted;
  const users = usersOf(posted);
  const writes: Write[] = [
    putOnce(table, { ...ledgerKeys.operation(operationId), ...posted }),
    ...postingsOf(posted, vaultAccount).flatMap((posting) =>
      isHouse(posting.account)
        ? houseWrites(table, posted, posting)
        : userWrites(table, posted, posting, {
            balance: balanceOf(posting.account),
            ownDemandUnits: booking.ownDemandUnits ?? 0n,
          }),
    ),
    ...users.map((account) => directoryWrite(table, account, atMs)),
    ...depositRow(table, posted),
    ...(booking.also?.(atMs) ?? []),
  ];
  if (outboxTable !== undefined && users.length > 0) {
    const body = { type: 'operation' as const, operationId, atMs, accounts: users };
    for (const topic of hearing(place, posted))
      writes.push(outboxWrite(outboxTable, { topic, outboxId: outboxIdOf(body), atMs, body }));
  }
  return writes;
}

function hearing({ settles }: LedgerPlace, posted: PostedOperation): OutboxTopic[] {
  const isGift = posted.kind === 'adjust' && posted.units > 0n && posted.house === insuranceAccount;
  const isSettled = settles && isGift && !posted.operationId.startsWith(insuredPrefix);
  return isSettled ? ['notify', 'settle'] : ['notify'];
}

export const putOnce = (table: string, item: Key & Item): Write => ({
  Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});

/** A user's deposits are listed by themselves: among many fills nobody would find them. */
function depositRow(table: string, posted: PostedOperation): Write[] {
  if (posted.kind !== 'deposit') return [];
  const { operationId, account, asset, units, atMs } = posted;
  const key = ledgerKeys.depositOf(account, atMs, operationId);
  return [putOnce(table, { ...key, operationId, asset, units, atMs })];
}

/** A house account that gives must have it, except the vault, whose line is what all others hold together, negative. */
function houseWrites(table: string, posted: PostedOperation, posting: Posting): Write[] {
  const { account, asset, availableUnits } = posting;
  const gives = availableUnits < 0n && account !== vaultAccount;
  return [
    {
      Update: {
        TableName: table,
        Key: ledgerKeys.balance(account, asset),
        UpdateExpression: 'ADD available :units, grantable :units, version :one',
        ...(gives ? { ConditionExpression: 'available >= :needed' } : {}),
        ExpressionAttributeValues: {
          ':units': availableUnits,
          ':one': 1n,
          ...(gives ? { ':needed': -availableUnits } : {}),
        },
      },
    },
    putOnce(table, operationEntry(posted, posting) as Key & Item),
  ];
}

function userWrites(
  table: string,
  posted: PostedOperation,
  posting: Posting,
  seen: { balance: Item; ownDemandUnits: bigint },
): Write[] {
  const { account, asset, availableUnits, withdrawingUnits } = posting;
  const { balance, ownDemandUnits } = seen;
  const before = balanceSeen(balance);
  const after = {
    availableUnits: before.availableUnits + availableUnits,
    withdrawingUnits: before.withdrawingUnits + withdrawingUnits,
  };
  assert(after.withdrawingUnits >= 0n, `${account} withdraws ${asset} that was never set aside`);
  // A transfer takes the stamps of what it moves along: a return since the read may have left a later one.
  const gives = posted.kind === 'transfer' && availableUnits < 0n;
  const seenNames = ['available', 'withdrawing', 'operatedAtMs', ...(gives ? ['returns'] : [])];
  const same = seenNames.map((name) =>
    balance[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :${name}`,
  );
  const isStamped = !gives && (posted.clock ?? 0) > storedNumber(balance['transferClock']);
  // A demand since the read comes before what its owner does now; the units seen are the same.
  const respectsDemands = availableUnits < 0n && ownDemandUnits === 0n && posted.kind !== 'adjust';
  const changes = {
    available: availableUnits,
    grantable: availableUnits + ownDemandUnits,
    withdrawing: withdrawingUnits,
    demanded: -ownDemandUnits,
    version: 1n,
  };
  const moved = Object.entries(changes).filter(([, change]) => change !== 0n);
  return [
    {
      Update: {
        TableName: table,
        Key: ledgerKeys.balance(account, asset),
        UpdateExpression: `SET operatedAtMs = :at${isStamped ? ', transferClock = :clock' : ''} ADD ${moved.map(([name]) => `${name} :add_${name}`).join(', ')}`,
        ConditionExpression: [...same, ...(respectsDemands ? ['grantable >= :needed'] : [])].join(
          ' AND ',
        ),
        // One of them is a word of DynamoDB's own.
        ExpressionAttributeNames: Object.fromEntries(seenNames.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ':at': posted.atMs,
          ...(isStamped ? { ':clock': posted.clock } : {}),
          ...Object.fromEntries(moved.map(([name, change]) => [`:add_${name}`, change])),
          ...Object.fromEntries(
            seenNames.flatMap((name) =>
              balance[name] === undefined ? [] : [[`:${name}`, balance[name]]],
            ),
          ),
          ...(respectsDemands ? { ':needed': -availableUnits } : {}),
        },
      },
    },
    putOnce(table, operationEntry(posted, posting, after) as Key & Item),
  ];
}

/** From its first operation on, whoever goes over all accounts finds this one. */
const directoryWrite = (table: string, account: string, atMs: number): Write => ({
  Update: {
    TableName: table,
    Key: ledgerKeys.directory(account),
    UpdateExpression: 'SET firstAtMs = if_not_exists(firstAtMs, :at)',
    ExpressionAttributeValues: { ':at': atMs },
  },
});

/** An operation as it is stored. */
export function readOperation(item: Item): PostedOperation {
  const text = (name: string) => String(item[name]);
  const kind = text('kind') as OperationKind;
  const common = {
    operationId: text('operationId'),
    atMs: storedNumber(item['atMs']),
    asset: text('asset'),
    units: storedUnits(item['units']) as Units,
    ...(item['clock'] === undefined ? {} : { clock: storedNumber(item['clock']) }),
    ...(item['by'] === undefined ? {} : { by: text('by') }),
    ...(item['why'] === undefined ? {} : { why: text('why') }),
  };
  if (kind === 'transfer') return { ...common, kind, from: text('from'), to: text('to') };
  if (kind === 'adjust') return { ...common, kind, account: text('account'), house: text('house') };
  return { ...common, kind, account: text('account') };
}
