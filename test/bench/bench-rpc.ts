/** The RPC pool over three providers on loopback: what one slow or dead provider costs those who ask. */
import { strict as assert } from 'node:assert';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#cloud/clock.ts';
import { createRpcPool, type RpcPool } from '#cloud/rpc-pool.ts';
import { alone, type Benchmark, beside } from './figure.ts';

const usualMs = 25;
const spreadMs = 15;
const slowMs = 400;
const askers = 8;
const questions = 1_200;

type Node = {
  url: string;
  delayMs: () => number;
  hangs: boolean;
  answered: number;
  server: Server;
};

/** Answers every call with its own parameter, after a provider's usual time. */
async function startNode(): Promise<Node> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (node.hangs) return;
    await sleep(node.delayMs());
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const calls = Array.isArray(body) ? body : [body];
    node.answered += calls.length;
    const answers = calls.map(({ id, method, params }) => ({
      ...{ jsonrpc: '2.0', id },
      result: method === 'eth_blockNumber' ? '0x64' : params[0],
    }));
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const delayMs = () => usualMs + Math.random() * spreadMs;
  const node: Node = { url, delayMs, hangs: false, answered: 0, server };
  return node;
}

async function withPool<T>(work: (pool: RpcPool, nodes: Node[]) => Promise<T>): Promise<T> {
  const nodes = await Promise.all([startNode(), startNode(), startNode()]);
  const providers = nodes.map(({ url }, at) => ({ name: `node-${at}`, url }));
  const pool = createRpcPool({ providers, clock: systemClock, random: Math.random });
  try {
    await ask(pool, 300);
    return await work(pool, nodes);
  } finally {
    pool.close();
    for (const { server } of nodes) {
      server.closeAllConnections();
      server.close();
    }
  }
}

let salt = 0;
/** Latencies in ms, each question another one, `askers` at a time. */
async function ask(pool: RpcPool, count: number): Promise<number[]> {
  const latencies: number[] = [];
  const one = async () => {
    while (latencies.length < count) {
      salt += 1;
      const wanted = `0x${salt.toString(16)}`;
      const began = performance.now();
      assert.equal(await pool.request('eth_getBalance', [wanted, 'latest']), wanted);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: askers }, one));
  return latencies;
}

const p99 = (latencies: number[]): number =>
  latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;

/** The one that answers most. */
const favourite = (nodes: Node[]): Node =>
  nodes.toSorted((a, b) => b.answered - a.answered)[0] as Node;

async function slowProvider() {
  return withPool(async (pool, nodes) => {
    const healthy = p99(await ask(pool, questions));
    // The worst moment: the one that is asked most becomes slow at once, and the pool has to find out.
    favourite(nodes).delayMs = () => slowMs;
    const one = p99(await ask(pool, questions));
    return [beside('p99', 'ms', one, { name: 'all healthy', value: healthy })];
  });
}

async function deadProvider(kill: (node: Node) => void) {
  return withPool(async (pool, nodes) => {
    kill(favourite(nodes));
    const latencies = await ask(pool, questions);
    return [alone('longest', 'ms', Math.max(...latencies)), alone('p99', 'ms', p99(latencies))];
  });
}

export const benchmark: Benchmark = {
  about: `Three nodes that take ${usualMs} to ${usualMs + spreadMs} ms, ${askers} askers, ${questions} different questions each time. Node and pool share a process; a network's own loss is left out.`,
  cases: {
    slow: slowProvider,
    hangs: () => deadProvider((node) => (node.hangs = true)),
    gone: () =>
      deadProvider(({ server }) => {
        server.closeAllConnections();
        server.close();
      }),
  },
};
