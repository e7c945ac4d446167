/** Whether a signed order may still be placed, and for whom: its account's epoch on the chain, and the leave of a session key. */
import type { KnownDelegation } from '#cloud/delegation-store.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import { assert } from '#domain/assertion.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { DelegatedLimit, SignedOrder } from '#domain/command.ts';
import type { GroupId } from '#domain/market.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { type AllowedMarket, allMarkets } from '#wire/market-tree.ts';

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

type DoorRules = {
  rights: SigningRights;
  /** All that are listed. */
  markets: ReadonlyMap<string, ListedMarket>;
  nowMs: number;
};

export async function mayTrade(
  order: SignedOrder,
  listed: ListedMarket,
  { rights, markets, nowMs }: DoorRules,
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
    if (!objection) return { status: 'granted', delegation: limitOf(known, listed, markets) };
    if (precedence.indexOf(objection) > precedence.indexOf(nearest)) nearest = objection;
  }
  return refused(nearest);
}

function objectionTo(
  known: KnownDelegation,
  order: SignedOrder,
  { epoch, nowMs }: { epoch: bigint; nowMs: number },
): Objection | undefined {
  const { signed, revokedAtMs } = known;
  if (signed.epoch < epoch) return 'epoch_too_low';
  // The contract asks for both ends when it settles: an order must not outlive the leave by which it was signed.
  if (signed.expiresAtMs <= nowMs || signed.expiresAtMs < order.expiresAtMs)
    return 'delegation_expired';
  if (revokedAtMs !== undefined) return 'delegation_revoked';
  const { baseAsset: base, quoteAsset: quote } = order;
  if (!allows(known, { base, quote })) return 'market_not_delegated';
  return order.maxFeeBps > signed.maxFeeBps ? 'fee_above_delegated' : undefined;
}

function allows({ signed, markets }: KnownDelegation, { base, quote }: AllowedMarket): boolean {
  if (signed.quoteAsset !== quote) return false;
  if (signed.marketsRoot === allMarkets) return true;
  return markets.some((each) => each.base === base && each.quote === quote);
}

/**
 * What the engine counts: whole units, and no more than it can count. Each pair group counts alone, so each has an equal share
 * of the day's limit: together they match no more than was signed. A closed market counts too: no group's share ever grows.
 */
function limitOf(
  known: KnownDelegation,
  { quote }: ListedMarket,
  markets: ReadonlyMap<string, ListedMarket>,
): DelegatedLimit {
  const groups = new Set<GroupId>();
  for (const each of markets.values()) {
    const named = { base: each.base.chainAsset, quote: each.quote.chainAsset };
    if (allows(known, named)) groups.add(each.market.groupId);
  }
  assert(groups.size > 0, 'an order passed the door whose market is not listed');
  const units = known.signed.maxNotionalPerDay / atomsPerUnit(quote) / BigInt(groups.size);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return { digest: known.digest, limitUnits: Number(units < most ? units : most) };
}

const refused = (code: Refusal): Leave => ({ status: 'refused', code });
