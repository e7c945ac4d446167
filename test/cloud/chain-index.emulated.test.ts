/** The indexer over a real node and the tables' local twin, and its facts as consumers read them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { factItems, factReader } from '#cloud/chain-facts.ts';
import type { Checkpoint } from '#cloud/chain-index.ts';
import { isProven } from '#cloud/chain-index-header.ts';
import { look, type PassPorts } from '#cloud/chain-index-pass.ts';
import { type ChainIndexStore, createChainIndexStore } from '#cloud/chain-index-store.ts';
import { systemClock } from '#cloud/clock.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import type { Rpc } from '#cloud/rpc.ts';
import { createRpcPool } from '#cloud/rpc-pool.ts';
import { transact } from '#cloud/transaction.ts';
import type { ChainFact } from '#wire/chain-fact.ts';
import { startAnvil } from '../twins/anvil-twin.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import { deployEmitter, type Emitter } from './log-emitter.ts';
import { FoldedFacts } from './simulated-chain.ts';

const chainId = 31_337;
let dynamo: DynamoTwin;
let anvil: Awaited<ReturnType<typeof startAnvil>>;
let rpc: Rpc;
let ours: Emitter;
let strange: Emitter;
beforeAll(async () => {
  [dynamo, anvil] = await Promise.all([startDynamo('unused'), startAnvil({ noMining: true })]);
  rpc = nodeRpc(anvil.url);
  [ours, strange] = [await deployEmitter(rpc), await deployEmitter(rpc)];
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), anvil.stop()]);
});

const portsOf = (node: Rpc, confirmations: number): PassPorts => ({
  rpc: node,
  everyone: async (method, params) => [await node.request(method, params)],
  addresses: [ours.address],
  terms: { confirmations, finalizedTag: false, fromBlock: 0 },
  nowMs: Date.now,
});

async function newIndex() {
  const [chainTable, outboxTable] = [await newTable(), await newTable()];
  const { client } = dynamo;
  const store = createChainIndexStore({ client, chainTable, outboxTable, chainId });
  const reader = (consumer: string) => factReader({ client, table: chainTable, chainId, consumer });
  return { store, reader, chainTable, outbox: createOutboxStore({ client, table: outboxTable }) };
}

async function catchUp(store: ChainIndexStore, ports: PassPorts): Promise<Checkpoint | undefined> {
  for (;;) {
    const looked = await look(await store.read(), ports);
    if (looked.type === 'found') await store.append(looked.pass, 1_000);
    else if (looked.type !== 'moving') return store.read();
  }
}

async function folded(reader: ReturnType<typeof factReader>): Promise<FoldedFacts> {
  const state = new FoldedFacts();
  for (let after = 0; ; ) {
    const facts = await reader.read(after);
    for (const { fact } of facts) state.apply(fact);
    const last = facts.at(-1);
    if (!last) return state;
    after = last.number;
  }
}

/** What the node itself says now, block by block. */
async function canonical(): Promise<string> {
  const filter = { fromBlock: '0x0', toBlock: 'latest', address: ours.address };
  type Log = { blockHash: string; blockNumber: string };
  const logs = (await rpc.request('eth_getLogs', [filter])) as (Log & Record<string, unknown>)[];
  const state = new FoldedFacts();
  for (const log of logs) {
    const { address, topics, data, transactionHash, logIndex } = log;
    const block = { number: Number(log.blockNumber), hash: log.blockHash };
    const own = { address, topics, data, transactionHash, logIndex: Number(logIndex) };
    state.apply({ type: 'block', ...block, parentHash: '', atMs: 0, logs: [own] } as ChainFact);
  }
  return state.state();
}

async function mine(blocks: number): Promise<void> {
  for (let mined = 0; mined < blocks; mined += 1) {
    if (mined % 3 === 0) await ours.emit(1 + (mined % 5));
    if (mined % 2 === 0) await strange.emit(3);
    await rpc.request('evm_mine', []);
  }
}

