/** The tree of allowed markets, against the rule by which the contract verifies a proof. */
import { AbiCoder, concat, keccak256 } from 'ethers';
import { describe, expect, it } from 'vitest';
import { type AllowedMarket, allMarkets, marketProofOf, marketsRootOf } from '#wire/market-tree.ts';

const marketsOf = (count: number): AllowedMarket[] =>
  Array.from({ length: count }, (_, at) => ({ base: `0x${(at + 1).toString(16)}`, quote: '0xd1' }));

/** OpenZeppelin's MerkleProof.verify. */
function verifies(root: string, { base, quote }: AllowedMarket, proof: string[]): boolean {
  const encoded = AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256'], [base, quote]);
  const reached = proof.reduce(
    (hash, sibling) =>
      keccak256(BigInt(hash) < BigInt(sibling) ? concat([hash, sibling]) : concat([sibling, hash])),
    keccak256(keccak256(encoded)),
  );
  return reached === root;
}

describe('the tree of allowed markets', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 17])('proves each of %i markets, and no other', (count) => {
    const markets = marketsOf(count);
    const root = marketsRootOf(markets);
    for (const market of markets) {
      const proof = marketProofOf(markets, market);
      expect(proof && verifies(root, market, proof)).toBe(true);
    }
    const other = { base: '0xffff', quote: '0xd1' };
    expect(marketProofOf(markets, other)).toBeUndefined();
    expect(verifies(root, other, marketProofOf(markets, marketsOf(1)[0] ?? other) ?? [])).toBe(
      false,
    );
  });

  it('tells a market from the one with its assets swapped', () => {
    const markets = [{ base: '0x1', quote: '0x2' }];
    expect(marketProofOf(markets, { base: '0x2', quote: '0x1' })).toBeUndefined();
  });

  it('has one root whatever the order of its markets, and however often one is named', () => {
    const markets = marketsOf(6);
    const root = marketsRootOf(markets);
    expect(marketsRootOf(markets.toReversed())).toBe(root);
    expect(marketsRootOf([...markets, ...markets])).toBe(root);
  });

  it('of no market is the root that allows all', () => {
    expect(marketsRootOf([])).toBe(allMarkets);
  });
});
