/**
 * The Merkle tree of the markets that a Delegation allows, as OpenZeppelin builds and verifies one: leaves hashed twice, pairs
 * sorted, so that a proof needs no positions.
 */
import { AbiCoder, concat, keccak256 } from 'ethers';

/** A market by its assets' numbers on the chain, 0x-hex. */
export type AllowedMarket = { base: string; quote: string };

/** All markets are allowed. */
export const allMarkets = `0x${'0'.repeat(64)}`;

/** Of a market: the double hash keeps a leaf from being taken for an inner node. */
function leafOf({ base, quote }: AllowedMarket): string {
  const coder = AbiCoder.defaultAbiCoder();
  return keccak256(keccak256(coder.encode(['uint256', 'uint256'], [base, quote])));
}

/** The root that a Delegation signs for these markets, each once; that of none is the root that allows all. */
export function marketsRootOf(markets: readonly AllowedMarket[]): string {
  return treeOf(markets)[0] ?? allMarkets;
}

/** What a batch carries beside an order, so that the contract finds its market under the root; undefined where it is not there. */
export function marketProofOf(
  markets: readonly AllowedMarket[],
  market: AllowedMarket,
): string[] | undefined {
  const tree = treeOf(markets);
  let at = tree.lastIndexOf(leafOf(market));
  if (at < 0 || at < (tree.length - 1) / 2) return undefined;
  const proof: string[] = [];
  while (at > 0) {
    proof.push(node(tree, at % 2 === 1 ? at + 1 : at - 1));
    at = Math.floor((at - 1) / 2);
  }
  return proof;
}

/** The root first, the children of `i` at 2i + 1 and 2i + 2, the leaves last. */
function treeOf(markets: readonly AllowedMarket[]): string[] {
  const leaves = [...new Set(markets.map(leafOf))].sort().reverse();
  if (leaves.length === 0) return [];
  const tree: string[] = [...new Array<string>(leaves.length - 1).fill(''), ...leaves];
  for (let at = leaves.length - 2; at >= 0; at -= 1)
    tree[at] = hashed(node(tree, 2 * at + 1), node(tree, 2 * at + 2));
  return tree;
}

const hashed = (one: string, other: string): string =>
  keccak256(concat(one < other ? [one, other] : [other, one]));

function node(tree: readonly string[], at: number): string {
  const hash = tree[at];
  if (hash === undefined) throw new Error(`a tree of ${tree.length} has no node ${at}`);
  return hash;
}
