/** An account's items of the ledger, as they stand: all of them one by one, or those of one asset at one moment. */
import { type DynamoDBDocumentClient, TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import type { AssetId } from '#domain/asset.ts';
import { type CreditSeen, type MoneySeen, noCredit } from '#domain/compare-account.ts';
import type { GroupId } from '#domain/market.ts';
import { type Key, ledgerKeys } from '#wire/table-keys.ts';
import { getItems, type Item } from './batch-items.ts';
import { queryAll } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { transactionItemLimit, untilSettled } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** Which entries of a group's runs were there at a moment. */
export type Cleared = {
  frame: number;
  /** A run that is half posted: changes up to the cursor are. */
  open?: { toFrame: number; cursor: string };
};

export type MomentSeen = { money: MoneySeen; cleared: Map<GroupId, Cleared> };

/** Every asset of an account; items are read one by one while others write. */
export async function accountMoney(
  where: Where,
  account: string,
): Promise<Map<AssetId, MoneySeen>> {
  const items = await queryAll(where, ledgerKeys.account(account));
  const rows = items.flatMap((item): Key[] => {
    const { kind, asset, groupId } = nameOf(item);
    const isPending = kind === 'CREDIT' && item['pendingNumber'] !== undefined;
    return isPending ? [ledgerKeys.pendingGrant(groupId, account, asset)] : [];
  });
  const pending = await getItems(where, rows);
  return moneyIn([...items, ...pending.values()]);
}

/** One asset of an account and how far its groups' runs were cleared, all at one moment. */
export async function moneyAtOnce(
  { client, table }: Where,
  account: string,
  asset: AssetId,
  groups: readonly GroupId[],
): Promise<MomentSeen> {
  const keys = [
    ledgerKeys.balance(account, asset),
    ...groups.flatMap((groupId) => [
      ledgerKeys.credit(account, asset, groupId),
      ledgerKeys.pendingGrant(groupId, account, asset),
      ledgerKeys.cursor(groupId),
    ]),
  ];
  if (keys.length > transactionItemLimit)
    throw new Error(`${groups.length} pair groups do not fit one read: compare them in parts`);
  const TransactItems = keys.map((Key) => ({ Get: { TableName: table, Key } }));
  const { Responses = [] } = await untilSettled(() =>
    client.send(new TransactGetCommand({ TransactItems })),
  );
  const items = Responses.flatMap(({ Item: item }) => (item ? [item] : []));
  const cleared = new Map<GroupId, Cleared>();
  for (const item of items) {
    const [kind, groupId = ''] = String(item['pk']).split('#');
    if (kind === 'CLEARING') cleared.set(groupId, clearedIn(item));
  }
  const seen = moneyIn(items).get(asset);
  return { money: seen ?? emptyMoney(asset), cleared };
}

export function clearedIn(item: Item): Cleared {
  const run = item['run'] as Item | undefined;
  return {
    frame: readWatermark(item['watermark']).frame,
    ...(run
      ? { open: { toFrame: storedNumber(run['toFrame']), cursor: String(run['cursor']) } }
      : {}),
  };
}

const emptyMoney = (asset: AssetId): MoneySeen => ({
  ...{ asset, availableUnits: 0n, demandedUnits: 0n, withdrawingUnits: 0n, grantableUnits: 0n },
  groups: new Map(),
});

function nameOf(item: Item): { kind: string; asset: string; groupId: string } {
  const [kind = '', asset = '', groupId = ''] = String(item['sk']).split('#');
  return { kind, asset, groupId };
}

/** Of balance and credit items, and rows of pending grants. */
function moneyIn(items: readonly Item[]): Map<AssetId, MoneySeen> {
  const byAsset = new Map<AssetId, MoneySeen>();
  const of = (asset: AssetId): MoneySeen => {
    const known = byAsset.get(asset) ?? emptyMoney(asset);
    byAsset.set(asset, known);
    return known;
  };
  const creditOf = (asset: AssetId, groupId: GroupId): CreditSeen => {
    const { groups } = of(asset);
    const known = groups.get(groupId) ?? { ...noCredit };
    groups.set(groupId, known);
    return known;
  };
  for (const item of items) {
    const { kind, asset, groupId } = nameOf(item);
    if (String(item['pk']).startsWith('PENDING#')) {
      const { grantNumber, units } = item;
      creditOf(String(item['asset']), String(item['pk']).slice('PENDING#'.length)).row = {
        grantNumber: storedNumber(grantNumber),
        units: storedUnits(units),
      };
    } else if (kind === 'BALANCE') {
      readBalance(item, of(asset));
      for (const [lender, lent] of lentBy(item)) creditOf(asset, lender).lent = lent;
    } else if (kind === 'CREDIT') readCredit(item, creditOf(asset, groupId));
  }
  return byAsset;
}

function readBalance(item: Item, money: MoneySeen): void {
  money.availableUnits = storedUnits(item['available']);
  money.demandedUnits = storedUnits(item['demanded']);
  money.withdrawingUnits = storedUnits(item['withdrawing']);
  money.grantableUnits = storedUnits(item['grantable']);
}

function readCredit(item: Item, credit: CreditSeen): void {
  credit.frozenUnits = storedUnits(item['frozen']);
  credit.grantNumber = storedNumber(item['grantNumber']);
  if (item['pendingNumber'] === undefined) return;
  const grantNumber = storedNumber(item['pendingNumber']);
  credit.pending = { grantNumber, units: storedUnits(item['pendingUnits']) };
}

function lentBy(balance: Item): Map<GroupId, CreditSeen['lent']> {
  const groups = Object.keys(balance).flatMap((name) => {
    const at = name.indexOf('#');
    return at > 0 ? [name.slice(at + 1)] : [];
  });
  return new Map(
    [...new Set(groups)].map((groupId) => [
      groupId,
      {
        grantNumber: storedNumber(balance[`grantNumber#${groupId}`]),
        grantedUnits: storedUnits(balance[`grantedUnits#${groupId}`]),
        returnNumber: storedNumber(balance[`returnNumber#${groupId}`]),
        returnedUnits: storedUnits(balance[`returnedUnits#${groupId}`]),
      },
    ]),
  );
}
