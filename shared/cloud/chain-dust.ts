/**
 * Atoms below one unit: what an account's deposits left over. What the vault holds for an account is its whole units in the ledger
 * and this; it comes by deposits and goes by exits, and nothing else changes it.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type Asset, type AssetId, atomsPerUnit } from '#domain/asset.ts';
import { chainKeys, type Key } from '#wire/table-keys.ts';
import { storedUnits } from './stored-number.ts';
import { untilSettled, type Write } from './transaction.ts';

/** Of the Chain table. */
type Where = { client: DynamoDBDocumentClient; table: string };

export const dustOf = (where: Where, account: string, asset: AssetId): Promise<bigint> =>
  atomsAt(where, chainKeys.dust(account, asset));

/** Of all accounts together. */
export const allDustOf = (where: Where, asset: AssetId): Promise<bigint> =>
  atomsAt(where, chainKeys.allDust(asset));

async function atomsAt({ client, table }: Where, Key: Key): Promise<bigint> {
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return storedUnits(item?.['atoms']);
}

/** What came in makes whole units together with what was left over before. */
export function broughtWith(
  asset: Asset,
  { dustAtoms, cameAtoms }: { dustAtoms: bigint; cameAtoms: bigint },
): { units: bigint; dustAtoms: bigint } {
  const atoms = dustAtoms + cameAtoms;
  return { units: atoms / atomsPerUnit(asset), dustAtoms: atoms % atomsPerUnit(asset) };
}

/** What left takes dust along first, and then as many whole units as it needs; the rest of the last one is dust. */
export function paidFrom(
  asset: Asset,
  { dustAtoms, paidAtoms }: { dustAtoms: bigint; paidAtoms: bigint },
): { units: bigint; dustAtoms: bigint } {
  const perUnit = atomsPerUnit(asset);
  const missing = paidAtoms - dustAtoms;
  const units = missing <= 0n ? 0n : (missing + perUnit - 1n) / perUnit;
  return { units, dustAtoms: dustAtoms + units * perUnit - paidAtoms };
}

/** Dust is what was seen, and becomes `next`; for the transaction that decides what came or went. */
export function dustWrites(
  table: string,
  { account, asset }: { account: string; asset: AssetId },
  seen: bigint,
  next: bigint,
): Write[] {
  assert(next >= 0n, `${account} would have ${next} atoms of dust`);
  const Key = chainKeys.dust(account, asset);
  const condition = {
    TableName: table,
    ConditionExpression:
      seen === 0n ? 'attribute_not_exists(pk) OR atoms = :seen' : 'atoms = :seen',
    ExpressionAttributeValues: { ':seen': seen },
  };
  if (next === seen) return [{ ConditionCheck: { ...condition, Key } }];
  return [
    { Put: { ...condition, Item: { ...Key, atoms: next } } },
    {
      Update: {
        TableName: table,
        Key: chainKeys.allDust(asset),
        UpdateExpression: 'ADD atoms :change',
        ExpressionAttributeValues: { ':change': next - seen },
      },
    },
  ];
}
