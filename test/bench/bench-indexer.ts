/**
 * How many events a second the indexer takes from a node to the tables when it catches up: over the pool of providers and HTTP,
 * every log checked against its block's bloom, every fact written with its checkpoint to the tables' local twin.
 */
import { strict as assert } from 'node:assert';
import { factReader } from '#cloud/chain-facts.ts';
import { look } from '#cloud/chain-index-pass.ts';
import { createChainIndexStore } from '#cloud/chain-index-store.ts';
import { systemClock } from '#cloud/clock.ts';
import { createRpcPool } from '#cloud/rpc-pool.ts';
import { deployEmitter } from '../cloud/log-emitter.ts';
import { startAnvil } from '../twins/anvil-twin.ts';
import { newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import type { CannedChain } from './canned-node.ts';
import { alone, type Benchmark, type Measured } from './figure.ts';
import { forked } from './forked.ts';

const chainId = 31_337;
const address = `0x${'aa'.repeat(20)}`;

export const benchmark: Benchmark = {
  about:
    'an indexer that catches up with a node over HTTP, facts and checkpoints written to the local twin of the tables; left out: AWS, the way over a network',
  cases: { canned: measureCanned, anvil: measureAnvil },
};

async function measureCanned(): Promise<Measured[]> {
  const node = forked(new URL('./canned-node.ts', import.meta.url));
  const chain: CannedChain = { count: 2_000, logsPerBlock: 100, address };
  const url = await node.call<string>('listen', chain);
  try {
    return await measure({ url, address, events: chain.count * chain.logsPerBlock });
  } finally {
    await node.end();
  }
}

async function measureAnvil(): Promise<Measured[]> {
  const anvil = await startAnvil({ noMining: true });
  try {
    const rpc = nodeRpc(anvil.url);
    const emitter = await deployEmitter(rpc);
    const [blocks, logsPerBlock] = [100, 200];
    for (let mined = 0; mined < blocks; mined += 1) {
      await emitter.emit(logsPerBlock);
      await rpc.request('evm_mine', []);
    }
    const events = blocks * logsPerBlock;
    return await measure({ url: anvil.url, address: emitter.address, events });
  } finally {
    await anvil.stop();
  }
}

/** From nothing to the head; figures only where the facts hold all events. */
async function measure(of: { url: string; address: string; events: number }): Promise<Measured[]> {
  const dynamo = await startDynamo('unused', { onDisk: true });
  const providers = [{ name: 'node', url: of.url }];
  const pool = createRpcPool({ providers, clock: systemClock, random: Math.random });
  try {
    const [chainTable, outboxTable] = [await newTable(), await newTable()];
    const { client } = dynamo;
    const store = createChainIndexStore({ client, chainTable, outboxTable, chainId });
    const ports = {
      ...{ rpc: pool, everyone: pool.everyone, addresses: [of.address], nowMs: Date.now },
      terms: { confirmations: 12, finalizedTag: false, fromBlock: 0 },
    };
    const began = performance.now();
    let passes = 0;
    let looked = await look(undefined, ports);
    while (looked.type === 'found') {
      assert(await store.append(looked.pass, Date.now()), 'nobody else writes');
      passes += 1;
      looked = await look(looked.pass.after, ports);
    }
    const seconds = (performance.now() - began) / 1_000;
    const reader = factReader({ client, table: chainTable, chainId, consumer: 'bench' });
    assert.equal(await countEvents(reader), of.events, 'every event is in a fact, once');
    return [
      alone('eventsPerSec', '1/s', of.events / seconds),
      alone('events', 'events', of.events),
      alone('passes', 'passes', passes),
    ];
  } finally {
    pool.close();
    await dynamo.stop();
  }
}

async function countEvents(reader: ReturnType<typeof factReader>): Promise<number> {
  let events = 0;
  for (let after = 0; ; ) {
    const facts = await reader.read(after);
    const last = facts.at(-1);
    if (!last) return events;
    for (const { fact } of facts) events += fact.type === 'block' ? fact.logs.length : 0;
    after = last.number;
  }
}
