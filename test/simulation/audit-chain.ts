/** What must hold when the chain's simulation is over: nothing is under way, every trade is settled, and the ledger is the vault to the smallest part. */
import { dustOf } from '#cloud/chain-dust.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { type BatchRow, batchesBehind, contentOf } from '#cloud/settlement-batches.ts';
import { type SettlingTrade, tradesOfContent } from '#cloud/settlement-content.ts';
import { createVaultReads, type VaultReads } from '#cloud/vault-reads.ts';
import { openPayouts } from '#cloud/withdrawal-store.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { feeAccount, insuranceAccount } from '#wire/table-keys.ts';
import { delaySeconds } from '../contracts/chain-world.ts';
import { auditActs, type Told } from './audit-acts.ts';
import { atomsOf, type ChainSimulationWorld, tables } from './chain-world.ts';

export async function auditChain(world: ChainSimulationWorld, told: Told): Promise<string[]> {
  const acts = await world.acts();
  return [
    ...(await auditBatches(world, acts, told)),
    ...auditActs(world, acts, told),
    ...auditDeposits(world),
    ...(await auditWithdrawals(world)),
    ...(await auditVault(world)),
  ];
}

async function auditBatches(
  world: ChainSimulationWorld,
  acts: Acts,
  { isFrozen }: Told,
): Promise<string[]> {
  const where = { client: world.calmClient(), chainTable: tables.chainTable };
  const problems: string[] = [];
  const planned = new Map<string, number>();
  const failed = new Set<string>();
  for (const batch of await batchesBehind(where, 0, 10_000)) {
    const { batchId, status, insured, rejections, isTakenBack } = batch;
    const isOver = status === 'settled' || (isFrozen && isTakenBack);
    if (!isOver) problems.push(`batch ${batchId} is ${status} in the end`);
    const content = await contentOf(where, batchId);
    const { trades } = content;
    for (const { groupId, sequence } of trades) {
      const name = `trade ${sequence} of ${groupId}`;
      if (planned.has(name))
        problems.push(`${name} is in batches ${planned.get(name)}, ${batchId}`);
      planned.set(name, batchId);
    }
    if (isTakenBack) continue;
    const minedAtMs = await timeOf(world, batch);
    for (const at of [...insured.keys(), ...rejections.map((each) => each.at)]) {
      const trade = tradesOfContent(content)[at];
      const side = insured.get(at) ?? rejections.find((each) => each.at === at)?.reason;
      const owners = trade ? ownersOf(trade, side) : [];
      // What an earlier fill of his did not bring him he lacks in the next.
      const lacks = owners.some((owner) => failed.has(owner));
      const isFree = lacks || (trade && isExcused(world, acts, { trade, owners, minedAtMs }));
      for (const owner of owners) failed.add(owner);
      if (isFree) continue;
      problems.push(`fill ${at} of batch ${batchId} did not settle: ${side}`);
    }
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

/** Whose side did not settle. */
function ownersOf({ makerAccount, takerAccount }: SettlingTrade, side: string | undefined) {
  if (side === 'maker') return [makerAccount];
  return side === 'taker' ? [takerAccount] : [makerAccount, takerAccount];
}

type Acts = Awaited<ReturnType<ChainSimulationWorld['acts']>>;

async function timeOf({ node }: ChainSimulationWorld, { blockNumber }: BatchRow): Promise<number> {
  const at = `0x${(blockNumber ?? 0).toString(16)}`;
  const block = await node.rpc.request('eth_getBlockByNumber', [at, false]);
  return Number((block as { timestamp: string }).timestamp) * 1_000;
}

/**
 * A side need not settle only where its owner's delay had passed by then. And the match must not have come long after the act: what
 * its owner had taken back by then, the exchange may not match.
 */
function isExcused(
  { groups }: ChainSimulationWorld,
  acts: Acts,
  { trade, owners, minedAtMs }: { trade: SettlingTrade; owners: string[]; minedAtMs: number },
): boolean {
  const frames = groups.find(({ groupId }) => groupId === trade.groupId)?.frames ?? [];
  const frame = frames.find(({ lastSequence }) => lastSequence >= trade.sequence);
  const matchedAtMs = frame?.atMs ?? 0;
  const delayMs = delaySeconds * 1_000;
  return acts.some(
    ({ account, requestedAtMs }) =>
      owners.includes(account) &&
      requestedAtMs + delayMs <= minedAtMs &&
      matchedAtMs < requestedAtMs + delayMs / 2,
  );
}

/** None is left half way. */
export function auditDeposits({ table }: ChainSimulationWorld): string[] {
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

/**
 * The ledger, unit by unit, and the dust that it carries: that is what the vault holds for each, and the vault holds its tokens. The
 * house is compared in sum: a fill that is undone for both leaves its fee where it is, at insurance's cost.
 */
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
    let [sum, house] = [0n, 0n];
    for (const { address, account } of accounts) {
      const said = (await unitsOf(world, account, id)) * atomsOf(asset);
      const where = { client: world.calmClient(), table: tables.chainTable };
      const dust = await dustOf(where, address, id);
      const held = await reads.balanceOf(address, asset.chainAsset);
      if (isHouse(account)) house += said + dust - held;
      else if (said + dust !== held)
        problems.push(`${account} has ${said} + ${dust} ${id} in the ledger, ${held} in the vault`);
      sum += held;
    }
    if (house !== 0n)
      problems.push(`the house has ${house} ${id} more in the ledger than the vault`);
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
