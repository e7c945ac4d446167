/** A chain in memory that answers as a node does: grows, reorganizes, and leaves out or invents what it is told to. */
import { createHash } from 'node:crypto';
import { bloomHex, bloomOf } from '#cloud/chain-index-bloom.ts';
import { hashOfHeader } from '#cloud/chain-index-header.ts';
import { type Rpc, RpcError } from '#cloud/rpc.ts';
import type { ChainFact } from '#wire/chain-fact.ts';

export type NodeLog = {
  address: string;
  topics: string[];
  data: string;
  blockHash: string;
  blockNumber: string;
  transactionHash: string;
  logIndex: string;
};
export type NodeBlock = {
  number: string;
  hash: string;
  parentHash: string;
  timestamp: string;
  logsBloom: string;
};
type Mined = { block: NodeBlock; logs: NodeLog[] };

export const vault = `0x${'aa'.repeat(20)}`;
export const exchange = `0x${'ee'.repeat(20)}`;
export const stranger = `0x${'55'.repeat(20)}`;
export const genesisMs = 1_700_000_000_000;

const hashOf = (text: string): string => `0x${createHash('sha256').update(text).digest('hex')}`;
const hex = (number: number): string => `0x${number.toString(16)}`;

const plainHeader = {
  sha3Uncles: hashOf('no uncles'),
  miner: `0x${'00'.repeat(20)}`,
  transactionsRoot: hashOf('transactions'),
  receiptsRoot: hashOf('receipts'),
  ...{ difficulty: '0x0', gasLimit: '0x1c9c380', gasUsed: '0x0', extraData: '0x' },
  mixHash: hashOf('mixed'),
  ...{ nonce: '0x0000000000000000', baseFeePerGas: '0x7' },
};

export class SimulatedChain implements Rpc {
  #blocks: Mined[] = [];
  #salt = 0;
  /** More logs than this are too many for one answer. */
  mostLogs = Number.POSITIVE_INFINITY;
  finalized: number | undefined;
  /** Changes an answer of eth_getLogs. */
  spoil: (logs: NodeLog[], params: unknown) => NodeLog[] = (logs) => logs;
  asked: Record<string, number> = {};

  constructor() {
    this.mine([]);
  }

  get head(): number {
    return this.#blocks.length - 1;
  }

  block(number: number): NodeBlock {
    const mined = this.#blocks[number];
    if (!mined) throw new Error(`no block ${number}`);
    return mined.block;
  }

  headers(): NodeBlock[] {
    return this.#blocks.map(({ block }) => block);
  }

  /** The same blocks, and others from here on. */
  copy(): SimulatedChain {
    const copied = new SimulatedChain();
    copied.#blocks = [...this.#blocks];
    copied.#salt = this.#salt + 1_000_000;
    return copied;
  }

