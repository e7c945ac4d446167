/** Worlds of settlement on one chain and one twin of the tables, and what most stories begin with. */
import { expect } from 'vitest';
import { type ChainWorld, startChainWorld, User } from '../contracts/chain-world.ts';
import { newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { SettlementWorld } from './settlement-world.ts';

export type SettlementRig = {
  chain: ChainWorld;
  /** Runs on a chain that is taken back to where it was. */
  onChain(work: (world: SettlementWorld) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
};

export async function startSettlementRig(): Promise<SettlementRig> {
  const dynamo = await startDynamo();
  const { world: chain, stop: stopChain } = await startChainWorld();
  await chain.chain.rpc('anvil_setBalance', chain.places.operator.address, '0xffffffffffffffffff');
  const eth = await chain.token('ETH', 18);
  const usdc = await chain.token('USDC', 6);
  const hex = (token: string) => `0x${BigInt(token).toString(16)}`;
  const assets: SettlementWorld['assets'] = new Map([
    ['ETH', { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: hex(eth) }],
    ['USDC', { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: hex(usdc) }],
  ]);
  let worlds = 0;

  async function newWorld(): Promise<SettlementWorld> {
    worlds += 1;
    const tables = {
      ledgerTable: await newTable(),
      chainTable: await newTable(),
      outboxTable: await newTable(),
    };
    const users = ['ann', 'bob', 'cat'].map((name) => new User(`${name} ${worlds}`));
    return new SettlementWorld(dynamo.client, chain, { tables, assets, users });
  }

  return {
    chain,
    async onChain(work) {
      const snapshot = await chain.chain.rpc<string>('evm_snapshot');
      try {
        await work(await newWorld());
      } finally {
        await chain.chain.rpc('evm_revert', snapshot);
      }
    },
    async stop() {
      await stopChain();
      await dynamo.stop();
    },
  };
}

/** Bob sells what Ann bids for, twice. */
export async function traded(world: SettlementWorld) {
  const [ann, bob] = world.users as [User, User, User];
  await world.fund(ann, 'majors', 'USDC', 1_000_000);
  await world.fund(bob, 'majors', 'ETH', 1_000);
  const bid = world.place(ann, 'majors', 'buy', 1_000, 100);
  const ask = world.place(bob, 'majors', 'sell', 900, 90);
  world.trade('majors', bid, ask, 200);
  world.trade('majors', bid, ask, 100);
  await world.clear();
  return { ann, bob, bid, ask };
}

export async function expectEqual(world: SettlementWorld, users: readonly User[]): Promise<void> {
  for (const user of users)
    for (const asset of ['ETH', 'USDC']) {
      const { ledger, vault } = await world.holds(user.address, asset);
      expect(`${asset} ${vault}`).toBe(`${asset} ${ledger}`);
    }
}
