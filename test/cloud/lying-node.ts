/** A provider that serves a chain over HTTP, and lies about it in one of the ways that only others can tell. */
import { bloomHex, bloomOf } from '#cloud/chain-index-bloom.ts';
import { Refused, type RpcNode, startNode } from './rpc-node.ts';
import { type NodeBlock, type NodeLog, type SimulatedChain, vault } from './simulated-chain.ts';

export type Lie =
  /** Another amount in each log of ours: no bloom covers it. */
  | 'amount'
  /** No log of ours, and a bloom that has none. */
  | 'hidden'
  /** One more log of ours in each block, and a bloom that has it. */
  | 'invented'
  /** A bloom that no logs have. */
  | 'bloom'
  /** Blocks of its own on top of the newest, full of deposits. */
  | 'branch';

export const lies: readonly Lie[] = ['amount', 'hidden', 'invented', 'bloom', 'branch'];

/** Honest without a lie. */
export async function startTeller(chain: SimulatedChain, lie?: Lie): Promise<RpcNode> {
  const branch = new Branch(chain);
  const answer = (method: string, params: unknown[]): unknown => {
    if (lie === 'branch') return branch.answer(method, params);
    const truth = chain.answer(method, params);
    if (lie === undefined || truth === null) return truth;
    if (method === 'eth_getLogs') return spoiledLogs(chain, lie, truth as NodeLog[], params[0]);
    return spoiledHeader(chain, lie, truth as NodeBlock);
  };
  return startNode({
    answers: {
      eth_blockNumber: () =>
        (answer('eth_getBlockByNumber', ['latest', false]) as NodeBlock).number,
      eth_getBlockByNumber: (params) => answer('eth_getBlockByNumber', params),
      eth_getLogs: (params) => answer('eth_getLogs', params),
    },
  });
}

function spoiledLogs(chain: SimulatedChain, lie: Lie, logs: NodeLog[], filter: unknown): NodeLog[] {
  const isOurs = ({ address }: NodeLog) => address === vault;
  if (lie === 'amount')
    return logs.map((log) => (isOurs(log) ? { ...log, data: `0x${'ff'.repeat(32)}` } : log));
  if (lie === 'hidden') return logs.filter((log) => !isOurs(log));
  if (lie !== 'invented') return logs;
  const { blockHash, fromBlock, toBlock } = filter as Record<string, string>;
  return chain
    .headers()
    .filter(({ hash, number }) =>
      blockHash === undefined
        ? Number(number) >= Number(fromBlock) && Number(number) <= Number(toBlock)
        : hash === blockHash,
    )
    .flatMap((block) => [
      ...logs.filter((log) => log.blockHash === block.hash),
      inventedLog(block),
    ]);
}

const inventedLog = ({ hash, number }: NodeBlock): NodeLog => ({
  ...{ address: vault, topics: [`0x${'de'.repeat(32)}`], data: `0x${'ff'.repeat(32)}` },
  ...{ blockHash: hash, blockNumber: number, logIndex: '0x3e8' },
  transactionHash: `0x${'d0'.repeat(32)}`,
});

function spoiledHeader(chain: SimulatedChain, lie: Lie, block: NodeBlock): NodeBlock {
  if (lie === 'amount') return block;
  if (lie === 'bloom') return { ...block, logsBloom: `0x${'f0'.repeat(256)}` };
  const filter = { blockHash: block.hash };
  const honest = chain.answer('eth_getLogs', [filter]) as NodeLog[];
  const logs = spoiledLogs(chain, lie, honest, filter);
  return { ...block, logsBloom: bloomHex(bloomOf(logs)) };
}

/** Some blocks more than the chain has, each with a deposit that nobody made. */
class Branch {
  readonly #chain: SimulatedChain;
  #own: SimulatedChain | undefined;

  constructor(chain: SimulatedChain) {
    this.#chain = chain;
  }

  answer(method: string, params: readonly unknown[]): unknown {
    // It keeps to what it said until the chain has overtaken it.
    if (!this.#own || this.#own.head <= this.#chain.head) {
      this.#own = this.#chain.copy();
      for (let mined = 0; mined < 12; mined += 1) this.#own.mine([vault]);
    }
    try {
      return this.#own.answer(method, params);
    } catch {
      throw new Refused(-32_000, 'unknown block');
    }
  }
}
