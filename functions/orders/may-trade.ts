/** Whether a signed order may still be placed, and for whom: its account's epoch on the chain, and the leave of a session key. */
import type { KnownDelegation } from '#cloud/delegation-store.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import { assert } from '#domain/assertion.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { DelegatedLimit, SignedOrder } from '#domain/command.ts';
import type { GroupId } from '#domain/market.ts';
import type { Digest } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { delegationsOfKeyAtMost } from '#wire/delegation-body.ts';
import { type AllowedMarket, allMarkets } from '#wire/market-tree.ts';

export type Leave =
  /** `delegations`: all that the key has now; an order of its may replace one by any of them. */
  | { status: 'granted'; delegation?: DelegatedLimit; delegations?: Digest[] }
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
/** `untilMs`: how long it must last, where that is longer than now. */
type Moment = { epoch: bigint; nowMs: number; untilMs?: number };

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

  const moment = { epoch, nowMs };
  const objections = delegations.map((each) => objectionTo(each, order, moment));
  const fit = delegations.find((_, at) => objections[at] === undefined);
  if (!fit) return refused(nearest(objections));
  const delegation = limitOf(fit, listed, markets);
  return { status: 'granted', delegation, delegations: standing(delegations, moment) };
}

/** The digests of those that are in force, as many as a matcher takes. */
export const standing = (delegations: readonly KnownDelegation[], moment: Moment): Digest[] =>
  delegations
    .filter((each) => endOf(each, moment) === undefined)
    .map(({ digest }) => digest)
    .slice(0, delegationsOfKeyAtMost);

/** The objection that comes nearest to a yes. */
export const nearest = (objections: readonly (Objection | undefined)[]): Objection =>
  precedence.findLast((each) => objections.includes(each)) ?? precedence[0];

/** Why a Delegation is in force no more. */
export function endOf(
  { signed, revokedAtMs }: KnownDelegation,
  { epoch, nowMs, untilMs = nowMs }: Moment,
): Objection | undefined {
  if (signed.epoch < epoch) return 'epoch_too_low';
  if (signed.expiresAtMs <= nowMs || signed.expiresAtMs < untilMs) return 'delegation_expired';
  return revokedAtMs === undefined ? undefined : 'delegation_revoked';
}

function objectionTo(
  known: KnownDelegation,
  order: SignedOrder,
  moment: Moment,
): Objection | undefined {
  // The contract asks for both ends when it settles: an order must not outlive the leave by which it was signed.
  const end = endOf(known, { ...moment, untilMs: order.expiresAtMs });
  if (end) return end;
  const { baseAsset: base, quoteAsset: quote } = order;
  if (!allows(known, { base, quote })) return 'market_not_delegated';
  return order.maxFeeBps > known.signed.maxFeeBps ? 'fee_above_delegated' : undefined;
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
