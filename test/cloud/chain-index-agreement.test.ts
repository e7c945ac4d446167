/** The indexer over providers of which one lies: what that one made up is never final, and it is named. */
import { afterEach, describe, expect, test } from 'vitest';
import { agreeOn } from '#cloud/chain-index-agreement.ts';
import { hashOfHeader, isProven } from '#cloud/chain-index-header.ts';
import { look, type PassPorts } from '#cloud/chain-index-pass.ts';
import { systemClock } from '#cloud/clock.ts';
import { createRpcPool, type RpcPool } from '#cloud/rpc-pool.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import { type Lie, lies, startTeller } from './lying-node.ts';
import { MemoryIndex } from './memory-index.ts';
import type { RpcNode } from './rpc-node.ts';
import {
  exchange,
  FoldedFacts,
  genesisMs,
  SimulatedChain,
  stranger,
  vault,
} from './simulated-chain.ts';

const confirmations = 5;
const nodes: RpcNode[] = [];
const pools: RpcPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) pool.close();
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});

/** One teller for each lie, honest where it is undefined. A liar answers at once, so that it is asked before the others. */
async function tellersOf(chain: SimulatedChain, told: (Lie | undefined)[]) {
  const started = await Promise.all(told.map((lie) => startTeller(chain, lie)));
  nodes.push(...started);
  for (const [at, node] of started.entries())
    if (told[at] === undefined) node.trouble = { type: 'slow', ms: 25 };
  const pool = createRpcPool({
    providers: started.map(({ url }, at) => ({ name: told[at] ?? `honest-${at}`, url })),
    ...{ clock: systemClock, random: Math.random },
    limits: { backAfterMs: 0, headEveryMs: 50 },
  });
  pools.push(pool);
  const accused = new Set<string>();
  const doubted: number[] = [];
  const ports: PassPorts = {
    ...{ rpc: pool, everyone: pool.everyone, addresses: [vault, exchange] },
    witnesses: {
      names: pool.names,
      accuse(name) {
        accused.add(name);
        pool.distrust(name);
      },
      doubt: ({ number }) => doubted.push(number),
    },
    terms: { confirmations, finalizedTag: false, fromBlock: 0 },
    nowMs: () => genesisMs,
  };
  return { pool, ports, accused, doubted };
}

/** Looks some times; a look that fails is another try's matter. */
async function lookOften(index: MemoryIndex, ports: PassPorts, times = 12): Promise<void> {
  for (let looks = 0; looks < times; looks += 1) {
    const looked = await look(await index.read(), ports).catch(() => undefined);
    if (looked?.type === 'found') await index.append(looked.pass);
  }
}

/** Until all is final that can be. */
async function lookThrough(index: MemoryIndex, ports: PassPorts, chain: SimulatedChain) {
  for (let looks = 0; index.folded().finalNumber < chain.head - confirmations; looks += 1) {
    if (looks === 100) throw new Error('no end');
    await lookOften(index, ports, 1);
  }
}

/** Each time something became final, all logs through there were what the chain has. */
function expectHonestFinality(index: MemoryIndex, chain: SimulatedChain): void {
  const folded = new FoldedFacts();
  for (const fact of index.facts) {
    folded.apply(fact);
    if (fact.type === 'finalize')
      expect(folded.state(fact.number)).toBe(chain.canonical(0, fact.number));
  }
}

const kinds = [[vault], [], [stranger, vault], [stranger], [vault, exchange], []];
function mine(chain: SimulatedChain, count: number): void {
  for (let mined = 0; mined < count; mined += 1)
    chain.mine(kinds[(chain.head * 5 + mined) % kinds.length] ?? []);
}

