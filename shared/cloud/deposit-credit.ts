/**
 * What becomes of a deposit that is final: its atoms, and what its account's earlier ones had left over, are credited as whole
 * units, once; the rest is carried. What it brings is decided in one write with the dust that is left, so that whoever
 * dies before the ledger is told, or after, only tells it the same again.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import { broughtWith, dustOf, dustWrites } from './chain-dust.ts';
import type { Clock } from './clock.ts';
import { type ChainDeposit, depositIdOf, readChainDeposit, stepWrite } from './deposit-store.ts';
import type { LedgerStore } from './ledger-store.ts';
import { transact, type Write } from './transaction.ts';

export type CreditPorts = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  ledger: Pick<LedgerStore, 'deposit'>;
  /** Every asset of every listed market. */
  assets(): Promise<readonly Asset[]>;
  /** The ledger's account of an address on the chain: the house's for the insurance account's. */
  ledgerAccountOf(address: string): Promise<string>;
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
    const account = await ports.ledgerAccountOf(deposit.account);
    const atMs = clock.nowMs();
    const { status } = await ledger.deposit({ operationId, account, asset, units, atMs });
    assert(status === 'created' || status === 'exists', `${operationId}: ${status}`);
    await transact(client, [stepWrite(table, deposit, { ...deposit, status: 'credited' })]);
  }
  throw new Error(`${depositIdOf(place)} was not credited in ${tries} tries`);
}

async function decisionWrites(ports: CreditPorts, deposit: ChainDeposit): Promise<Write[]> {
  const { table } = ports;
  const { account, atoms: cameAtoms } = deposit;
  const asset = (await ports.assets()).find(({ chainAsset }) => chainAsset === deposit.chainAsset);
  if (!asset) return [stepWrite(table, deposit, { ...deposit, status: 'unknown_asset' })];
  const dustAtoms = await dustOf(ports, account, asset.id);
  const brought = broughtWith(asset, { dustAtoms, cameAtoms });
  const decided: ChainDeposit = {
    ...deposit,
    asset: asset.id,
    units: brought.units as Units,
    status: brought.units === 0n ? 'dust' : 'crediting',
  };
  const carried = { account, asset: asset.id };
  return [
    stepWrite(table, deposit, decided),
    ...dustWrites(table, carried, dustAtoms, brought.dustAtoms),
  ];
}
