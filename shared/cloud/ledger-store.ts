/**
 * The ledger's operations outside the journal: deposits, credit grants, and what users read of their money.
 *
 * A balance item holds `available`, `demanded` (by withdrawals) and `grantable` = available − demanded, because a DynamoDB
 * condition compares an attribute but cannot subtract two: whoever changes one of the first two changes `grantable` with it.
 * Rules are conditions on amounts; `version` is only added to. Returned credit stamps `clock#<group>` with that
 * group's journal clock and adds one to `returns`: no group ever compares or overwrites another's stamp.
 * `grantNumber#<group>`, `grantedUnits#<group>`, `returnNumber#<group>` and `returnedUnits#<group>` say which grants and
 * returns `available` counts: a read of items one by one, while others write, could not tell it from the credit items.
 */
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import { ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { sumsOf } from './ledger-audit.ts';
import { depositEntry, type LedgerEntry, readEntry } from './ledger-entry.ts';
import { queryAll, queryPage } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { backOff, transact, type Write } from './transaction.ts';

export type { LedgerEntry };

export type Deposit = {
  operationId: string;
  account: string;
  asset: AssetId;
  units: Units;
  atMs: number;
};

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

export type Balance = {
  asset: AssetId;
  available: Units;
  demanded: Units;
  credit: { groupId: GroupId; frozen: Units; pending: Units }[];
  lent: Lent[];
};

/** What has left `available` for a pair group and come back to it: of one item, so of the same moment as `available`. */
export type Lent = {
  groupId: GroupId;
  /** The newest grant, cleared or not. */
  grantNumber: number;
  grantedUnits: Units;
  /** The newest return that was cleared, and the sum of all of them. */
  returnNumber: number;
  returnedUnits: Units;
};

export type AccountSettings = { creditPolicy: 'exact' | 'sticky' };

export type LedgerStore = {
  /** Credits an account from the vault account; idempotent for ever by `operationId`. */
  deposit(
    deposit: Deposit,
  ): Promise<{ status: 'created' | 'exists' | 'exists_with_different_content' }>;
  /** Sets aside between `least` and `most`; 'pending' answers the grant before, which is not cleared yet. */
  grant(request: GrantRequest): Promise<GrantOutcome>;
  /** Every grant of a group that is not cleared: a new leader submits them again. */
  pendingGrants(groupId: GroupId): Promise<PendingGrant[]>;
  balances(account: string): Promise<Balance[]>;
  /** Newest first; `cursor` is the `entryId` of the last one seen. */
  entries(
    account: string,
    page: { limit: number; cursor?: string; asset?: AssetId },
  ): Promise<{ entries: LedgerEntry[]; cursor?: string }>;
  accountSettings(account: string): Promise<AccountSettings>;
  setAccountSettings(account: string, settings: AccountSettings): Promise<void>;
  /** Every asset's sum over all accounts, house accounts included: 0 unless a clearing run is half posted. Scans. */
  sums(): Promise<{ asset: AssetId; units: bigint }[]>;
};

type Where = { client: DynamoDBDocumentClient; table: string };

/** Rivals can only delay a grant by being granted themselves; after so many lost races something else is wrong. */
const grantTries = 50;

export function createLedgerStore(options: Where): LedgerStore {
  const { client, table } = options;
  return {
    deposit: (each) => deposit(options, each),
    grant: (request) => grant(options, request),
    async pendingGrants(groupId) {
      const items = await queryAll(options, ledgerKeys.pendingGrant(groupId, '', '').pk);
      return items.map(readGrant);
    },
    async balances(account) {
      return readBalances(await queryAll(options, ledgerKeys.account(account)));
    },
    async entries(account, { limit, cursor, asset }) {
      const page = await queryPage(options, ledgerKeys.entries(account), {
        limit,
        ...(cursor === undefined ? {} : { before: cursor }),
        ...(asset === undefined ? {} : { where: [{ name: 'asset', value: asset }] }),
      });
      const entries = page.items.map(readEntry);
      return page.cursor === undefined ? { entries } : { entries, cursor: page.cursor };
    },
    async accountSettings(account) {
      const get = new GetCommand({ TableName: table, Key: ledgerKeys.settings(account) });
      const { Item: item } = await client.send(get);
      return { creditPolicy: item?.['creditPolicy'] === 'sticky' ? 'sticky' : 'exact' };
    },
    async setAccountSettings(account, { creditPolicy }) {
      const item = { ...ledgerKeys.settings(account), creditPolicy };
      await client.send(new PutCommand({ TableName: table, Item: item }));
    },
    sums: () => sumsOf(options),
  };
}

async function deposit(where: Where, wanted: Deposit) {
  const { operationId, account, asset, units, atMs } = wanted;
  assert(units > 0n, 'a deposit of nothing');
  assert(account !== vaultAccount, 'the vault cannot deposit to itself');
  const key = ledgerKeys.operation(operationId);
  const content = { kind: 'deposit', account, asset, units };
  const put = (item: Item): Write => ({
    Put: {
      TableName: where.table,
      Item: item,
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  });
  const outcome = await transact(where.client, [
    put({ ...key, ...content, atMs }),
    addAvailable(where.table, account, asset, units),
    addAvailable(where.table, vaultAccount, asset, -units),
    put(depositEntry(wanted, account, units)),
    put(depositEntry(wanted, vaultAccount, -units)),
  ]);
  if (outcome.status === 'written') return { status: 'created' } as const;
  const get = new GetCommand({ TableName: where.table, Key: key, ConsistentRead: true });
  const { Item: first } = await where.client.send(get);
  assert(first, `deposit ${operationId} was refused although its operation is not there`);
  const same =
    first['kind'] === content.kind &&
    first['account'] === account &&
    first['asset'] === asset &&
    first['units'] === units;
  return { status: same ? 'exists' : 'exists_with_different_content' } as const;
}

function addAvailable(table: string, account: string, asset: AssetId, units: bigint): Write {
  return {
    Update: {
      TableName: table,
      Key: ledgerKeys.balance(account, asset),
      UpdateExpression: 'ADD available :units, grantable :units, version :one',
      ExpressionAttributeValues: { ':units': units, ':one': 1n },
    },
  };
}

async function grant(where: Where, request: GrantRequest): Promise<GrantOutcome> {
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
    if (grantable < least) return { status: 'balance_too_low', available: grantable };
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
    const writes = grantWrites(where.table, next, {
      returns: balance['returns'],
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
  seen: { returns: unknown; atMs: number },
): Write[] {
  const { account, asset, groupId, grantNumber, units, clock } = next;
  // A return since the read may have stamped a later clock onto the very units that are granted here.
  const sameReturns =
    seen.returns === undefined ? 'attribute_not_exists(#returns)' : '#returns = :returns';
  const sameNumber =
    grantNumber === 1 ? 'attribute_not_exists(grantNumber)' : 'grantNumber = :last';
  return [
    {
      Update: {
        TableName: table,
        Key: ledgerKeys.balance(account, asset),
        UpdateExpression:
          'SET #grantNumber = :number, #grantedUnits = :units ADD available :less, grantable :less, version :one',
        ConditionExpression: `grantable >= :units AND ${sameReturns}`,
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

/** The newest stamp of any group that returned credit to this balance. */
function clockOf(balance: Item): number {
  let clock = 0;
  for (const [name, value] of Object.entries(balance))
    if (name.startsWith('clock#')) clock = Math.max(clock, storedNumber(value));
  return clock;
}

function readBalances(items: readonly Item[]): Balance[] {
  const byAsset = new Map<AssetId, Balance>();
  const of = (asset: AssetId): Balance => {
    const zero = 0n as Units;
    const known = byAsset.get(asset) ?? {
      asset,
      available: zero,
      demanded: zero,
      credit: [],
      lent: [],
    };
    byAsset.set(asset, known);
    return known;
  };
  for (const item of items) {
    const [kind, asset = '', groupId = ''] = String(item['sk']).split('#');
    if (kind === 'BALANCE') {
      const balance = of(asset);
      balance.available = storedUnits(item['available']) as Units;
      balance.demanded = storedUnits(item['demanded']) as Units;
      balance.lent = lentBy(item);
    } else if (kind === 'CREDIT') {
      const frozen = storedUnits(item['frozen']) as Units;
      const pending = storedUnits(item['pendingUnits']) as Units;
      of(asset).credit.push({ groupId, frozen, pending });
    }
  }
  return [...byAsset.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

/** Every group that the balance was ever lent to, or got something back from: proceeds return without a grant. */
function lentBy(balance: Item): Lent[] {
  const groups = Object.keys(balance).flatMap((name) => {
    const [kind, groupId] = name.split('#');
    return (kind === 'grantNumber' || kind === 'returnNumber') && groupId ? [groupId] : [];
  });
  return [...new Set(groups)].sort().map((groupId) => ({
    groupId,
    grantNumber: storedNumber(balance[`grantNumber#${groupId}`]),
    grantedUnits: storedUnits(balance[`grantedUnits#${groupId}`]) as Units,
    returnNumber: storedNumber(balance[`returnNumber#${groupId}`]),
    returnedUnits: storedUnits(balance[`returnedUnits#${groupId}`]) as Units,
  }));
}
