/**
 * A Merkle tree whose every node also carries the sum of the amounts below it, so that its top commits to a total.
 *
 * A node's hash covers both children's hashes *and both their sums*. Hashing only the parent's own sum, as Maxwell's first
 * tree did, lets a prover state max(left, right) instead of left + right and show each side another sibling (Hu, Zhang, Guo,
 * "Breaking the Binding", eprint 2018/1139; Chalkias, Chatzigiannis, Ji, "Broken Proofs of Solvency", FC 2022, 4.1); the form
 * here is that of DAPOL+ (Ji, Chalkias, "Generalized Proof of Liabilities", eprint 2021/1350, 4.1). Leaves, nodes, padding and
 * commitments begin with different bytes, so none can be shown as another (RFC 6962, 2.1). An odd node is paired with padding
 * that holds nothing, never with itself (CVE-2012-2459). Sums are unsigned, 32 bytes wide and bounded far below that.
 */
import { assert } from './assertion.ts';
import { greatestUnits } from './ledger-operation.ts';

/** A collision-resistant hash of 32 bytes. */
export type HashFunction = (bytes: Uint8Array) => Uint8Array;

export type SumNode = { hash: Uint8Array; units: bigint };

export const hashBytes = 32;
/** Hash, then sum. */
export const nodeBytes = 64;

/** The first byte of what is hashed says what it is. */
export const leafMark = 0;
export const nodeMark = 1;
export const paddingMark = 2;
export const commitmentMark = 3;

/** 2^32 accounts; then no sum passes 10^30 · 2^32 < 2^132, and nothing wraps in 256 bits. */
export const greatestDepth = 32;
export const greatestCount = 2 ** greatestDepth;

/** What so many leaves can hold at most. */
export const greatestSum = (leaves: number): bigint => greatestUnits * BigInt(leaves);

/** How many levels stand above the leaves: the least d with 2^d ≥ count. */
export function depthOf(count: number): number {
  assert(Number.isSafeInteger(count) && count >= 0 && count <= greatestCount, 'a count of leaves');
  let depth = 0;
  while (2 ** depth < count) depth += 1;
  return depth;
}

/** How many real leaves stand below the node at `index` of the level `height`: 0 for padding. */
export function leavesBelow(count: number, height: number, index: number): number {
  const width = 2 ** height;
  return Math.max(0, Math.min(width, count - index * width));
}

/** Stands where a level ends with an odd node. */
export function paddingNode(hash: HashFunction): SumNode {
  return { hash: hash(Uint8Array.of(paddingMark)), units: 0n };
}

export function parentOf(hash: HashFunction, left: SumNode, right: SumNode): SumNode {
  const bytes = new Uint8Array(1 + 2 * nodeBytes);
  bytes[0] = nodeMark;
  writeNode(bytes, 1, left);
  writeNode(bytes, 1 + nodeBytes, right);
  return { hash: hash(bytes), units: left.units + right.units };
}

/** The level above some nodes that begin at an even index. */
export function levelAbove(hash: HashFunction, nodes: readonly SumNode[]): SumNode[] {
  const above: SumNode[] = [];
  for (let at = 0; at < nodes.length; at += 2)
    above.push(parentOf(hash, nodeAt(nodes, at), nodes[at + 1] ?? paddingNode(hash)));
  return above;
}

/** The node that stands `height` levels above all of the nodes: at most 2^height of them, from the first of its subtree on. */
export function topOf(hash: HashFunction, nodes: readonly SumNode[], height: number): SumNode {
  assert(nodes.length <= 2 ** height, `${nodes.length} nodes below one of height ${height}`);
  let level = nodes;
  for (let at = 0; at < height; at += 1) level = levelAbove(hash, level);
  return level[0] ?? paddingNode(hash);
}

/** The siblings on the way from the node at `index` to the one `height` levels above, lowest first. */
export function pathOf(
  hash: HashFunction,
  nodes: readonly SumNode[],
  { index, height }: { index: number; height: number },
): SumNode[] {
  assert(index < nodes.length && nodes.length <= 2 ** height, 'a path of no node');
  const path: SumNode[] = [];
  let level = nodes;
  let at = index;
  for (let step = 0; step < height; step += 1) {
    path.push(level[at % 2 === 0 ? at + 1 : at - 1] ?? paddingNode(hash));
    level = levelAbove(hash, level);
    at = Math.floor(at / 2);
  }
  return path;
}

/** A node as it is hashed and kept: 32 bytes of hash, 32 of the sum, big-endian. */
export function writeNode(bytes: Uint8Array, at: number, { hash, units }: SumNode): void {
  assert(hash.length === hashBytes, 'a hash of another length');
  bytes.set(hash, at);
  writeUnits(bytes, at + hashBytes, units);
}

export function readNode(bytes: Uint8Array, at: number): SumNode {
  assert(at + nodeBytes <= bytes.length, 'a node beyond the end');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + hashBytes, 32);
  let units = 0n;
  for (let word = 0; word < 32; word += 8) units = (units << 64n) | view.getBigUint64(word);
  return { hash: bytes.slice(at, at + hashBytes), units };
}

export function writeUnits(bytes: Uint8Array, at: number, units: bigint): void {
  // The text of a message is made where it is needed: this is called for every node of a million.
  if (units < 0n || units >> 256n !== 0n)
    assert(false, `${units} is no unsigned integer of 256 bits`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 32);
  // Each word takes the low 64 bits of what it is given.
  view.setBigUint64(0, units >> 192n);
  view.setBigUint64(8, units >> 128n);
  view.setBigUint64(16, units >> 64n);
  view.setBigUint64(24, units);
}

function nodeAt(nodes: readonly SumNode[], at: number): SumNode {
  const node = nodes[at];
  assert(node, 'a node beyond the end of its level');
  return node;
}
