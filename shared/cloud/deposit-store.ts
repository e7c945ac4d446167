/**
 * Deposits as the chain tells them: pending at its head, taken back by a reorganization, and at finality credited, dust, or of an
 * asset that nobody lists.
 *
 * `reorged` says that the log is in no block now. The same transaction is usually mined again: at the same place among its
 * block's logs it is the same deposit and pending once more, at another one it is another deposit. No transaction is twice in the
 * final chain, so of both at most one is ever credited. The last three statuses are final.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import { chainKeys, type Key } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { queryPage } from './query.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { type TimePage, timeBounds } from './time-page.ts';
import { untilSettled, type Write } from './transaction.ts';

/** `crediting`: final, with its units decided; the ledger is told, perhaps not yet. */
export const depositStatuses = [
  'pending',
  'reorged',
  'crediting',
  'credited',
  'dust',
  'unknown_asset',
] as const;
export type DepositStatus = (typeof depositStatuses)[number];

export type ChainDeposit = {
  chainId: number;
  transactionHash: string;
  logIndex: number;
  account: string;
  chainAsset: string;
  atoms: bigint;
  /** The block in which it is, or was. */
  blockNumber: number;
  blockHash: string;
  /** The time of the first block in which it was seen. */
  seenAtMs: number;
  status: DepositStatus;
  /** From finality on, of an asset that is listed. */
  asset?: AssetId;
  /** What it brought, with what earlier deposits had left over. */
  units?: Units;
};

type Place = Pick<ChainDeposit, 'chainId' | 'transactionHash' | 'logIndex'>;
type Where = { client: DynamoDBDocumentClient; table: string };

/** The business id of the ledger's operation, too. */
export const depositIdOf = ({ chainId, transactionHash, logIndex }: Place): string =>
  `deposit:${chainId}:${transactionHash}:${logIndex}`;

export const depositKey = ({ chainId, transactionHash, logIndex }: Place): Key =>
  chainKeys.deposit(chainId, transactionHash, logIndex);

export async function readDeposits(where: Where, places: readonly Place[]) {
  const items = await getItems(where, places.map(depositKey));
  return new Map([...items].map(([name, item]) => [name, depositIn(item)]));
}

export async function readChainDeposit(
  { client, table }: Where,
  place: Place,
): Promise<ChainDeposit | undefined> {
  const get = new GetCommand({ TableName: table, Key: depositKey(place), ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return item && depositIn(item);
}

/** A deposit that the chain shows at its head: new, or back after a reorganization took it away. */
export function seenWrites(
  table: string,
  before: ChainDeposit | undefined,
  seen: Omit<ChainDeposit, 'status'>,
): Write[] {
  // After a deep reorg what was final comes again, and stays what it was: it is credited once.
  if (before && before.status !== 'reorged' && before.status !== 'pending') return [];
  const seenAtMs = before?.seenAtMs ?? seen.seenAtMs;
  const deposit: ChainDeposit = { ...seen, seenAtMs, status: 'pending' };
  const listed = chainKeys.depositOf(seen.account, seenAtMs, depositIdOf(seen));
  const { chainId, transactionHash, logIndex } = seen;
  return [
    { Put: { TableName: table, Item: itemOf(deposit) } },
    { Put: { TableName: table, Item: { ...listed, chainId, transactionHash, logIndex } } },
  ];
}

/** Forward from where it was seen, in the block where it was seen, or not at all. */
export function stepWrite(table: string, from: ChainDeposit, to: ChainDeposit): Write {
  return {
    Put: {
      TableName: table,
      Item: itemOf(to),
      ConditionExpression: '#status = :from AND blockHash = :block',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':from': from.status, ':block': from.blockHash },
    },
  };
}

/** An account's deposits by the time at which each was seen first; `cursor` as of entries. */
export async function chainDepositsOf(
  where: Where,
  account: string,
  page: TimePage,
): Promise<{ deposits: ChainDeposit[]; cursor?: string }> {
  const listed = await queryPage(where, chainKeys.depositsOf(account), timeBounds(page));
  const places = listed.items.map(placeIn);
  const found = await readDeposits(where, places);
  const deposits = places.flatMap((place) => found.get(keyText(depositKey(place))) ?? []);
  return listed.cursor === undefined ? { deposits } : { deposits, cursor: listed.cursor };
}

const itemOf = (deposit: ChainDeposit): Key & Item => ({ ...depositKey(deposit), ...deposit });

const placeIn = (item: Item): Place => ({
  chainId: storedNumber(item['chainId']),
  transactionHash: String(item['transactionHash']),
  logIndex: storedNumber(item['logIndex']),
});

function depositIn(item: Item): ChainDeposit {
  const status = depositStatuses.find((each) => each === item['status']);
  assert(status, `a deposit of unknown status: ${String(item['status'])}`);
  return {
    ...placeIn(item),
    account: String(item['account']),
    chainAsset: String(item['chainAsset']),
    atoms: storedUnits(item['atoms']),
    blockNumber: storedNumber(item['blockNumber']),
    blockHash: String(item['blockHash']),
    seenAtMs: storedNumber(item['seenAtMs']),
    status,
    ...(item['asset'] === undefined ? {} : { asset: String(item['asset']) }),
    ...(item['units'] === undefined ? {} : { units: storedUnits(item['units']) as Units }),
  };
}
