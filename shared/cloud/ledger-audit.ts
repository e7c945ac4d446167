/** Reads over the whole ledger, for audits, the smoke story and tests: they scan, so nothing on a user's path calls them. */
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import type { Item } from './batch-items.ts';
import { storedNumber, storedUnits } from './stored-number.ts';

type Where = { client: DynamoDBDocumentClient; table: string };

/** What the ledger says of one (account, asset) in a pair group; the engine's free + held must equal `frozenUnits`. */
export type GroupCredit = {
  account: string;
  asset: AssetId;
  frozenUnits: bigint;
  pendingUnits: bigint;
  grantNumber: number;
};

/** Sums available, withdrawing, pending and frozen per asset over all accounts, fees and vault included. */
export async function sumsOf(where: Where): Promise<{ asset: AssetId; units: bigint }[]> {
  const sums = new Map<AssetId, bigint>();
  for await (const item of balancesAndCredits(where)) {
    const asset = String(item['sk']).split('#')[1] ?? '';
    const units =
      storedUnits(item['available']) +
      storedUnits(item['withdrawing']) +
      storedUnits(item['frozen']) +
      storedUnits(item['pendingUnits']);
    sums.set(asset, (sums.get(asset) ?? 0n) + units);
  }
  return [...sums]
    .map(([asset, units]) => ({ asset, units }))
    .sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

/** Every credit of a pair group, by account and asset: the ledger's side of the check against the engine. */
export async function groupCredit(where: Where, groupId: GroupId): Promise<GroupCredit[]> {
  const credits: GroupCredit[] = [];
  for await (const item of balancesAndCredits(where)) {
    const [kind, asset = '', group] = String(item['sk']).split('#');
    if (kind !== 'CREDIT' || group !== groupId) continue;
    credits.push({
      account: String(item['pk']).slice('ACCOUNT#'.length),
      asset,
      frozenUnits: storedUnits(item['frozen']),
      pendingUnits: storedUnits(item['pendingUnits']),
      grantNumber: storedNumber(item['grantNumber']),
    });
  }
  const key = (credit: GroupCredit) => `${credit.account}#${credit.asset}`;
  return credits.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function* balancesAndCredits({ client, table }: Where): AsyncGenerator<Item> {
  let after: Item | undefined;
  do {
    const answer = await client.send(
      new ScanCommand({
        TableName: table,
        FilterExpression: 'begins_with(sk, :balance) OR begins_with(sk, :credit)',
        ExpressionAttributeValues: { ':balance': 'BALANCE#', ':credit': 'CREDIT#' },
        ConsistentRead: true,
        ...(after ? { ExclusiveStartKey: after } : {}),
      }),
    );
    yield* answer.Items ?? [];
    after = answer.LastEvaluatedKey;
  } while (after);
}
