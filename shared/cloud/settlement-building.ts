/** The orders of a batch as the contract wants them: as they were signed, those of session keys with their delegation. */
import { assert } from '#domain/assertion.ts';
import type { Asset, AssetId } from '#domain/asset.ts';
import type { MarketId } from '#domain/market.ts';
import type { Digest } from '#domain/order.ts';
import type { BatchOrder } from '#wire/settlement-batch.ts';
import type { BatchWhere } from './settlement-batches.ts';
import { type BatchContent, type Building, tradesOfContent } from './settlement-content.ts';
import { findOrders, type KnownOrder } from './settlement-orders.ts';

export type DelegationOf = NonNullable<BatchOrder['delegation']>;

export type Delegations = {
  /** Each delegation as it was signed, with the proof that it allows a market. */
  find(
    digests: readonly Digest[],
  ): Promise<ReadonlyMap<Digest, (marketId: MarketId) => DelegationOf>>;
};

export type OrderLookup = (digest: Digest, marketId: MarketId) => BatchOrder;

export async function batchOrders(
  delegations: Delegations,
  orders: readonly KnownOrder[],
): Promise<OrderLookup> {
  const byDigest = new Map(orders.map((order) => [order.digest, order]));
  const wanted = [...new Set(orders.flatMap(({ delegation }) => delegation ?? []))];
  const found = wanted.length === 0 ? new Map() : await delegations.find(wanted);
  return (digest, marketId) => {
    const order = byDigest.get(digest);
    assert(order, `order ${digest} is filled and nobody kept it`);
    const { signed, signature, delegation } = order;
    if (delegation === undefined) return { digest, signed, signature };
    const delegationOf = found.get(delegation);
    assert(delegationOf, `order ${digest} is of delegation ${delegation}, which nobody keeps`);
    return { digest, signed, signature, delegation: delegationOf(marketId) };
  };
}

/** Of a batch that is planned: its orders were kept before it was. */
export async function buildingOf(
  where: BatchWhere,
  content: BatchContent,
  of: { delegations: Delegations; assets: ReadonlyMap<AssetId, Asset> },
): Promise<Building> {
  const orders = await findOrders(where, digestsOf(tradesOfContent(content)));
  const orderOf = await batchOrders(of.delegations, [...orders.values()]);
  return { orderOf, assets: of.assets };
}

export const digestsOf = (
  trades: readonly { makerDigest: Digest; takerDigest: Digest }[],
): Digest[] => [
  ...new Set(trades.flatMap(({ makerDigest, takerDigest }) => [makerDigest, takerDigest])),
];
