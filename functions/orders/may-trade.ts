/** Whether a signed order may still be placed, and for whom: its account's epoch on the chain, and the leave of a session key. */
import type { KnownDelegation } from '#cloud/delegation-store.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { DelegatedLimit, SignedOrder } from '#domain/command.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { allMarkets } from '#wire/market-tree.ts';

export type Leave =
  | { status: 'granted'; delegation?: DelegatedLimit }
  | { status: 'refused'; code: Refusal };

/** What the door refuses here, in order of precedence: of several Delegations the one that comes nearest to a yes speaks. */
const precedence = [
  'epoch_too_low',
  'delegation_expired',
  'delegation_revoked',
  'market_not_delegated',
  'fee_above_delegated',
] as const;
type Objection = (typeof precedence)[number];

export async function mayTrade(
  order: SignedOrder,
  listed: ListedMarket,
  { rights, nowMs }: { rights: SigningRights; nowMs: number },
): Promise<Leave> {
  const { account, signer } = order;
  const [epoch, delegations] = await Promise.all([
    rights.epochOf(account),
    signer === account ? [] : rights.delegationsOf(account, signer),
  ]);
  if (signer !== account && delegations.length === 0) return refused('not_signer');
  if (order.epoch < epoch) return refused('epoch_too_low');
  if (signer === account) return { status: 'granted' };

  let nearest: Objection = precedence[0];
  for (const known of delegations) {
    const objection = objectionTo(known, order, { epoch, nowMs });
    if (!objection) return { status: 'granted', delegation: limitOf(known, listed) };
    if (precedence.indexOf(objection) > precedence.indexOf(nearest)) nearest = objection;
  }
  return refused(nearest);
}

function objectionTo(
  { signed, markets, revokedAtMs }: KnownDelegation,
  order: SignedOrder,
  { epoch, nowMs }: { epoch: bigint; nowMs: number },
): Objection | undefined {
  if (signed.epoch < epoch) return 'epoch_too_low';
  // The contract asks for both ends when it settles: an order must not outlive the leave by which it was signed.
  if (signed.expiresAtMs <= nowMs || signed.expiresAtMs < order.expiresAtMs)
    return 'delegation_expired';
  if (revokedAtMs !== undefined) return 'delegation_revoked';
  const isNamed =
    signed.marketsRoot === allMarkets ||
    markets.some(({ base, quote }) => base === order.baseAsset && quote === order.quoteAsset);
  if (signed.quoteAsset !== order.quoteAsset || !isNamed) return 'market_not_delegated';
  return order.maxFeeBps > signed.maxFeeBps ? 'fee_above_delegated' : undefined;
}

/** What the engine counts: whole units, and no more than it can count. */
function limitOf({ digest, signed }: KnownDelegation, { quote }: ListedMarket): DelegatedLimit {
  const units = signed.maxNotionalPerDay / atomsPerUnit(quote);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return { digest, limitUnits: Number(units < most ? units : most) };
}

const refused = (code: Refusal): Leave => ({ status: 'refused', code });
