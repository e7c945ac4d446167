/** The vault for one test file: alice has 1,000 atoms of a token in it at the beginning of each test. */
import { Interface } from 'ethers';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { hostileTokenAbi } from '../../contracts/abi/hostile-token.ts';
import { hostileTokenBytecode } from '../../contracts/abi/hostile-token-bytecode.ts';
import { type ChainWorld, startChainWorld, User } from './chain-world.ts';
import { nextBatch, settle } from './signed-trades.ts';

export let world: ChainWorld;
let stop: () => Promise<void>;
export let token: string;
let kept: string;
export const hostile = new Interface(hostileTokenAbi);
export const alice = new User('alice');
export const bob = new User('bob');

/** Opens it, in a file's first line. */
export function useVault(): void {
  beforeAll(async () => {
    ({ world, stop } = await startChainWorld());
    token = await world.token('USDC', 6);
    await world.fund(alice.address, token, 1_000n);
    await world.chain.rpc('anvil_setBalance', alice.address, '0x3635c9adc5dea00000');
    kept = await world.chain.rpc('evm_snapshot');
  });
  afterAll(() => stop?.());

  /** Each story begins with alice's 1,000 atoms. */
  beforeEach(async () => {
    await world.chain.rpc('evm_revert', kept);
    kept = await world.chain.rpc('evm_snapshot');
  });
}

/** A batch without fills: all that was matched by now is settled. */
export async function settleThroughNow(): Promise<void> {
  await world.chain.pass(1);
  await settle(
    world,
    await nextBatch(world, [], [], { matchedThroughMs: await world.chain.nowMs() }),
  );
}

export const total = (asset: string | bigint) => world.read<bigint>('totalOf', [BigInt(asset)]);

export async function deployHostile(): Promise<string> {
  return world.chain.deploy(world.places.deployer, hostileTokenBytecode, hostile, []);
}

export async function depositHostile(bad: string, atoms: bigint): Promise<void> {
  const from = alice.address;
  const calls: [string, unknown[]][] = [
    ['mint', [from, atoms]],
    ['approve', [world.places.vault, atoms]],
  ];
  for (const [method, args] of calls) {
    await world.chain.send({ from, to: bad, data: hostile.encodeFunctionData(method, args) });
  }
  await world.vault(from, 'deposit', [BigInt(bad), atoms, from]);
}

export async function readHostile(bad: string, method: string): Promise<unknown> {
  const data = hostile.encodeFunctionData(method);
  const answer = await world.chain.call({ from: alice.address, to: bad, data });
  return hostile.decodeFunctionResult(method, answer)[0];
}
