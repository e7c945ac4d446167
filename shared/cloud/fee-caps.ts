/** What a transaction offers for its gas (EIP-1559), from the fees of recent blocks and within the stage's caps. */
import { assert } from '#domain/assertion.ts';
import type { ChainTerms } from '#wire/chain-terms.ts';
import type { Rpc } from './rpc.ts';

/** Wei for a unit of gas. */
export type Fees = { maxFeeWei: bigint; tipWei: bigint };

/** What recent blocks say: the next block's base fee, what others paid above it, and how far the chain was then. */
export type FeeMarket = { baseFeeWei: bigint; tipWei: bigint; blockNumber: number };

const blocksLookedAt = 10;
/** What half of the gas in a block paid at most. */
const percentile = 50;
/** Blocks without transactions say nothing of tips, and a node takes none for no tip at all: a thousandth of a gwei. */
const leastTipWei = 1_000_000n;

export function feeCapsOf(terms: ChainTerms): Fees {
  const caps = {
    maxFeeWei: BigInt(terms.maxFeePerGasWei),
    tipWei: BigInt(terms.maxPriorityFeePerGasWei),
  };
  return { ...caps, tipWei: least(caps.tipWei, caps.maxFeeWei) };
}

/** Source: eth_feeHistory of the execution API; its last base fee is the next block's. */
export async function feeMarket(rpc: Rpc): Promise<FeeMarket> {
  const parameters = [`0x${blocksLookedAt.toString(16)}`, 'latest', [percentile]];
  const history = (await rpc.request('eth_feeHistory', parameters)) as {
    oldestBlock: string;
    baseFeePerGas: string[];
    reward?: string[][] | null;
  };
  const baseFees = history.baseFeePerGas.map(BigInt);
  const baseFeeWei = baseFees.at(-1);
  assert(baseFeeWei !== undefined && baseFees.length > 1, 'a history of fees without a block');
  const tips = (history.reward ?? [])
    .map(([tip]) => BigInt(tip ?? '0x0'))
    .sort((one, other) => (one < other ? -1 : 1));
  return {
    baseFeeWei,
    tipWei: greatest(tips[tips.length >> 1] ?? 0n, leastTipWei),
    blockNumber: Number(history.oldestBlock) + baseFees.length - 2,
  };
}

/** Twice the base fee: it grows by an eighth a block at most, so six full blocks in a row do not shut the transaction out. */
export function openingFees(market: FeeMarket, caps: Fees): Fees {
  const tipWei = least(market.tipWei, caps.tipWei);
  return {
    maxFeeWei: least(2n * market.baseFeeWei + tipWei, caps.maxFeeWei),
    tipWei: least(tipWei, caps.maxFeeWei),
  };
}

/**
 * Both fees at least an eighth higher, and high enough for the blocks of now; undefined where a cap forbids it. Nodes replace
 * a transaction only where both are higher by a tenth (geth, nethermind, erigon, reth), some by an eighth. The tip doubles: where
 * blocks are empty nobody's tips say what is taken, and by eighths it would be looked for from far below for an hour.
 */
export function bumpedFees(before: Fees, market: FeeMarket, caps: Fees): Fees | undefined {
  const lowest = { maxFeeWei: eighthMore(before.maxFeeWei), tipWei: eighthMore(before.tipWei) };
  if (lowest.maxFeeWei > caps.maxFeeWei || lowest.tipWei > caps.tipWei) return undefined;
  const tipWei = least(greatest(2n * before.tipWei, market.tipWei), caps.tipWei);
  const needed = greatest(lowest.maxFeeWei, 2n * market.baseFeeWei + tipWei);
  const maxFeeWei = least(needed, caps.maxFeeWei);
  return { maxFeeWei, tipWei: least(tipWei, maxFeeWei) };
}

const eighthMore = (wei: bigint): bigint => (wei * 9n + 7n) / 8n;
const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);
const greatest = (one: bigint, other: bigint): bigint => (one > other ? one : other);
