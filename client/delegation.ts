/** Builds and signs what an owner allows a session key, from decimal text. */
import { parseDecimal } from '#domain/amount.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { delegationJson } from '#wire/delegation-body.ts';
import {
  delegationTypes,
  type SignedDelegation,
  type SigningDomain,
  typedDomain,
} from '#wire/eip712.ts';
import { type AllowedMarket, marketsRootOf } from '#wire/market-tree.ts';
import { CrossbookError } from './crossbook-error.ts';
import { canonical, type OrderSigner } from './signing.ts';

export type DelegationWish = {
  /** The address whose key may sign orders. */
  sessionKey: string;
  /** The asset that its orders pay and are paid in, such as `USDC`. */
  quote: string;
  /** At most so much of it a UTC day, by the orders' own prices. */
  perDay: string;
  /** Only these, such as `ETH-USDC`; every market of the quote asset where absent. */
  markets?: string[];
  /** Orders of the key may sign at most this fee; the highest taker fee of these markets where absent. */
  maxFeeBps?: number;
  /** Thirty days after now where absent. No order of the key may end later. */
  expiresAtMs?: number;
  /** The account's epoch on the chain, where it ever raised it. */
  epoch?: bigint;
};

const usualMs = 30 * 24 * 60 * 60_000;

/** The struct that a wish means, and the leaves of its markets' root. */
export function buildDelegation(
  wish: DelegationWish,
  listed: readonly ListedMarket[],
  given: { account: string; createdAtMs: number; salt: bigint },
): { delegation: SignedDelegation; markets: AllowedMarket[] } {
  const ofQuote = listed.filter(({ quote }) => quote.id === wish.quote);
  const named = wish.markets?.map((id) => {
    const market = ofQuote.find((each) => each.market.id === id);
    if (!market) throw new CrossbookError('unknown_market', `no market ${id} of ${wish.quote}`);
    return market;
  });
  const [first] = ofQuote;
  if (!first) throw new CrossbookError('unknown_asset', `no market trades for ${wish.quote}`);
  const fees = (named ?? ofQuote).map(({ market }) => market.takerFeeBps);
  const markets = (named ?? []).map(({ base, quote }) => ({
    base: base.chainAsset,
    quote: quote.chainAsset,
  }));
  const delegation = {
    account: given.account.toLowerCase(),
    sessionKey: wish.sessionKey.toLowerCase(),
    quoteAsset: first.quote.chainAsset,
    maxNotionalPerDay: atomsOf(wish.perDay, first.quote),
    maxFeeBps: wish.maxFeeBps ?? Math.max(0, ...fees),
    marketsRoot: marketsRootOf(markets),
    createdAtMs: given.createdAtMs,
    expiresAtMs: wish.expiresAtMs ?? given.createdAtMs + usualMs,
    epoch: wish.epoch ?? 0n,
    salt: given.salt,
  };
  return { delegation, markets };
}

function atomsOf(amount: string, asset: Asset): bigint {
  const units = parseDecimal(amount, asset.decimals);
  if (units === undefined)
    throw new CrossbookError('invalid_request', `not an amount of ${asset.id}: ${amount}`);
  return units * atomsPerUnit(asset);
}

/** The body of `POST /v1/account/delegations`. */
export async function signDelegation(
  signer: OrderSigner,
  domain: SigningDomain,
  { delegation, markets }: ReturnType<typeof buildDelegation>,
) {
  const text = await signer.signTypedData(typedDomain(domain), delegationTypes, delegation);
  return {
    delegation: delegationJson(delegation),
    ...(markets.length === 0 ? {} : { markets }),
    signature: canonical(text),
  };
}
export type DelegationBodyJson = Awaited<ReturnType<typeof signDelegation>>;
