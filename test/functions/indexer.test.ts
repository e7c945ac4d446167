import { describe, expect, test } from 'vitest';
import { look, type PassPorts } from '#cloud/chain-index-pass.ts';
import { followChain } from '../../functions/indexer/follow-chain.ts';
import { MemoryIndex } from '../cloud/memory-index.ts';
import { exchange, genesisMs, SimulatedChain, stranger, vault } from '../cloud/simulated-chain.ts';

const confirmations = 3;
const pollMs = 1_000;

/** Follows the chain for so many looks; between two of them something happens on it. */
async function follow(
  chain: SimulatedChain,
  index: MemoryIndex,
  { looks, quietMs, between }: { looks: number; quietMs: number; between: () => void },
) {
  const ports: PassPorts = {
    rpc: chain,
    everyone: async (method, params) => [await chain.request(method, params)],
    addresses: [vault, exchange],
    terms: { confirmations, finalizedTag: false, fromBlock: 0 },
    nowMs: () => genesisMs,
  };
  let nowMs = genesisMs;
  return followChain(
    {
      store: index,
      look: (before) => look(before, ports),
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      pause: async (ms) => {
        nowMs += ms;
        between();
      },
      report: () => {},
    },
    { lastsMs: looks * pollMs, pollMs, quietMs },
  );
}

describe('a chain on which nothing of ours happens', () => {
  test('is told of once in a while, and not block by block', async () => {
    const chain = new SimulatedChain();
    const index = new MemoryIndex();
    const between = () => chain.mine([stranger]);
    await follow(chain, index, { looks: 5, quietMs: 0, between });
    const told = index.facts.length;
    const { headNumber } = await follow(chain, index, { looks: 5, quietMs: 3_600_000, between });
    expect(headNumber).toBe(chain.head);
    expect(index.facts.length).toBe(told);
    await follow(chain, index, { looks: 1, quietMs: 0, between });
    expect(index.facts.slice(told).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['block', 'finalize']),
    );
  });

  test('is told of at once when something does, and again when that is final', async () => {
    const chain = new SimulatedChain();
    const index = new MemoryIndex();
    const quietMs = 3_600_000;
    await follow(chain, index, { looks: 1, quietMs, between: () => chain.mine([stranger]) });
    let mined = 0;
    await follow(chain, index, {
      looks: 4 + confirmations,
      quietMs,
      between: () => {
        mined += 1;
        chain.mine([mined === 2 ? vault : stranger]);
      },
    });
    const told = index.facts.find((fact) => fact.type === 'block' && fact.logs.length > 0);
    expect(told).toBeDefined();
    expect(index.folded().finalNumber).toBeGreaterThanOrEqual(
      told?.type === 'block' ? told.number : Number.NaN,
    );
  });
});

test('a deep reorg is written down at once, behind what waited', async () => {
  const chain = new SimulatedChain();
  const index = new MemoryIndex();
  const quietMs = 3_600_000;
  const between = () => chain.mine([stranger]);
  await follow(chain, index, { looks: 1, quietMs, between });
  let mined = 0;
  let isWritten = false;
  await follow(chain, index, {
    looks: 14,
    quietMs,
    between: () => {
      // All providers agree on the chain that is now: the index goes on with the next look.
      isWritten ||= index.checkpoint?.deepSinceMs !== undefined;
      mined += 1;
      if (mined === 10) chain.cut(confirmations + 4);
      for (let blocks = mined < 10 ? 1 : 9; blocks > 0; blocks -= 1) between();
    },
  });
  expect(isWritten).toBe(true);
});

test.each([1, 2, 3, 4])(
  'however facts are joined, they tell the chain as it is (seed %i)',
  async (seed) => {
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const chain = new SimulatedChain();
    const index = new MemoryIndex();
    const between = () => {
      if (random(6) === 0) chain.cut(random(confirmations));
      for (let blocks = random(3); blocks > 0; blocks -= 1)
        chain.mine([random(8) === 0 ? vault : stranger]);
    };
    for (let run = 0; run < 6; run += 1)
      await follow(chain, index, { looks: 10, quietMs: 3_600_000, between });
    await follow(chain, index, { looks: 1, quietMs: 0, between: () => chain.mine([stranger]) });
    await follow(chain, index, { looks: 0, quietMs: 0, between: () => {} });
    expect(index.folded().state()).toBe(chain.canonical(0, chain.head));
  },
);
