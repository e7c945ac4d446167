/** A market on the contracts for one test file: alice and bob hold 10,000 atoms of both assets at the beginning of each test. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { BatchFill, BatchOrder, SettlementBatch } from '../../shared/wire/settlement-batch.ts';
import { type ChainWorld, startChainWorld, User } from './chain-world.ts';
import { fillOf, nextBatch, settle, signedOrder } from './signed-trades.ts';

export let world: ChainWorld;
let stop: () => Promise<void>;
export let eth: string;
export let usdc: string;
let kept: string;
export const alice = new User('alice');
export const bob = new User('bob');
export const carol = new User('carol');

/** Opens it, in a file's first line. */
export function useMarket(): void {
  beforeAll(async () => {
    ({ world, stop } = await startChainWorld());
    eth = await world.token('ETH');
    usdc = await world.token('USDC', 6);
    for (const user of [alice, bob]) {
      await world.fund(user.address, eth, 10_000n);
      await world.fund(user.address, usdc, 10_000n);
    }
    kept = await world.chain.rpc('evm_snapshot');
  });
  afterAll(() => stop?.());

  /** Each story begins with alice and bob, 10,000 atoms of both assets each. */
  beforeEach(async () => {
    await world.chain.rpc('evm_revert', kept);
    kept = await world.chain.rpc('evm_snapshot');
  });
}

type Draft = Parameters<typeof signedOrder>[2];
export const market = () => ({ baseAsset: eth, quoteAsset: usdc });
export const sells = (user: User, more: Partial<Draft> = {}) =>
  signedOrder(world, user, { ...market(), side: 1, ...more });
export const buys = (user: User, more: Partial<Draft> = {}) =>
  signedOrder(world, user, { ...market(), side: 0, ...more });
export const has = async (user: { address: string }) => [
  await world.balance(user.address, eth),
  await world.balance(user.address, usdc),
];

/** What the contract says of one fill between two orders, and that nothing moves where it does not settle. */
export async function said(
  orders: BatchOrder[],
  fill: Partial<BatchFill> = {},
  more: Partial<SettlementBatch> = {},
): Promise<string> {
  const before = [...(await has(alice)), ...(await has(bob))];
  const { outcomes } = await settle(world, await nextBatch(world, orders, [fillOf(fill)], more));
  const [outcome] = outcomes;
  if (outcome?.reason !== 'settled') {
    expect([...(await has(alice)), ...(await has(bob))]).toEqual(before);
  }
  return [outcome?.reason, outcome?.side].filter(Boolean).join(' of the ');
}

export async function passAndSettle(seconds: number): Promise<void> {
  await world.chain.pass(seconds);
  const matchedThroughMs = await world.chain.nowMs();
  await settle(world, await nextBatch(world, [], [], { matchedThroughMs }));
}
