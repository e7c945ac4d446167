/** What must hold when the chain's simulation is over: nothing is under way, every trade is settled, and the ledger is the vault to the smallest part. */
import { dustOf } from '#cloud/chain-dust.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { type BatchRow, batchesBehind, contentOf } from '#cloud/settlement-batches.ts';
import { createVaultReads, type VaultReads } from '#cloud/vault-reads.ts';
import { openPayouts } from '#cloud/withdrawal-store.ts';
import { feeAccount, insuranceAccount } from '#wire/table-keys.ts';
import { atomsOf, type ChainSimulationWorld, tables } from './chain-world.ts';

/** Whether a side's owner had said on the chain, so long before that it counts, that nothing of his may be settled. */
export type Excused = (batch: BatchRow, at: number) => boolean;

export async function auditChain(world: ChainSimulationWorld, excused: Excused): Promise<string[]> {
  return [
    ...(await auditBatches(world, excused)),
    ...auditDeposits(world),
    ...(await auditWithdrawals(world)),
    ...(await auditVault(world)),
  ];
}

async function auditBatches(world: ChainSimulationWorld, excused: Excused): Promise<string[]> {
  const where = { client: world.calmClient(), chainTable: tables.chainTable };
  const problems: string[] = [];
  const planned = new Map<string, number>();
  for (const batch of await batchesBehind(where, 0, 10_000)) {
    const { batchId, status, insured, rejections } = batch;
    if (status !== 'settled') problems.push(`batch ${batchId} is ${status} in the end`);
    const { trades, repairs } = await contentOf(where, batchId);
    for (const { groupId, sequence } of trades) {
      const name = `trade ${sequence} of ${groupId}`;
      if (planned.has(name))
        problems.push(`${name} is in batches ${planned.get(name)}, ${batchId}`);
      planned.set(name, batchId);
    }
    for (const [at, side] of insured)
      if (!excused(batch, at))
        problems.push(`fill ${at} of batch ${batchId} did not settle for its ${side}`);
    for (const { at, reason } of rejections)
      problems.push(`fill ${at} of batch ${batchId} was rejected: ${reason}`);
    if (repairs.length > 0) problems.push(`batch ${batchId} repairs`);
  }
  for (const group of world.groups)
    for (const { outcomes, groupId } of group.frames)
      for (const event of outcomes.flatMap(({ events }) => events)) {
        if (event.type !== 'trade') continue;
        const name = `trade ${event.sequence} of ${groupId}`;
        if (!planned.delete(name)) problems.push(`${name} is in no batch`);
      }
  for (const name of planned.keys()) problems.push(`${name} is in a batch, and never was`);
  return problems;
}

/** None is left half way. */
function auditDeposits({ table }: ChainSimulationWorld): string[] {
  const problems: string[] = [];
  for (const [key, item] of table.items(tables.chainTable))
    if (key.startsWith('DEPOSIT#') && ['pending', 'crediting'].includes(String(item['status'])))
      problems.push(`${key} is ${item['status']} in the end`);
  return problems;
}

async function auditWithdrawals(world: ChainSimulationWorld): Promise<string[]> {
  const where = { client: world.calmClient(), table: tables.chainTable };
  return (await openPayouts(where)).map(
    ({ digest, status, problem }) => `withdrawal ${digest} is ${status} in the end: ${problem}`,
  );
}

/** The ledger, unit by unit, and the dust that it carries: that is what the vault holds for each, and the vault holds its tokens. */
async function auditVault(world: ChainSimulationWorld): Promise<string[]> {
  const { users, world: chain, rpc } = world.node;
  const { vault, fees, insurance } = chain.places;
  const reads = createVaultReads({ rpc, vault });
  const accounts = [
    ...users.map(({ address }) => ({ address, account: address })),
    { address: fees.address, account: feeAccount },
    { address: insurance.address, account: insuranceAccount },
  ];
  const problems: string[] = [];
  for (const [id, asset] of world.assets) {
    let sum = 0n;
    for (const { address, account } of accounts) {
      const said = (await unitsOf(world, account, id)) * atomsOf(asset);
      const where = { client: world.calmClient(), table: tables.chainTable };
      const dust = await dustOf(where, address, id);
      const held = await reads.balanceOf(address, asset.chainAsset);
      if (said + dust !== held)
        problems.push(`${account} has ${said} + ${dust} ${id} in the ledger, ${held} in the vault`);
      sum += held;
    }
    problems.push(...(await auditTokens(reads, asset.chainAsset, sum)));
  }
  return problems;
}

async function unitsOf(
  world: ChainSimulationWorld,
  account: string,
  asset: string,
): Promise<bigint> {
  const ledger = createLedgerStore({ client: world.calmClient(), table: tables.ledgerTable });
  const balance = (await ledger.balances(account)).find((each) => each.asset === asset);
  if (!balance) return 0n;
  const lent = balance.credit.reduce((sum, { frozen, pending }) => sum + frozen + pending, 0n);
  return balance.available + balance.withdrawing + lent;
}

async function auditTokens(reads: VaultReads, chainAsset: string, sum: bigint): Promise<string[]> {
  const [total, held] = [await reads.totalOf(chainAsset), await reads.heldOf(chainAsset)];
  const problems: string[] = [];
  if (sum !== total)
    problems.push(`all balances of ${chainAsset} are ${sum}, the vault says ${total}`);
  if (total > held) problems.push(`the vault owes ${total} of ${chainAsset} and holds ${held}`);
  return problems;
}
