/** Headers of blocks as a node tells them, linked by their parents' hashes, and the logs in them. */
import * as z from 'zod';
import type { ChainLog } from '#wire/chain-fact.ts';
import { isProven } from './chain-index-header.ts';
import type { Rpc } from './rpc.ts';

export type Header = {
  number: number;
  hash: string;
  parentHash: string;
  /** The block's own time. */
  atMs: number;
  logsBloom: string;
  /** Its hash is the hash of what it says: a provider can only have made up the whole block. */
  isProven: boolean;
};

const quantityText = z.string().regex(/^0x[0-9a-f]{1,13}$/);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const nodeBlock = z.object({
  number: quantityText.transform(Number),
  hash,
  parentHash: hash,
  timestamp: quantityText.transform((text) => Number(text) * 1_000),
  logsBloom: z
    .string()
    .regex(/^0x[0-9a-fA-F]{512}$/)
    .toLowerCase(),
});

const hex = z.string().regex(/^0x[0-9a-f]+$/);
const text = z.string().toLowerCase();
const nodeLog = z.object({
  address: text,
  topics: z.array(text),
  data: text,
  blockHash: text,
  transactionHash: text,
  logIndex: hex.transform(Number),
});
export type NodeLog = z.infer<typeof nodeLog>;
export const nodeLogs = z.array(nodeLog);

/** Undefined where the node does not have it. */
export async function readHeader(
  rpc: Rpc,
  block: number | 'latest' | 'finalized',
): Promise<Header | undefined> {
  const named = typeof block === 'number' ? quantity(block) : block;
  return headerOf(await rpc.request('eth_getBlockByNumber', [named, false]));
}

/** Side by side, for the pool to put together; consecutive numbers from `first` to `last`. Undefined where one is missing or they are not of one chain. */
export async function readChained(
  rpc: Rpc,
  first: number,
  last: number,
): Promise<Header[] | undefined> {
  const numbers = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  const headers = await Promise.all(numbers.map((number) => readHeader(rpc, number)));
  const known = headers.filter((header) => header !== undefined);
  const linked = known.every(({ number, parentHash }, at) => {
    const parent = known[at - 1];
    return number === numbers[at] && (!parent || parent.hash === parentHash);
  });
  return linked && known.length === numbers.length ? known : undefined;
}

/** Undefined where the answer is no block. */
export function headerOf(answer: unknown): Header | undefined {
  if (answer === null || answer === undefined) return undefined;
  const { timestamp: atMs, ...block } = nodeBlock.parse(answer);
  return { ...block, atMs, isProven: isProven(answer) };
}

export const quantity = (number: number): string => `0x${number.toString(16)}`;

/** Our logs in a provider's answer for a block; undefined where it is no such answer. */
export function oursIn(
  answer: unknown,
  { hash, addresses }: { hash: string; addresses: readonly string[] },
): ChainLog[] | undefined {
  const { success, data: logs } = nodeLogs.safeParse(answer);
  if (!success || !logs.every(({ blockHash }) => blockHash === hash)) return undefined;
  return ours(logs, addresses);
}

export const ours = (logs: readonly NodeLog[], addresses: readonly string[]): ChainLog[] =>
  logs
    .filter(({ address }) => addresses.includes(address))
    .sort((one, other) => one.logIndex - other.logIndex)
    .map(({ blockHash: _, ...log }) => log);
