/**
 * What becomes of a deposit that is final: its atoms, and what its account's earlier ones had left over, are credited as whole
 * units, once; the rest is carried. What it brings is decided in one write with the dust that is left, so that whoever
 * dies before the ledger is told, or after, only tells it the same again.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import { chainKeys } from '#wire/table-keys.ts';
import type { Clock } from './clock.ts';
import { type ChainDeposit, depositIdOf, readChainDeposit, stepWrite } from './deposit-store.ts';
import type { LedgerStore } from './ledger-store.ts';
import { storedUnits } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type CreditPorts = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  ledger: Pick<LedgerStore, 'deposit'>;
  /** Every asset of every listed market. */
  assets(): Promise<readonly Asset[]>;
  /** The ledger's account of an address on the chain: the house's for the insurance account's. */
  ledgerAccountOf(address: string): string;
  clock: Pick<Clock, 'nowMs'>;
};

/** Rivals are two processes at the same final deposit: the one that is second sees what the first one decided. */
const tries = 20;

/** Any number of times, of a deposit in a block that is final. */
export async function creditDeposit(
  ports: CreditPorts,
  place: Pick<ChainDeposit, 'chainId' | 'transactionHash' | 'logIndex'>,
): Promise<ChainDeposit> {
  const { client, table, ledger, clock } = ports;
  for (let tried = 0; tried < tries; tried += 1) {
    const deposit = await readChainDeposit(ports, place);
    assert(deposit, `${depositIdOf(place)} is final and was never seen`);
    assert(deposit.status !== 'reorged', `${depositIdOf(place)} is final and in no block`);
    if (deposit.status === 'pending') {
      await transact(client, await decisionWrites(ports, deposit));
      continue;
    }
    if (deposit.status !== 'crediting') return deposit;
    const { asset, units } = deposit;
    assert(asset !== undefined && units !== undefined, 'a deposit is credited without an amount');
    const operationId = depositIdOf(deposit);
    const account = ports.ledgerAccountOf(deposit.account);
    const atMs = clock.nowMs();
    const { status } = await ledger.deposit({ operationId, account, asset, units, atMs });
    assert(status === 'created' || status === 'exists', `${operationId}: ${status}`);
    await transact(client, [stepWrite(table, deposit, { ...deposit, status: 'credited' })]);
  }
  throw new Error(`${depositIdOf(place)} was not credited in ${tries} tries`);
}

async function decisionWrites(ports: CreditPorts, deposit: ChainDeposit): Promise<Write[]> {
  const { table } = ports;
  const asset = (await ports.assets()).find(({ chainAsset }) => chainAsset === deposit.chainAsset);
  if (!asset) return [stepWrite(table, deposit, { ...deposit, status: 'unknown_asset' })];
  const carried = await dustOf(ports, deposit.account, asset.id);
  const atoms = carried + deposit.atoms;
  const brought = (atoms / atomsPerUnit(asset)) as Units;
  const left = atoms % atomsPerUnit(asset);
  const decided: ChainDeposit = {
    ...deposit,
    asset: asset.id,
    units: brought,
    status: brought === 0n ? 'dust' : 'crediting',
  };
  const decision = stepWrite(table, deposit, decided);
  if (left === carried) return [decision, dustWrite(table, deposit.account, asset.id, carried)];
  return [
    decision,
    dustWrite(table, deposit.account, asset.id, carried, left),
    {
      Update: {
        TableName: table,
        Key: chainKeys.allDust(asset.id),
        UpdateExpression: 'ADD atoms :change',
        ExpressionAttributeValues: { ':change': left - carried },
      },
    },
  ];
}

/** What an account's deposits of an asset left over, below one unit. */
export async function dustOf(
  { client, table }: Pick<CreditPorts, 'client' | 'table'>,
  account: string,
  asset: string,
): Promise<bigint> {
  const Key = chainKeys.dust(account, asset);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return storedUnits(item?.['atoms']);
}

/** Dust is what was seen, and stays or becomes `next`. */
function dustWrite(
  table: string,
  account: string,
  asset: string,
  seen: bigint,
  next: bigint = seen,
): Write {
  const condition = {
    TableName: table,
    ConditionExpression:
      seen === 0n ? 'attribute_not_exists(pk) OR atoms = :seen' : 'atoms = :seen',
    ExpressionAttributeValues: { ':seen': seen },
  };
  const key = chainKeys.dust(account, asset);
  if (next === seen) return { ConditionCheck: { ...condition, Key: key } };
  return { Put: { ...condition, Item: { ...key, atoms: next } } };
}
