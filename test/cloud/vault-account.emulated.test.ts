/** One owner's two books, over the contracts on anvil and the tables' twin, while trades wait for their batch. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ComparePorts, compareWithVault } from '#cloud/vault-account.ts';
import { createVaultReads } from '#cloud/vault-reads.ts';
import { units } from '#domain/amount.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { type ChainWorld, startChainWorld, User } from '../contracts/chain-world.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import { groupIds, SettlementWorld } from './settlement-world.ts';

let dynamo: DynamoTwin;
let chain: ChainWorld;
let stopChain: () => Promise<void>;
let world: SettlementWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
  ({ world: chain, stop: stopChain } = await startChainWorld());
  await chain.chain.rpc('anvil_setBalance', chain.places.operator.address, '0xffffffffffffffffff');
  const assets: SettlementWorld['assets'] = new Map();
  for (const [id, decimals, chainDecimals] of [
    ['ETH', 8, 18],
    ['USDC', 6, 6],
  ] as const) {
    const chainAsset = `0x${BigInt(await chain.token(id, chainDecimals)).toString(16)}`;
    assets.set(id, { id, decimals, chainDecimals, chainAsset });
  }
  const tables = {
    ...{ ledgerTable: await newTable(), chainTable: await newTable() },
    outboxTable: await newTable(),
  };
  const users = ['ann', 'bob'].map((name) => new User(name));
  world = new SettlementWorld(dynamo.client, chain, { tables, assets, users });
});
afterAll(async () => {
  await stopChain();
  await dynamo.stop();
});

/** As of the newest block, whose facts are taken. */
async function compared(user: User) {
  const finalNumber = Number(await chain.chain.rpc<string>('eth_blockNumber'));
  const cursor = { ...chainKeys.consumer('chain-facts'), fact: 1, finalNumber };
  const TableName = world.tables.chainTable;
  await world.client.send(new PutCommand({ TableName, Item: cursor }));
  const ports: ComparePorts = {
    client: world.client,
    ...world.tables,
    reads: createVaultReads({ rpc: nodeRpc(chain.chain.url), vault: chain.places.vault }),
    assets: async () => [...world.assets.values()],
    groups: groupIds,
    pause: async () => undefined,
  };
  return compareWithVault(ports, user.address);
}

test('the vault holds what the ledger says, less what waits for its batch, and a sub-account’s is its owner’s', async () => {
  const [ann, bob] = world.users as [User, User];
  await world.fund(ann, 'majors', 'USDC', 1_000_000);
  await world.fund(bob, 'majors', 'ETH', 1_000);
  const bid = world.place(ann, 'majors', 'buy', 1_000, 100);
  const ask = world.place(bob, 'majors', 'sell', 900, 90);
  const agrees = async (wanted: { unsettled: boolean }) => {
    const all = [...(await compared(ann)), ...(await compared(bob))];
    for (const { expectedAtoms, vaultAtoms } of all) expect(vaultAtoms).toBe(expectedAtoms);
    expect(all.some(({ unsettledUnits }) => unsettledUnits !== 0n)).toBe(wanted.unsettled);
    return all;
  };
  await agrees({ unsettled: false });
  world.trade('majors', bid, ask, 200);
  await world.clear();
  const waiting = await agrees({ unsettled: true });
  expect(waiting[0]).toMatchObject({ asset: 'ETH', ledgerUnits: 200n, unsettledUnits: 200n });
  await world.settle();
  await world.hear();
  await agrees({ unsettled: false });
  world.trade('majors', bid, ask, 100);
  await world.clear();
  await agrees({ unsettled: true });
  await world.settle();
  await world.hear();
  await agrees({ unsettled: false });

  await chain.fund(ann.address, tokenOf('USDC'), 50n);
  await world.ledger.deposit({
    ...{ operationId: 'more', account: ann.address, asset: 'USDC', units: units(50), atMs: 1 },
  });
  await world.ledger.transfer({
    ...{ operationId: 'aside', from: ann.address, to: `${ann.address}/bot`, asset: 'USDC' },
    ...{ units: units(50), atMs: 2 },
  });
  await agrees({ unsettled: false });
  // A unit in the vault that no ledger knows.
  await chain.fund(ann.address, tokenOf('USDC'), 1n);
  const usdc = (await compared(ann)).find(({ asset }) => asset === 'USDC');
  expect((usdc?.vaultAtoms ?? 0n) - (usdc?.expectedAtoms ?? 0n)).toBe(1n);
});

const tokenOf = (id: string) =>
  `0x${BigInt(world.asset(id).chainAsset).toString(16).padStart(40, '0')}`;