  /** One block with a log of each address, in this order. */
  mine(addresses: readonly string[]): void {
    const number = this.#blocks.length;
    const parentHash = this.#blocks.at(-1)?.block.hash ?? hashOf('nothing');
    this.#salt += 1;
    // Blocks whose number is a multiple of seven are of a chain whose headers have other fields than Ethereum's.
    const own = hashOf(`${parentHash} ${number} ${this.#salt}`);
    const logs = addresses.map((address, at) => ({
      address,
      topics: [hashOf(`event ${at % 3}`), hashOf(`account ${(this.#salt + at) % 50}`)],
      data: hashOf(`${own} ${at}`),
      ...{ blockNumber: hex(number), logIndex: hex(at) },
      transactionHash: hashOf(`${own} transaction ${at >> 1}`),
    }));
    const timestamp = hex(genesisMs / 1_000 + number);
    const logsBloom = bloomHex(bloomOf(logs));
    const fields = { ...plainHeader, stateRoot: own, number: hex(number), parentHash };
    const header = { ...fields, timestamp, logsBloom };
    const hash = (number % 7 > 0 && hashOfHeader(header)) || own;
    this.#blocks.push({
      block: { ...header, hash },
      logs: logs.map((log) => ({ ...log, blockHash: hash })),
    });
  }

  /** Takes the newest blocks back. */
  cut(depth: number): void {
    this.#blocks.length = Math.max(1, this.#blocks.length - depth);
  }

  /** What our logs are on the chain as it is now, by block. */
  canonical(from: number, through: number): string {
    const blocks = this.#blocks.slice(from, through + 1).flatMap(({ block, logs }) => {
      const ours = logs.filter(({ address }) => address !== stranger);
      return ours.length === 0 ? [] : [foldedBlock(Number(block.number), block.hash, ours)];
    });
    return JSON.stringify(blocks);
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.answer(method, params);
  }

  answer(method: string, params: readonly unknown[]): unknown {
    this.asked[method] = (this.asked[method] ?? 0) + 1;
    if (method === 'eth_getBlockByNumber') return this.#named(String(params[0]))?.block ?? null;
    if (method === 'eth_getLogs') return this.#logs(params[0] as Record<string, unknown>);
    throw new RpcError(-32_601, `no method ${method}`);
  }

  #named(name: string): Mined | undefined {
    if (name === 'latest') return this.#blocks.at(-1);
    if (name === 'finalized') return this.#blocks[this.finalized ?? -1];
    return this.#blocks[Number(name)];
  }

  #logs(filter: Record<string, unknown>): NodeLog[] {
    const { blockHash, fromBlock, toBlock, address } = filter;
    const blocks =
      blockHash === undefined
        ? this.#blocks.slice(Number(fromBlock), Number(toBlock) + 1)
        : this.#blocks.filter(({ block }) => block.hash === blockHash);
    if (blockHash !== undefined && blocks.length === 0)
      throw new RpcError(-32_000, 'unknown block');
    const wanted = address as string[] | undefined;
    const logs = blocks
      .flatMap((mined) => mined.logs)
      .filter((log) => !wanted || wanted.includes(log.address));
    if (logs.length > this.mostLogs)
      throw new RpcError(-32_005, 'query returned more than 10000 results');
    return this.spoil(logs, filter);
  }
}

type FoldedLog = Pick<NodeLog, 'address' | 'topics' | 'data' | 'transactionHash'> & {
  logIndex: number | string;
};
const foldedBlock = (number: number, hash: string, logs: readonly FoldedLog[]) => ({
  number,
  hash,
  logs: logs.map(({ address, topics, data, transactionHash, logIndex }) => ({
    ...{ address, topics, data, transactionHash, logIndex: Number(logIndex) },
  })),
});

/** A consumer that keeps what the facts say: blocks with our logs, the newest block, and what is final. */
export class FoldedFacts {
  #blocks: ReturnType<typeof foldedBlock>[] = [];
  head: { number: number; hash: string } | undefined;
  finalNumber = -1;

  apply(fact: ChainFact): void {
    switch (fact.type) {
      case 'block': {
        if (this.head && fact.number < this.head.number) throw new Error('a block below the head');
        this.head = { number: fact.number, hash: fact.hash };
        if (fact.logs.length === 0) return;
        const last = this.#blocks.at(-1);
        const next = foldedBlock(fact.number, fact.hash, fact.logs);
        if (last?.hash === fact.hash) last.logs.push(...next.logs);
        else this.#blocks.push(next);
        return;
      }
      case 'reorg':
        this.#blocks = this.#blocks.filter(({ number }) => number <= fact.number);
        this.head = { number: fact.number, hash: fact.hash };
        return;
      case 'finalize':
        if (fact.number <= this.finalNumber) throw new Error('finality went back');
        this.finalNumber = fact.number;
    }
  }

  /** Of all blocks, or of those through this one. */
  state(through = Number.POSITIVE_INFINITY): string {
    return JSON.stringify(this.#blocks.filter(({ number }) => number <= through));
  }
}
