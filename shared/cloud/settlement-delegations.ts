/** Delegations as a batch carries them: signed by the owner, with the proof that they allow the order's market. */
import { assert } from '#domain/assertion.ts';
import type { Asset, AssetId } from '#domain/asset.ts';
import { assetsOf, type MarketId } from '#domain/market.ts';
import type { Digest } from '#domain/order.ts';
import { marketProofOf } from '#wire/market-tree.ts';
import type { DelegationStore, KnownDelegation } from './delegation-store.ts';
import type { DelegationOf, Delegations } from './settlement-building.ts';
import { termsOf } from './settlement-content.ts';
import { sideBySide } from './side-by-side.ts';

const readsAtOnce = 8;

export function settlementDelegations(
  store: Pick<DelegationStore, 'find'>,
  assets: () => Promise<ReadonlyMap<AssetId, Asset>>,
): Delegations {
  return {
    async find(digests) {
      const terms = await assets();
      const found = await sideBySide(digests, readsAtOnce, async (digest) => {
        const known = await store.find(digest);
        assert(known, `delegation ${digest} has orders and nobody keeps it`);
        const of = (marketId: MarketId) => delegationOf(known, marketId, terms);
        return [digest, of] as const;
      });
      return new Map<Digest, (marketId: MarketId) => DelegationOf>(found);
    },
  };
}

function delegationOf(
  { digest, signed, signature, markets }: KnownDelegation,
  marketId: MarketId,
  terms: ReadonlyMap<AssetId, Asset>,
): DelegationOf {
  const { base, quote } = assetsOf(marketId);
  const market = {
    base: termsOf(terms, base).chainAsset,
    quote: termsOf(terms, quote).chainAsset,
  };
  const marketProof = markets.length === 0 ? [] : marketProofOf(markets, market);
  // The door refused such an order.
  assert(marketProof, `delegation ${digest} does not allow ${marketId}`);
  return { digest, signed, marketProof, ...(signature === undefined ? {} : { signature }) };
}
