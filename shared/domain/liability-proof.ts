/**
 * What the exchange owes its users at the end of a day, asset by asset, as one published root; and how an owner checks that
 * the own balance is part of it. Pure: the hash is an argument, and nothing but the proof and the root is needed.
 */
import { assert } from './assertion.ts';
import { greatestUnits } from './ledger-operation.ts';
import {
  commitmentMark,
  depthOf,
  greatestCount,
  greatestSum,
  type HashFunction,
  hashBytes,
  leafMark,
  leavesBelow,
  paddingNode,
  parentOf,
  type SumNode,
  writeUnits,
} from './merkle-sum-tree.ts';

/** Names the format; hashed into every root, so that no other rule can be claimed for it. */
export const liabilityFormat = 'crossbook-liabilities-1';

export type LiabilityLeaf = {
  account: string;
  asset: string;
  units: bigint;
  /** 32 bytes that only the account's owner learns: others could else try addresses and amounts until a hash fits. */
  salt: Uint8Array;
};

/** What one root stands for. */
export type Commitment = {
  /** UTC, such as 2026-01-31: balances as they were when it ended. */
  day: string;
  asset: string;
  /** An amount is units · 10^-decimals. */
  decimals: number;
  /** Leaves: accounts that are owed anything. */
  accounts: number;
  top: SumNode;
};

export type InclusionProof = Omit<Commitment, 'top'> &
  Omit<LiabilityLeaf, 'asset'> & {
    /** Of the leaf, from 0. Its bits say at each level whether the node is the left or the right one. */
    position: number;
    /** The siblings, lowest first: as many as the tree has levels above its leaves. */
    path: SumNode[];
  };

/** Why a proof proves nothing; a closed list, in order of precedence. */
export const proofFaults = [
  'no_such_count',
  'no_such_position',
  'no_such_decimals',
  'salt_of_other_length',
  'path_of_other_length',
  'amount_out_of_bounds',
  'padding_is_not_empty',
] as const;
export type ProofFault = (typeof proofFaults)[number];

/** The hash covers the account, so that one leaf can never answer two owners. */
export function leafNode(hash: HashFunction, leaf: LiabilityLeaf): SumNode {
  const { account, asset, units, salt } = leaf;
  if (units < 0n || units > greatestUnits) assert(false, `a liability of ${units}`);
  assert(salt.length === hashBytes, 'a salt has 32 bytes');
  const bytes = new Uint8Array(1 + 2 + account.length + 2 + asset.length + 32 + hashBytes);
  bytes[0] = leafMark;
  let at = writeText(bytes, 1, account);
  at = writeText(bytes, at, asset);
  writeUnits(bytes, at, units);
  bytes.set(salt, at + 32);
  return { hash: hash(bytes), units };
}

/** The published root: day, asset, number of accounts and total cannot be exchanged for others behind it. */
export function rootOf(hash: HashFunction, commitment: Commitment): Uint8Array {
  const { day, asset, decimals, accounts, top } = commitment;
  assert(accounts >= 0 && accounts <= greatestCount, 'a count of accounts');
  const texts = [liabilityFormat, day, asset];
  const length = texts.reduce((sum, text) => sum + 2 + text.length, 0);
  const bytes = new Uint8Array(1 + length + 1 + 8 + 2 * hashBytes);
  bytes[0] = commitmentMark;
  let at = 1;
  for (const text of texts) at = writeText(bytes, at, text);
  bytes[at] = decimals;
  new DataView(bytes.buffer).setBigUint64(at + 1, BigInt(accounts));
  bytes.set(top.hash, at + 9);
  writeUnits(bytes, at + 9 + hashBytes, top.units);
  return hash(bytes);
}

/**
 * Climbs from the leaf to the root by the proof. Whoever compares the root with the published one knows that the
 * published total contains the leaf's amount, and nothing negative anywhere beside the way.
 */
export function climb(
  hash: HashFunction,
  proof: InclusionProof,
):
  | { status: 'climbed'; root: Uint8Array; totalUnits: bigint }
  | { status: 'refused'; fault: ProofFault } {
  const { day, asset, decimals, accounts, position, path, units, salt } = proof;
  if (!isWhole(accounts, greatestCount) || accounts === 0) return refuse('no_such_count');
  if (!isWhole(position, accounts - 1)) return refuse('no_such_position');
  if (!isWhole(decimals, 255)) return refuse('no_such_decimals');
  if (salt.length !== hashBytes) return refuse('salt_of_other_length');
  if (path.length !== depthOf(accounts)) return refuse('path_of_other_length');
  if (units < 0n || units > greatestUnits) return refuse('amount_out_of_bounds');
  const fault = path.map((node, height) => siblingFault(hash, proof, node, height)).find(Boolean);
  if (fault) return refuse(fault);

  let top = leafNode(hash, proof);
  let index = position;
  for (const sibling of path) {
    top = index % 2 === 0 ? parentOf(hash, top, sibling) : parentOf(hash, sibling, top);
    index = Math.floor(index / 2);
  }
  const root = rootOf(hash, { day, asset, decimals, accounts, top });
  return { status: 'climbed', root, totalUnits: top.units };
}

/** A sibling holds no more than its accounts may; where it has none it is padding, and nothing else. */
function siblingFault(
  hash: HashFunction,
  { accounts, position }: InclusionProof,
  node: SumNode,
  height: number,
): ProofFault | undefined {
  const index = Math.floor(position / 2 ** height);
  const leaves = leavesBelow(accounts, height, index % 2 === 0 ? index + 1 : index - 1);
  if (node.hash.length !== hashBytes) return 'path_of_other_length';
  if (leaves === 0) {
    const padding = paddingNode(hash);
    const isPadding = node.units === 0n && padding.hash.every((byte, at) => byte === node.hash[at]);
    return isPadding ? undefined : 'padding_is_not_empty';
  }
  const inBounds = node.units >= 0n && node.units <= greatestSum(leaves);
  return inBounds ? undefined : 'amount_out_of_bounds';
}

/** Two bytes of length, then the text: plain ASCII, one byte a character. Returns where it ends. */
function writeText(bytes: Uint8Array, at: number, text: string): number {
  assert(text.length < 65_536, 'a text too long to hash');
  bytes[at] = text.length >> 8;
  bytes[at + 1] = text.length & 0xff;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    assert(code > 0x1f && code < 0x7f, 'a text that is not plain ASCII');
    bytes[at + 2 + index] = code;
  }
  return at + 2 + text.length;
}

const isWhole = (value: number, greatest: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= greatest;

const refuse = (fault: ProofFault) => ({ status: 'refused', fault }) as const;
