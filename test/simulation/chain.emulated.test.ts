/** The chain's simulation over some seeds, on a real node; many more run by `npm run simulate`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChainNode } from './chain-node.ts';
import { failedChainSeeds } from './failed-seeds.ts';
import type { ChainFault } from './planted.ts';
import { simulateChain } from './simulate-chain.ts';

const firstSeeds = Array.from({ length: 6 }, (_, index) => index + 1);
const seeds = [...new Set([...Object.keys(failedChainSeeds).map(Number), ...firstSeeds])];

let node: ChainNode;
beforeAll(async () => {
  node = await ChainNode.start();
});
afterAll(() => node.stop());

test.each(seeds)(
  'seed %i: every trade settles once, and the ledger is the vault to the smallest part',
  async (seed) => {
    const run = await simulateChain(node, seed);
    expect(run.problems).toEqual([]);
  },
);

test('the same seed is the same run', async () => {
  const first = await simulateChain(node, 3);
  expect(await simulateChain(node, 3)).toEqual(first);
});

/** The others show in every fifth to tenth seed, `exits-unheard` in every fortieth: `npm run simulate -- chain --seeds 40 --plant withdraws-early`. */
const quickFaults: readonly ChainFault[] = [
  ...(['unconditional', 'credits-twice', 'bell-lost'] as const),
  ...(['guard-blind', 'atom-lost', 'key-cancels-all'] as const),
  ...(['gifts-forgotten', 'freeze-unheard'] as const),
];
const mostSeeds = 15;

test.each(quickFaults)('a fault that is planted is found: %s', async (fault) => {
  let problems: string[] = [];
  for (let seed = 1; seed <= mostSeeds && problems.length === 0; seed += 1)
    ({ problems } = await simulateChain(node, seed, fault));
  expect(problems).not.toEqual([]);
});
