/** What the transaction sender asks a node, and how it understands what different nodes answer. */
import { type Rpc, RpcError } from './rpc.ts';
import { WouldRevert } from './send-transaction.ts';

export type Receipt = {
  hash: string;
  blockNumber: number;
  blockHash: string;
  isReverted: boolean;
};

type Moment = number | 'latest' | 'pending' | 'finalized';
type Call = { from: string; to: string; data: string; valueAtoms: bigint; gasLimit?: bigint };
type MinedBlock = {
  number: number;
  hash: string;
  transactions: { hash: string; from: string; nonce: string }[];
};

/** What became of a broadcast. */
export type BroadcastAnswer =
  /** The node has it, perhaps since before. */
  | 'taken'
  /** A transaction with this nonce was mined, perhaps this one. */
  | 'nonce_used'
  /** Another one with this nonce waits there and pays as much. */
  | 'replacement_underpriced'
  /** The node wants a higher fee. */
  | 'underpriced'
  | 'balance_too_low'
  /** The node takes it for no good transaction. */
  | 'refused'
  /** No answer came: it may have it. */
  | 'unknown';

/**
 * Words of geth, erigon, nethermind, besu, reth and anvil; codes do not tell (-32000 is all of them). The order counts: a
 * replacement that is too cheap is no transaction that is too cheap.
 */
const answers: readonly [BroadcastAnswer, RegExp][] = [
  [
    'taken',
    /already known|alreadyknown|known transaction|already imported|same hash|already in mempool/i,
  ],
  [
    'replacement_underpriced',
    /replacement (transaction )?underpriced|replacement ?not ?allowed|could not replace existing|same nonce in the queue|replacement fee too low|gas price supplied is too low/i,
  ],
  ['nonce_used', /nonce (is )?too low|oldnonce|nonce .*already used|invalid nonce.*expected/i],
  ['balance_too_low', /insufficient ?funds|insufficient balance/i],
  [
    'underpriced',
    /underpriced|fee ?too ?low|less than block base fee|below (the )?minimum|fee cap.*base fee/i,
  ],
];

export function answerOf(error: RpcError): BroadcastAnswer {
  return answers.find(([, words]) => words.test(error.message))?.[0] ?? 'refused';
}

/** The reason is there for people where it is not clear. */
export async function broadcast(
  rpc: Rpc,
  raw: string,
): Promise<{ answer: BroadcastAnswer; reason: string }> {
  try {
    await rpc.request('eth_sendRawTransaction', [raw]);
    return { answer: 'taken', reason: '' };
  } catch (error) {
    const reason = (error as Error).message;
    return { answer: error instanceof RpcError ? answerOf(error) : 'unknown', reason };
  }
}

/** The gas it takes at the chain's head; throws WouldRevert where it fails there. */
export const estimateGas = (rpc: Rpc, id: string, call: Call): Promise<bigint> =>
  simulated(id, async () =>
    BigInt((await rpc.request('eth_estimateGas', [callOf(call)])) as string),
  );

/** Throws WouldRevert where it fails at the chain's head. */
export const tryCall = (rpc: Rpc, id: string, call: Call): Promise<void> =>
  simulated(id, async () => {
    await rpc.request('eth_call', [callOf(call), 'latest']);
  });

async function simulated<T>(id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RpcError && isRevert(error))
      throw new WouldRevert(id, error.message, error.data);
    throw error;
  }
}

/** geth and anvil answer code 3 with the revert's data, erigon and nethermind -32015; the words are the same everywhere. */
function isRevert({ code, data, message }: RpcError): boolean {
  if (code === 3 || code === -32015 || data?.startsWith('0x')) return true;
  return /revert|invalid opcode|out of gas|gas required exceeds/i.test(message);
}

const callOf = ({ from, to, data, valueAtoms, gasLimit }: Call) => ({
  ...{ from, to, data, value: hex(valueAtoms) },
  ...(gasLimit === undefined ? {} : { gas: hex(gasLimit) }),
});

/** How many of an account's transactions there were at a moment: its next nonce. */
export async function nonceAt(rpc: Rpc, address: string, at: Moment): Promise<number> {
  return Number(await rpc.request('eth_getTransactionCount', [address, momentOf(at)]));
}

export async function balanceOf(rpc: Rpc, address: string): Promise<bigint> {
  return BigInt((await rpc.request('eth_getBalance', [address, 'latest'])) as string);
}

/** Where a hash was mined, as the node's chain is now. */
export async function receiptOf(rpc: Rpc, hash: string): Promise<Receipt | undefined> {
  const receipt = (await rpc.request('eth_getTransactionReceipt', [hash])) as {
    blockNumber: string | null;
    blockHash: string | null;
    status: string;
  } | null;
  if (!receipt?.blockNumber || !receipt.blockHash) return undefined;
  const { blockNumber, blockHash, status } = receipt;
  return { hash, blockNumber: Number(blockNumber), blockHash, isReverted: BigInt(status) === 0n };
}

/** A block's number and hash; undefined where the chain is not as long. */
export async function blockAt(
  rpc: Rpc,
  at: Moment,
): Promise<{ number: number; hash: string } | undefined> {
  const block = (await rpc.request('eth_getBlockByNumber', [momentOf(at), false])) as {
    number: string;
    hash: string;
  } | null;
  return block ? { number: Number(block.number), hash: block.hash } : undefined;
}

export async function blockWithTransactions(rpc: Rpc, at: number): Promise<MinedBlock | undefined> {
  const block = (await rpc.request('eth_getBlockByNumber', [hex(at), true])) as
    | (Omit<MinedBlock, 'number'> & { number: string })
    | null;
  return block ? { ...block, number: Number(block.number) } : undefined;
}

const momentOf = (at: Moment): string => (typeof at === 'number' ? hex(at) : at);
const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
