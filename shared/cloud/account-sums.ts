/**
 * Sums of an account's entries through the end of a UTC day, as reconciliation leaves them: what liabilities are proved from,
 * and where the next reconciliation begins. A day on which the account did nothing leaves none: the newest one before it holds.
 */
import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  type AccountBook,
  type AssetBook,
  emptyBook,
  type GroupBook,
  owedIn,
} from '#domain/account-book.ts';
import type { AssetId } from '#domain/asset.ts';
import { ledgerKeys, reconciliationKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { untilSettled } from './transaction.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

export const dayMs = 86_400_000;
/** Such as 2026-01-31. */
export const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
/** The first moment after a day. */
export const endOfDay = (day: string): number => Date.parse(`${day}T00:00:00.000Z`) + dayMs;

export type AccountSums = { day: string; book: AccountBook };

/** The sums of all entries through the end of a day; undefined where there was none until then. */
export async function sumsThrough(
  { client, table }: Where,
  account: string,
  day: string,
): Promise<AccountSums | undefined> {
  const query = new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk <= :day',
    ExpressionAttributeValues: { ':pk': reconciliationKeys.allSums(account), ':day': day },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: 1,
  });
  const { Items: [item] = [] } = await untilSettled(() => client.send(query));
  return item && { day: String(item['sk']), book: readBook(account, item['book'] as Item) };
}

export async function putSums(
  { client, table }: Where,
  day: string,
  book: AccountBook,
): Promise<void> {
  const item = { ...reconciliationKeys.sums(book.account, day), book: bookItem(book) };
  await untilSettled(() => client.send(new PutCommand({ TableName: table, Item: item })));
}

/** Units owed per asset: available, withdrawing and frozen together. */
export const owedBy = ({ assets }: AccountBook): { asset: AssetId; units: bigint }[] =>
  [...assets.values()].map((book) => ({ asset: book.asset, units: owedIn(book) }));

/** Accounts of one of the directory's shards behind one of them (empty text: from the first on), in order. */
export async function accountsAfter(
  { client, table }: Where,
  shard: number,
  after: string,
  limit: number,
): Promise<string[]> {
  const query = new QueryCommand({
    TableName: table,
    KeyConditionExpression: after === '' ? 'pk = :pk' : 'pk = :pk AND sk > :after',
    ExpressionAttributeValues: {
      ':pk': ledgerKeys.directoryShard(shard),
      ...(after === '' ? {} : { ':after': after }),
    },
    ConsistentRead: true,
    Limit: limit,
  });
  const { Items = [] } = await untilSettled(() => client.send(query));
  return Items.map((item) => String(item['sk']));
}

/** A book as attributes, every number a bigint as it comes back; `readBook` reads it. */
export function bookItem({ assets, entries }: AccountBook): Item {
  return {
    entries: BigInt(entries),
    assets: [...assets.values()].map((book) => ({
      asset: book.asset,
      available: book.availableUnits,
      withdrawing: book.withdrawingUnits,
      groups: [...book.groups].map(([groupId, group]) => ({
        groupId,
        frozenUnits: group.frozenUnits,
        toFrame: BigInt(group.toFrame),
        grantNumber: BigInt(group.grantNumber),
        grantedUnits: group.grantedUnits,
        returnNumber: BigInt(group.returnNumber),
        returnedUnits: group.returnedUnits,
      })),
    })),
  };
}

export function readBook(account: string, item: Item): AccountBook {
  const book = emptyBook(account);
  book.entries = storedNumber(item['entries']);
  for (const each of item['assets'] as Item[]) {
    const asset = String(each['asset']);
    const groups = (each['groups'] as Item[]).map((group): [string, GroupBook] => [
      String(group['groupId']),
      {
        frozenUnits: storedUnits(group['frozenUnits']),
        toFrame: storedNumber(group['toFrame']),
        grantNumber: storedNumber(group['grantNumber']),
        grantedUnits: storedUnits(group['grantedUnits']),
        returnNumber: storedNumber(group['returnNumber']),
        returnedUnits: storedUnits(group['returnedUnits']),
      },
    ]);
    const read: AssetBook = {
      asset,
      availableUnits: storedUnits(each['available']),
      withdrawingUnits: storedUnits(each['withdrawing']),
      groups: new Map(groups),
    };
    book.assets.set(asset, read);
  }
  return book;
}