describe('the index of a real chain', () => {
  test('is the canonical one after reorgs, seen through a pool of providers', async () => {
    const { store, reader } = await newIndex();
    const pool = createRpcPool({
      providers: ['one', 'two', 'three'].map((name) => ({ name, url: anvil.url })),
      ...{ clock: systemClock, random: Math.random },
      limits: { backAfterMs: 0 },
    });
    try {
      const ports = { ...portsOf(pool, 40), everyone: pool.everyone };
      await mine(60);
      await catchUp(store, ports);
      expect((await folded(reader('test'))).state()).toBe(await canonical());
      for (const depth of [1, 5, 30]) {
        await rpc.request('anvil_reorg', [depth, []]);
        await mine(3);
        await catchUp(store, ports);
        expect((await folded(reader('test'))).state()).toBe(await canonical());
      }
      expect((await store.read())?.finalized?.number).toBeGreaterThan(0);
    } finally {
      pool.close();
    }
  });

  test('is healed after a node that lost its newest blocks', async () => {
    const { store, reader } = await newIndex();
    const snapshot = await rpc.request('evm_snapshot', []);
    await mine(4);
    await catchUp(store, portsOf(rpc, 10));
    const lost = (await store.read())?.blocks.length ?? 0;
    await rpc.request('evm_revert', [snapshot]);
    await strange.emit(9);
    await rpc.request('evm_mine', []);
    await mine(7);
    const after = await catchUp(store, portsOf(rpc, 10));
    expect(after?.blocks.length).toBe(lost + 4);
    expect((await folded(reader('test'))).state()).toBe(await canonical());
  });

  test('rings both bells with each pass, and two indexers write it once', async () => {
    const { store, reader, outbox } = await newIndex();
    await mine(2);
    const ports = portsOf(rpc, 10);
    await Promise.all([catchUp(store, ports), catchUp(store, ports), catchUp(store, ports)]);
    const checkpoint = await store.read();
    expect((await folded(reader('test'))).state()).toBe(await canonical());
    for (const topic of ['facts', 'guard'] as const) {
      const rows = await outbox.overdue(topic, 1_000, 100);
      expect(rows).toHaveLength(checkpoint?.pass ?? -1);
      expect(rows.at(-1)?.body).toMatchObject({
        type: 'facts',
        chainId,
        toFact: checkpoint?.toFact,
      });
    }
  });

  test('is stored as it was found, stopped or not', async () => {
    const { store } = await newIndex();
    await mine(1);
    const looked = await look(undefined, portsOf(rpc, 2));
    if (looked.type !== 'found') throw new Error(looked.type);
    expect(await store.append(looked.pass, 1)).toBe(true);
    expect(await store.read()).toEqual(looked.pass.after);
    expect(await store.append(looked.pass, 2)).toBe(false);
    const before = looked.pass.after;
    const stopped = { ...before, pass: before.pass + 1, deepSinceMs: 7 };
    expect(await store.append({ before, after: stopped, facts: [] }, 3)).toBe(true);
    expect(await store.read()).toEqual(stopped);
  });
});

test.each(['london', 'paris', 'shanghai', 'cancun', 'prague'])(
  'a header of a chain of %s speaks for itself',
  async (fork) => {
    const chain = await startAnvil({ noMining: true, args: ['--hardfork', fork] });
    try {
      const node = nodeRpc(chain.url);
      await node.request('evm_mine', []);
      const header = await node.request('eth_getBlockByNumber', ['latest', false]);
      expect(isProven(header)).toBe(true);
      expect(isProven({ ...(header as object), timestamp: '0x1' })).toBe(false);
    } finally {
      await chain.stop();
    }
  },
);

describe('facts', () => {
  const finals = (count: number): ChainFact[] =>
    Array.from({ length: count }, (_, at) => ({
      type: 'finalize',
      number: at,
      // Nothing here packs well.
      hash: Array.from({ length: 40 }, () => Math.random().toString(16)).join(''),
    }));

  test('are read once each by every consumer, whoever dies where', async () => {
    const { reader, chainTable } = await newIndex();
    const facts = finals(3_000);
    const items = factItems(chainTable, chainId, { afterFact: 0, facts });
    expect(items.length).toBeGreaterThan(3);
    await transact(dynamo.client, items);
    const more = factItems(chainTable, chainId, { afterFact: 3_000, facts: finals(1) });
    await transact(dynamo.client, more);

    const consumed = async (consumer: string) => {
      const own = reader(consumer);
      const seen: number[] = [];
      const worker = async () => {
        for (;;) {
          const from = await own.after();
          const next = (await own.read(from)).slice(0, 700);
          const last = next.at(-1);
          if (!last) return;
          const { status } = await transact(dynamo.client, [own.advance(from, last.number)]);
          if (status === 'written') seen.push(...next.map(({ number }) => number));
        }
      };
      await Promise.all([worker(), worker(), worker()]);
      return seen.sort((one, other) => one - other);
    };
    const all = Array.from({ length: 3_001 }, (_, at) => at + 1);
    expect(await consumed('deposits')).toEqual(all);
    expect(await consumed('guard')).toEqual(all);
    expect(await reader('guard').after()).toBe(3_001);
  });

  test('that are there are never written over', async () => {
    const { chainTable } = await newIndex();
    const write = () => factItems(chainTable, chainId, { afterFact: 0, facts: finals(2) });
    expect((await transact(dynamo.client, write())).status).toBe('written');
    expect((await transact(dynamo.client, write())).status).toBe('refused');
  });
});
