/** What can be decided of a signed order without the book: its terms, its market, its assets, its signature, its signer's leave. */

import { signerOf } from '#cloud/signer-of.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import type { SignedOrder } from '#domain/command.ts';
import { type Digest, isMarketLike } from '#domain/order.ts';
import type { OrderTerms } from '#domain/raw-order.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { canonicalSignature, type digests } from '#wire/eip712.ts';
import type { PlaceRequest } from '#wire/matcher-api.ts';
import type { PlaceBody } from '#wire/order-body.ts';
import { readTerms } from '#wire/terms.ts';
import { mayTrade } from './may-trade.ts';

export type OrderRules = {
  markets: ReadonlyMap<string, ListedMarket>;
  digestOf: ReturnType<typeof digests>;
  rights: SigningRights;
  nowMs: number;
};

export type VerifiedOrder =
  | { status: 'verified'; digest: Digest; listed: ListedMarket; command: PlaceRequest }
  | { status: 'refused'; digest: Digest; code: Refusal; why?: string };

/** The first broken rule is the answer. Times, ticks, lots and funds are the engine's to judge: it alone knows now and the book. */
export async function verifyOrder(body: PlaceBody, rules: OrderRules): Promise<VerifiedOrder> {
  const { markets, digestOf } = rules;
  const { order, clientOrderId } = body;
  const digest = digestOf.order(order);
  const refused = (code: Refusal, why?: string): VerifiedOrder => ({
    ...{ status: 'refused', digest, code },
    ...(why === undefined ? {} : { why }),
  });

  const terms = readTerms(order.terms);
  if ('problem' in terms) return refused('invalid_terms', terms.problem);
  const listed = markets.get(terms.marketId);
  if (!listed) return refused('unknown_market');
  if (!namesAssetsOf(order, listed)) return refused('wrong_chain');
  if (capsQuote(order) && !isMarketBuy(order, terms))
    return refused('invalid_terms', 'only a buy at market price can be bounded by money (cap 1)');
  const signature = canonicalSignature(body.signature);
  if (!signature || signerOf(digest, signature) !== order.signer) return refused('bad_signature');
  // On the chain, perhaps long ago: signed for a later time, it is not too late for the engine.
  if (await rules.rights.isCancelled(order.account, digest)) return refused('order_cancelled');
  const leave = await mayTrade(order, listed, rules);
  if (leave.status === 'refused') return refused(leave.code);
  // The vault pays what is there when the exit is called in: what is sold meanwhile could not be settled.
  const leaving = await rules.rights.leavingAssets(order.account);
  if (leaving.has(order.side === 0 ? order.quoteAsset : order.baseAsset))
    return refused('funds_are_leaving');

  return {
    status: 'verified',
    digest,
    listed,
    command: {
      type: 'place',
      digest,
      order,
      signature,
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      ...(leave.delegation === undefined ? {} : { delegation: leave.delegation }),
      ...(leave.delegations && terms.replaces ? { delegations: leave.delegations } : {}),
    },
  };
}

const namesAssetsOf = (order: SignedOrder, { base, quote }: ListedMarket): boolean =>
  order.baseAsset === base.chainAsset && order.quoteAsset === quote.chainAsset;

const capsQuote = (order: SignedOrder): boolean => order.cap === 1;

/** Only "spend so much money" is bounded by quote; any other order is a size. */
const isMarketBuy = (order: SignedOrder, terms: OrderTerms): boolean =>
  isMarketLike(terms.orderType) && order.side === 0;
