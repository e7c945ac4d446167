/** One batch of fills as the Exchange contract settles it, and its calldata. Amounts are atoms. */
import type { SignedOrder } from '#domain/command.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { SignedDelegation } from './eip712.ts';

/** Each order is in a batch once, however many fills it has there. */
export type BatchOrder = {
  digest: Digest;
  signed: SignedOrder;
  /** 65 bytes r ‖ s ‖ v by `signed.signer`. */
  signature: string;
  /** Where the signer is a session key; `signature` is absent of one that its owner registered on the chain. */
  delegation?: {
    digest: Digest;
    signed: SignedDelegation;
    signature?: string;
    marketProof: string[];
  };
};

/** `mint`: two buyers of complementary outcomes; `merge`: two sellers of them. */
export type FillKind = 'trade' | 'mint' | 'merge';

export type BatchFill = {
  kind: FillKind;
  /** Positions in the batch's orders. */
  maker: number;
  taker: number;
  baseAtoms: bigint;
  quoteAtoms: bigint;
  /** Taken in the quote asset; a negative one is a rebate, at most the taker's fee. */
  makerFeeAtoms: bigint;
  takerFeeAtoms: bigint;
  /** This side would not settle: the insurance account takes its place, and only the other side's order is looked at. */
  insured?: 'maker' | 'taker';
};

/** From the insurance account to a user: how operators' adjustments reach the chain, before the fills that may spend them. */
export type HouseTransfer = { account: Address; asset: bigint; atoms: bigint };

export type SettlementBatch = {
  /** The one after the vault's last. */
  batchId: number;
  /** Every match up to then is in this batch or an earlier one. */
  matchedThroughMs: number;
  transfers: HouseTransfer[];
  orders: BatchOrder[];
  fills: BatchFill[];
};

/** Why a fill was rejected: the numbers of `FillRejected`. A closed list; none is renumbered. */
export const rejectionReasons = [
  'settled',
  'bad_signature',
  'delegation_invalid',
  'delegation_limit_reached',
  'order_cancelled',
  'epoch_too_low',
  'order_expired',
  'same_account',
  'assets_differ',
  'sides_do_not_match',
  'overfilled',
  'price_outside_limit',
  'fee_too_high',
  'balance_too_low',
  'unknown_outcome',
] as const;
export type RejectionReason = (typeof rejectionReasons)[number];
