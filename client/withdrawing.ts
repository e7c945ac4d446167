/** Builds and signs withdrawals from decimal amounts (PROTOCOL 1, EIP-712): the signature alone is their authority. */
import { parseDecimal } from '#domain/amount.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import {
  canonicalSignature,
  type SignedWithdraw,
  type SigningDomain,
  typedDomain,
  withdrawTypes,
} from '#wire/eip712.ts';
import { CrossbookError } from './crossbook-error.ts';
import type { OrderSigner } from './signing.ts';
import type { Venue } from './venue.ts';

/** What somebody wants to leave the exchange, in decimal text. */
export type WithdrawalWish = {
  asset: string;
  amount: string;
  /** One's own address where absent. A new one may have to wait for its first payment. */
  recipient?: string;
  /** Paid until then or never; so long the funds are held. A day from now where absent. */
  deadlineMs?: number;
  /** Tells two equal withdrawals apart; the same number signed again is the same withdrawal. */
  withdrawalId?: bigint;
};

/** As it is sent: numbers that JSON does not hold are decimal text. */
export type WithdrawalBody = {
  withdraw: Omit<SignedWithdraw, 'amount' | 'afterBatch' | 'withdrawalId'> &
    Record<'amount' | 'afterBatch' | 'withdrawalId', string>;
  signature: string;
};

const dayMs = 24 * 60 * 60_000;

/** The struct that a wish means. Throws a CrossbookError where the exchange lists no such asset, or counts no such amount. */
export function buildWithdrawal(
  wish: WithdrawalWish,
  { markets }: Venue,
  given: { account: string; nowMs: number; withdrawalId: bigint },
): SignedWithdraw {
  const asset = assetIn(markets.values(), wish.asset);
  const units = parseDecimal(wish.amount, asset.decimals);
  if (!units)
    throw new CrossbookError('amount_not_whole', `${wish.amount} is no amount of ${asset.id}`);
  const account = given.account.toLowerCase();
  return {
    account,
    asset: asset.chainAsset,
    amount: units * atomsPerUnit(asset),
    recipient: (wish.recipient ?? account).toLowerCase(),
    afterBatch: 0n,
    deadlineMs: wish.deadlineMs ?? given.nowMs + dayMs,
    withdrawalId: wish.withdrawalId ?? given.withdrawalId,
  };
}

function assetIn(markets: Iterable<{ base: Asset; quote: Asset }>, id: string): Asset {
  for (const { base, quote } of markets) {
    if (base.id === id) return base;
    if (quote.id === id) return quote;
  }
  throw new CrossbookError('unknown_asset', `there is no asset ${id}`);
}

export async function signWithdrawal(
  signer: OrderSigner,
  domain: SigningDomain,
  withdraw: SignedWithdraw,
): Promise<WithdrawalBody> {
  const text = await signer.signTypedData(typedDomain(domain), withdrawTypes, withdraw);
  const signature = canonicalSignature(text);
  if (!signature) throw new CrossbookError('bad_signature', 'the wallet gave no ECDSA signature');
  const { amount, afterBatch, withdrawalId } = withdraw;
  const texts = {
    amount: `${amount}`,
    afterBatch: `${afterBatch}`,
    withdrawalId: `${withdrawalId}`,
  };
  return { withdraw: { ...withdraw, ...texts }, signature };
}
