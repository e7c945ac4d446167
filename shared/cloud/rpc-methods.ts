/** What each JSON-RPC method asks of the node that answers it: which block it must have, and how it may be sent. */

/** The block that a node must have before its answer means anything. */
export type NeededBlock =
  | { type: 'none' }
  /** As new as what was shown before. */
  | { type: 'latest' }
  /** Agreed on by most providers. */
  | { type: 'finalized' }
  | { type: 'number'; number: number }
  | { type: 'hash'; hash: string };

export type MethodTraits = {
  /**
   * `send`: to all. `head`: the answer itself is the chain's newest block. `read`: may be asked twice, hedged, shared.
   * `act`: anything else; sent once, to one node.
   */
  kind: 'send' | 'head' | 'read' | 'act';
  /** Heavy reads have another latency than light ones and never wait in a batch with them. */
  weight: 'light' | 'heavy';
  needs: NeededBlock;
  /** How many more nodes are asked where one answers null. */
  nullTries: number;
};

/** Where a method names its block. */
const blockAt: Record<string, number> = {
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
  eth_getProof: 2,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_createAccessList: 1,
  eth_feeHistory: 1,
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_getBlockTransactionCountByNumber: 0,
};

const hashAt: Record<string, number> = {
  eth_getBlockByHash: 0,
  eth_getBlockTransactionCountByHash: 0,
};

/** Reads whose answer belongs to no block, or to the newest. */
const plainReads = new Set([
  'eth_chainId',
  'net_version',
  'web3_clientVersion',
  'eth_syncing',
  'eth_gasPrice',
  'eth_maxPriorityFeePerGas',
  'eth_getTransactionReceipt',
  'eth_getTransactionByHash',
]);
const blockless = new Set(['eth_chainId', 'net_version', 'web3_clientVersion', 'eth_syncing']);

const heavy = new Set([
  'eth_getLogs',
  'eth_getBlockReceipts',
  'eth_call',
  'eth_estimateGas',
  'eth_createAccessList',
  'eth_getProof',
]);

/** A block that is missing is missing nowhere else for long; a receipt that is missing mostly is not there yet. */
const nullTries: Record<string, number> = {
  eth_getBlockByNumber: 8,
  eth_getBlockByHash: 8,
  eth_getTransactionReceipt: 1,
  eth_getTransactionByHash: 1,
};

export function traitsOf(method: string, params: readonly unknown[]): MethodTraits {
  const weight = heavy.has(method) ? 'heavy' : 'light';
  const tries = nullTries[method] ?? 0;
  if (method === 'eth_sendRawTransaction')
    return { kind: 'send', weight: 'heavy', needs: { type: 'none' }, nullTries: 0 };
  if (method === 'eth_blockNumber' || isNewestBlock(method, params))
    return { kind: 'head', weight, needs: { type: 'none' }, nullTries: tries };
  const needs = neededBlock(method, params);
  if (!needs) return { kind: 'act', weight: 'heavy', needs: { type: 'none' }, nullTries: 0 };
  return { kind: 'read', weight, needs, nullTries: tries };
}

const isNewestBlock = (method: string, params: readonly unknown[]): boolean =>
  method === 'eth_getBlockByNumber' && (params[0] === 'latest' || params[0] === undefined);

/** Undefined for methods that are no reads we know. */
function neededBlock(method: string, params: readonly unknown[]): NeededBlock | undefined {
  if (plainReads.has(method)) return blockless.has(method) ? { type: 'none' } : { type: 'latest' };
  if (method === 'eth_getLogs') return blockOfFilter(params[0]);
  const at = blockAt[method];
  if (at !== undefined) return blockOf(params[at]);
  const hash = params[hashAt[method] ?? -1];
  return typeof hash === 'string' ? { type: 'hash', hash } : undefined;
}

function blockOfFilter(filter: unknown): NeededBlock {
  const { blockHash, fromBlock, toBlock } = (filter ?? {}) as Record<string, unknown>;
  if (typeof blockHash === 'string') return { type: 'hash', hash: blockHash };
  const through = blockOf(toBlock);
  if (through.type !== 'number') return through;
  const from = blockOf(fromBlock);
  return from.type === 'number' && from.number > through.number ? from : through;
}

/** A tag, a number, or EIP-1898's object. */
function blockOf(given: unknown): NeededBlock {
  if (typeof given === 'string' && given.startsWith('0x'))
    return { type: 'number', number: Number(given) };
  if (given === 'finalized') return { type: 'finalized' };
  if (given === 'earliest') return { type: 'none' };
  if (typeof given === 'object' && given !== null) {
    const { blockHash, blockNumber } = given as Record<string, unknown>;
    if (typeof blockHash === 'string') return { type: 'hash', hash: blockHash };
    return blockOf(blockNumber);
  }
  return { type: 'latest' };
}

/** The same call with a number in the place of the tag `finalized`. */
export function atBlock(method: string, params: readonly unknown[], hex: string): unknown[] {
  const swap = (given: unknown) => (given === 'finalized' ? hex : given);
  if (method !== 'eth_getLogs') return params.map(swap);
  const filter = { ...(params[0] as Record<string, unknown>) };
  for (const name of ['fromBlock', 'toBlock']) {
    if (filter[name] !== undefined) filter[name] = swap(filter[name]);
  }
  return [filter, ...params.slice(1)];
}

/** The number and hash that an answer says of a block; undefined where it is none. */
export function blockIn(result: unknown): { number: number; hash: string | undefined } | undefined {
  if (typeof result === 'string' && /^0x[0-9a-fA-F]{1,13}$/.test(result))
    return { number: Number(result), hash: undefined };
  if (typeof result !== 'object' || result === null) return undefined;
  const { number, hash } = result as Record<string, unknown>;
  if (typeof number !== 'string' || !/^0x[0-9a-fA-F]{1,13}$/.test(number)) return undefined;
  return { number: Number(number), hash: typeof hash === 'string' ? hash : undefined };
}