describe('of three providers', () => {
  test.each(lies)(
    'one that lies (%s) makes nothing final, is named and asked no more',
    async (lie) => {
      const chain = new SimulatedChain();
      const { pool, ports, accused } = await tellersOf(chain, [lie, undefined, undefined]);
      const index = new MemoryIndex();
      for (let round = 0; round < 4; round += 1) {
        mine(chain, 9);
        await lookThrough(index, ports, chain);
        expectHonestFinality(index, chain);
      }
      expect([...accused]).toEqual([lie]);
      expect(pool.state().map(({ status }) => status)).toContain('lied');
      // What it made up at the head was taken back, and what is there came in its place.
      expect(index.folded().state()).toBe(chain.canonical(0, chain.head));
      expect(index.folded().finalNumber).toBe(chain.head - confirmations);
    },
  );

  test('one whose lie was told at the head is found out before it is final', async () => {
    const chain = new SimulatedChain();
    const { ports, accused } = await tellersOf(chain, [undefined, 'amount', undefined]);
    const index = new MemoryIndex();
    mine(chain, 3);
    const liar = nodes[1]?.url ?? '';
    await lookOften(index, { ...ports, rpc: nodeRpc(liar) }, 2);
    expect(index.folded().state()).not.toBe(chain.canonical(0, chain.head));
    expect(accused.size).toBe(0);
    mine(chain, 6);
    await lookThrough(index, ports, chain);
    expect([...accused]).toEqual(['amount']);
    expect(index.facts.some(({ type }) => type === 'reorg')).toBe(true);
    expect(index.folded().state()).toBe(chain.canonical(0, chain.head));
  });

  test('two that are silent hold up what is final, and nobody is accused', async () => {
    const chain = new SimulatedChain();
    const { ports, accused, doubted } = await tellersOf(chain, [undefined, undefined, undefined]);
    const index = new MemoryIndex();
    mine(chain, 10);
    for (const node of nodes.slice(1)) node.trouble = { type: 'drop' };
    await lookOften(index, ports, 3);
    expect(index.folded().state()).toBe(chain.canonical(0, 10));
    expect(index.folded().finalNumber).toBe(-1);
    expect(doubted.length).toBeGreaterThan(0);
    for (const node of nodes.slice(1)) node.trouble = { type: 'none' };
    await lookThrough(index, ports, chain);
    expect(accused.size).toBe(0);
  });

  test('that cannot be had are waited for: no more is read than can be taken back', async () => {
    const chain = new SimulatedChain();
    const { ports } = await tellersOf(chain, [undefined, undefined, undefined]);
    const index = new MemoryIndex();
    for (const node of nodes) node.trouble = { type: 'none' };
    for (let mined = 0; mined < 400; mined += 1) chain.mine(mined % 50 === 0 ? [vault] : []);
    const silent = { ...ports, everyone: async () => [undefined, undefined, undefined] };
    await lookOften(index, silent, 4);
    expect(index.folded().head?.number).toBe(256 + confirmations - 1);
    await lookThrough(index, ports, chain);
    expect(index.folded().head?.number).toBe(chain.head);
    expectHonestFinality(index, chain);
  });
});

test('one that lied is asked alone only where nobody else is left', async () => {
  const { pool } = await tellersOf(new SimulatedChain(), ['amount', undefined, undefined]);
  const [liar, ...others] = nodes;
  await pool.request('eth_blockNumber', []);
  pool.distrust('amount');
  const ask = (at: number) => pool.request('eth_getBalance', [`0x${at}`, 'latest']);
  for (let at = 0; at < 6; at += 1) expect(await ask(at)).toBe('0x64');
  expect(liar?.calls.has('eth_getBalance')).toBe(false);
  for (const node of others) node.trouble = { type: 'drop' };
  let answer: unknown;
  for (let at = 6; at < 20 && answer === undefined; at += 1)
    answer = await ask(at).catch(() => undefined);
  expect(answer).toBe('0x64');
});

test('of two providers that contradict each other neither is believed or accused', async () => {
  const chain = new SimulatedChain();
  const { ports, accused, doubted } = await tellersOf(chain, ['amount', undefined]);
  const index = new MemoryIndex();
  mine(chain, 12);
  await lookOften(index, ports, 3);
  expect(index.folded().state()).not.toBe(chain.canonical(0, 12));
  expectHonestFinality(index, chain);
  expect(doubted.length).toBeGreaterThan(0);
  expect(accused.size).toBe(0);
});

test('the word of a single provider is all there is', async () => {
  const final = { number: 7, hash: `0x${'77'.repeat(32)}` };
  const alone = { everyone: () => Promise.reject(new Error('asked')), addresses: [vault] };
  expect(await agreeOn(final, [{ ...final, digest: '' }], alone)).toEqual({
    type: 'agreed',
    finalNumber: 7,
  });
});

describe('a header', () => {
  /** Ethereum's first block. */
  const genesis = {
    hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
    parentHash: `0x${'00'.repeat(32)}`,
    sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    miner: `0x${'00'.repeat(20)}`,
    stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
    transactionsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    receiptsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    logsBloom: `0x${'00'.repeat(256)}`,
    ...{ difficulty: '0x400000000', number: '0x0', gasLimit: '0x1388', gasUsed: '0x0' },
    timestamp: '0x0',
    extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
    mixHash: `0x${'00'.repeat(32)}`,
    nonce: '0x0000000000000042',
  };

  test('is proven by its own hash', () => {
    expect(hashOfHeader(genesis)).toBe(genesis.hash);
    expect(isProven(genesis)).toBe(true);
  });

  test.each([
    ['another field', { ...genesis, timestamp: '0x1' }],
    ['a field more', { ...genesis, baseFeePerGas: '0x7' }],
    ['a field less', { ...genesis, miner: undefined }],
    ['another hash', { ...genesis, hash: genesis.stateRoot }],
    ['no hash at all', { ...genesis, hash: undefined, miner: undefined }],
    ['no block', null],
  ])('with %s is not', (_, header) => {
    expect(isProven(header)).toBe(false);
  });
});
