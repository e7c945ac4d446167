/** Signed orders and batches of their fills, as the exchange's own code would make them. */
import type { SignedOrder } from '../../shared/domain/command.ts';
import type { SignedDelegation } from '../../shared/wire/eip712.ts';
import type { BatchFill, BatchOrder, SettlementBatch } from '../../shared/wire/settlement-batch.ts';
import {
  decodeReasons,
  encodeSettleBatch,
  type FillOutcome,
} from '../../shared/wire/settlement-calldata.ts';
import type { ChainWorld, Receipt, User } from './chain-world.ts';

const farMs = 4_000_000_000_000;
let salt = 0n;

/** A base-capped order at price `quote / base`, unless said otherwise. */
export function signedOrder(
  world: ChainWorld,
  user: User,
  order: Partial<SignedOrder> & Pick<SignedOrder, 'baseAsset' | 'quoteAsset' | 'side'>,
  delegated?: { key: User; delegation: NonNullable<BatchOrder['delegation']> },
): BatchOrder {
  salt += 1n;
  const signed: SignedOrder = {
    account: user.address,
    signer: delegated?.key.address ?? user.address,
    cap: 0,
    baseAmount: 1_000n,
    quoteAmount: 2_000n,
    maxFeeBps: 100,
    createdAtMs: 1,
    expiresAtMs: farMs,
    epoch: 0n,
    salt,
    terms: 'ETH-USDC limit gtc',
    ...order,
  };
  const digest = world.digests.order(signed);
  const signature = (delegated?.key ?? user).sign(digest);
  return delegated
    ? { digest, signed, signature, delegation: delegated.delegation }
    : { digest, signed, signature };
}

export function signedDelegation(
  world: ChainWorld,
  { owner, key }: { owner: User; key: User },
  terms: Partial<SignedDelegation> & Pick<SignedDelegation, 'quoteAsset'>,
): NonNullable<BatchOrder['delegation']> {
  salt += 1n;
  const signed: SignedDelegation = {
    account: owner.address,
    sessionKey: key.address,
    maxNotionalPerDay: 10_000n,
    maxFeeBps: 100,
    marketsRoot: `0x${'00'.repeat(32)}`,
    createdAtMs: 1,
    expiresAtMs: farMs,
    epoch: 0n,
    salt,
    ...terms,
  };
  const digest = world.digests.delegation(signed);
  return { digest, signed, signature: owner.sign(digest), marketProof: [] };
}

export const fillOf = (fill: Partial<BatchFill>): BatchFill => ({
  kind: 'trade',
  maker: 0,
  taker: 1,
  baseAtoms: 100n,
  quoteAtoms: 200n,
  makerFeeAtoms: 0n,
  takerFeeAtoms: 0n,
  ...fill,
});

export async function nextBatch(
  world: ChainWorld,
  orders: BatchOrder[],
  fills: BatchFill[],
  more: Partial<SettlementBatch> = {},
): Promise<SettlementBatch> {
  const batchId = Number(await world.read<bigint>('lastBatch')) + 1;
  const matchedThroughMs = Number(await world.read<bigint>('matchedThroughMs'));
  return { batchId, matchedThroughMs, transfers: [], orders, fills, ...more };
}

export function encoded(world: ChainWorld, batch: SettlementBatch): string {
  return encodeSettleBatch(batch, { insuranceAccount: world.places.insurance.address });
}

/** Sends a batch as the operator; what it said by `eth_call` before and what it took. */
export async function settle(
  world: ChainWorld,
  batch: SettlementBatch,
): Promise<{ outcomes: FillOutcome[]; receipt: Receipt }> {
  const { operator, exchange } = world.places;
  const call = { from: operator.address, to: exchange, data: encoded(world, batch) };
  const outcomes = decodeReasons(await world.chain.call(call));
  const receipt = await world.chain.send(call);
  return { outcomes, receipt };
}
