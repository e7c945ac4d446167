/** An Ethereum node for tests: real HTTP on loopback, a small chain, and every way in which providers go wrong. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { keccak256, toUtf8Bytes } from 'ethers';

export type Trouble =
  | { type: 'none' }
  | { type: 'slow'; ms: number }
  | { type: 'hang' }
  | { type: 'drop' }
  | { type: 'status'; status: number; retryAfter?: string }
  | { type: 'text'; text: string }
  | { type: 'error'; code: number; message: string; data?: string };

export type RpcNode = {
  url: string;
  /** The calls that arrived, by method, whatever became of them. */
  calls: Map<string, number>;
  /** How many HTTP requests they came in. */
  requests: number;
  trouble: Trouble;
  /** Of these methods only; all where absent. */
  troubled: string[] | undefined;
  head: number;
  finalized: number;
  /** Blocks above this number belong to another fork. */
  forkedAbove: number;
  chainId: number;
  takesBatches: boolean;
  /** Transactions that it took. */
  pool: Set<string>;
  answers: Record<string, (params: unknown[]) => unknown>;
  /** Waits until a call of that method has arrived. */
  asked(method: string): Promise<void>;
  close(): Promise<void>;
};

export class Refused extends Error {
  readonly code: number;
  readonly data: string | undefined;
  constructor(code: number, message: string, data?: string) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

type Call = { id: number; method: string; params: unknown[] };

export const hashOf = (number: number, fork = 'main'): string =>
  keccak256(toUtf8Bytes(`${fork}:${number}`));
const hex = (number: number): string => `0x${number.toString(16)}`;

export async function startNode(given: Partial<RpcNode> = {}): Promise<RpcNode> {
  const waiting: { method: string; done: () => void }[] = [];
  const server = createServer((request, response) => {
    void respond(node, waiting, request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const node: RpcNode = {
    ...{ calls: new Map(), requests: 0, trouble: { type: 'none' }, troubled: undefined },
    ...{ head: 100, finalized: 90, forkedAbove: Number.POSITIVE_INFINITY, chainId: 31_337 },
    ...{ takesBatches: true, pool: new Set(), answers: {} },
    ...given,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (method) =>
      node.calls.has(method)
        ? Promise.resolve()
        : new Promise((done) => waiting.push({ method, done })),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return node;
}

async function respond(
  node: RpcNode,
  waiting: { method: string; done: () => void }[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[];
  const calls = Array.isArray(body) ? body : [body];
  node.requests += 1;
  for (const { method } of calls) {
    node.calls.set(method, (node.calls.get(method) ?? 0) + 1);
    for (const each of waiting) if (each.method === method) each.done();
  }
  const isTroubled = calls.some(({ method }) => node.troubled?.includes(method) ?? true);
  const trouble: Trouble = isTroubled ? node.trouble : { type: 'none' };
  if (trouble.type === 'hang') return;
  if (trouble.type === 'drop') return void request.socket.destroy();
  if (trouble.type === 'slow') await sleep(trouble.ms);
  if (trouble.type === 'status') {
    const headers = trouble.retryAfter === undefined ? {} : { 'retry-after': trouble.retryAfter };
    return void response.writeHead(trouble.status, headers).end('');
  }
  if (trouble.type === 'text') return void response.end(trouble.text);
  const answers = calls.map((call) => answerOf(node, call, trouble));
  const refused = { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no batches' } };
  const answer = !Array.isArray(body) ? answers[0] : node.takesBatches ? answers : refused;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

function answerOf(node: RpcNode, { id, method, params }: Call, trouble: Trouble) {
  if (trouble.type === 'error') {
    const { code, message, data } = trouble;
    return { jsonrpc: '2.0', id, error: { code, message, ...(data ? { data } : {}) } };
  }
  try {
    return { jsonrpc: '2.0', id, result: resultOf(node, method, params) };
  } catch (error) {
    const { code, message, data } = error as Refused;
    return { jsonrpc: '2.0', id, error: { code: code ?? -32603, message, data } };
  }
}

function resultOf(node: RpcNode, method: string, params: unknown[]): unknown {
  const own = node.answers[method];
  if (own) return own(params);
  if (method === 'eth_chainId') return hex(node.chainId);
  if (method === 'eth_blockNumber') return hex(node.head);
  if (method === 'eth_getBlockByNumber') return blockAt(node, numberOf(node, params[0]));
  if (method === 'eth_sendRawTransaction') return take(node, String(params[0]));
  if (method === 'eth_getTransactionReceipt') return null;
  if (method === 'eth_getBalance') return hex(node.head);
  if (method === 'eth_getLogs') return [];
  throw new Refused(-32601, `the method ${method} does not exist`);
}

function numberOf(node: RpcNode, tag: unknown): number {
  if (tag === 'latest') return node.head;
  return tag === 'finalized' ? node.finalized : Number(tag);
}

function blockAt(node: RpcNode, number: number) {
  if (number > node.head) return null;
  const fork = number > node.forkedAbove ? 'other' : 'main';
  const parentFork = number - 1 > node.forkedAbove ? 'other' : 'main';
  return {
    number: hex(number),
    hash: hashOf(number, fork),
    parentHash: hashOf(number - 1, parentFork),
  };
}

function take(node: RpcNode, raw: string): string {
  if (node.pool.has(raw)) throw new Refused(-32000, 'already known');
  node.pool.add(raw);
  return keccak256(raw);
}
