import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { climb, type InclusionProof, leafNode, rootOf } from '#domain/liability-proof.ts';
import {
  depthOf,
  nodeBytes,
  nodeMark,
  paddingNode,
  parentOf,
  readNode,
  topOf,
  writeNode,
} from '#domain/merkle-sum-tree.ts';
import { node, owedUnits, sha256, someOwed, type Tree, terms, treeOf } from './liability-trees.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Whether a proof proves what the tree published. */
function accepted(proof: InclusionProof, { root, totalUnits }: Tree): boolean {
  const climbed = climb(sha256, proof);
  if (climbed.status === 'refused') return false;
  return hex(climbed.root) === hex(root) && climbed.totalUnits === totalUnits;
}

const faultOf = (proof: InclusionProof) => {
  const climbed = climb(sha256, proof);
  return climbed.status === 'refused' ? climbed.fault : undefined;
};

const proofAt = (tree: Tree, position: number): InclusionProof => {
  const proof = tree.proofs[position];
  if (!proof) throw new Error(`no leaf at ${position}`);
  return proof;
};

describe('a tree of liabilities', () => {
  it('proves every leaf, and its total is the sum of all', () => {
    fc.assert(
      fc.property(someOwed, (owed) => {
        const tree = treeOf(owed);
        expect(tree.totalUnits).toBe(owed.reduce((sum, { units }) => sum + units, 0n));
        for (const proof of tree.proofs) expect(accepted(proof, tree)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('has the least depth that holds its leaves', () => {
    expect([0, 1, 2, 3, 4, 5, 8, 9, 1_000_000, 2 ** 32].map(depthOf)).toEqual([
      0, 0, 1, 2, 2, 3, 3, 4, 20, 32,
    ]);
    expect(() => depthOf(2 ** 32 + 1)).toThrow('a count of leaves');
  });

  it('commits to day, asset, decimals and number of accounts', () => {
    const top = topOf(sha256, [node(5n, 1), node(7n, 2)], 1);
    const commitment = { ...terms, accounts: 2, top };
    const others = [
      { ...commitment, day: '2026-02-01' },
      { ...commitment, asset: 'USDT' },
      { ...commitment, decimals: 8 },
      { ...commitment, accounts: 1 },
      { ...commitment, top: { ...top, units: 13n } },
    ];
    const roots = [commitment, ...others].map((each) => hex(rootOf(sha256, each)));
    expect(new Set(roots).size).toBe(roots.length);
  });
});

describe('a proof of liabilities', () => {
  it('is refused with any single bit changed', () => {
    const change = fc.record({ field: fc.nat(), bit: fc.nat() });
    fc.assert(
      fc.property(someOwed, fc.nat(), change, (owed, at, { field, bit }) => {
        const tree = treeOf(owed);
        const proof = proofAt(tree, at % owed.length);
        const changes = bitsOf(proof);
        const changed = changes[field % changes.length]?.(bit);
        expect(changed && accepted(changed, tree)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is refused with any bit changed of one whole proof', () => {
    const tree = treeOf(owedUnits([5n, 0n, 7n, 10n ** 30n, 3n]));
    for (const proof of tree.proofs)
      for (const change of bitsOf(proof))
        for (let bit = 0; bit < 512; bit += 1) expect(accepted(change(bit), tree)).toBe(false);
  });

  it('is refused with its siblings in another order, missing, or one too many', () => {
    const tree = treeOf(owedUnits([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]));
    const proof = proofAt(tree, 2);
    const [first, second, third] = proof.path;
    if (!first || !second || !third) throw new Error('the path is shorter than its tree');
    expect(accepted({ ...proof, path: [second, first, third] }, tree)).toBe(false);
    expect(faultOf({ ...proof, path: [first, second] })).toBe('path_of_other_length');
    expect(faultOf({ ...proof, path: [second, third] })).toBe('path_of_other_length');
    expect(faultOf({ ...proof, path: [...proof.path, third] })).toBe('path_of_other_length');
    expect(accepted({ ...proof, position: 3 }, tree)).toBe(false);
  });

  it('is refused with the salt of another day', () => {
    const tree = treeOf(owedUnits([1n, 2n, 3n]));
    const proof = proofAt(tree, 1);
    expect(accepted({ ...proof, salt: sha256(proof.salt) }, tree)).toBe(false);
    expect(faultOf({ ...proof, salt: proof.salt.subarray(1) })).toBe('salt_of_other_length');
  });
});

describe('an amount of a proof', () => {
  it('is refused where anything is negative', () => {
    const tree = treeOf(owedUnits([1n, 2n, 3n]));
    const proof = proofAt(tree, 0);
    expect(faultOf({ ...proof, units: -1n })).toBe('amount_out_of_bounds');
    const path = proof.path.map((sibling, at) => (at === 0 ? { ...sibling, units: -2n } : sibling));
    expect(faultOf({ ...proof, path })).toBe('amount_out_of_bounds');
  });

  it('is refused where an amount could wrap a sum or passes what accounts may hold', () => {
    const tree = treeOf(owedUnits([1n, 2n, 3n, 4n]));
    const proof = proofAt(tree, 0);
    const withSum = (units: bigint, height: number) => ({
      ...proof,
      path: proof.path.map((sibling, at) => (at === height ? { ...sibling, units } : sibling)),
    });
    expect(faultOf({ ...proof, units: greatestUnits + 1n })).toBe('amount_out_of_bounds');
    expect(faultOf(withSum((1n << 256n) - 1n, 1))).toBe('amount_out_of_bounds');
    expect(faultOf(withSum(2n * greatestUnits + 1n, 1))).toBe('amount_out_of_bounds');
    expect(faultOf(withSum(2n * greatestUnits, 1))).toBeUndefined();
    // The first sibling is one account, whatever the level above could hold.
    expect(faultOf(withSum(2n * greatestUnits, 0))).toBe('amount_out_of_bounds');
  });

  it('is refused where padding holds an amount, or is anything but padding', () => {
    const tree = treeOf(owedUnits([1n, 2n, 3n]));
    const last = proofAt(tree, 2);
    expect(last.path[0]).toEqual(paddingNode(sha256));
    const [, ...rest] = last.path;
    expect(faultOf({ ...last, path: [node(0n, 9), ...rest] })).toBe('padding_is_not_empty');
    const heavy = { ...paddingNode(sha256), units: 1n };
    expect(faultOf({ ...last, path: [heavy, ...rest] })).toBe('padding_is_not_empty');
  });

  it('is refused at a position that its tree has not', () => {
    const proof = proofAt(treeOf(owedUnits([1n, 2n, 3n])), 2);
    expect(faultOf({ ...proof, position: 3 })).toBe('no_such_position');
    expect(faultOf({ ...proof, position: -1 })).toBe('no_such_position');
    expect(faultOf({ ...proof, position: 0.5 })).toBe('no_such_position');
    expect(faultOf({ ...proof, accounts: 0 })).toBe('no_such_count');
    expect(faultOf({ ...proof, accounts: 2 ** 32 + 1 })).toBe('no_such_count');
    expect(faultOf({ ...proof, decimals: 256 })).toBe('no_such_decimals');
  });
});

describe('the known attacks', () => {
  it('a node is no leaf: bytes of two nodes never hash as a leaf would (second preimage)', () => {
    const [left, right] = [node(1n, 1), node(2n, 2)];
    const bytes = new Uint8Array(1 + 2 * nodeBytes);
    writeNode(bytes, 1, left);
    writeNode(bytes, 1 + nodeBytes, right);
    // As a leaf, the same bytes begin with 0; as a node with 1.
    expect(hex(parentOf(sha256, left, right).hash)).not.toBe(hex(sha256(bytes)));
    bytes[0] = nodeMark;
    expect(hex(parentOf(sha256, left, right).hash)).toBe(hex(sha256(bytes)));
  });

  it('a subtree cannot be shown as a leaf of a smaller tree', () => {
    const tree = treeOf(owedUnits([1n, 2n, 3n, 4n]));
    const proof = proofAt(tree, 0);
    // Who claims two accounts for the same top needs another root: the number of accounts is part of it.
    const shorter = { ...proof, accounts: 2, path: proof.path.slice(1) };
    expect(accepted(shorter, tree)).toBe(false);
  });

  it('a parent that states the greater of two amounts proves neither side (Maxwell)', () => {
    const [mine, other] = owedUnits([70n, 30n]);
    if (!mine || !other) throw new Error('two are owed');
    const leaf = leafNode(sha256, { ...mine, asset: terms.asset });
    const sibling = leafNode(sha256, { ...other, asset: terms.asset });
    // The prover publishes 70 instead of 100, with the hash of both true children …
    const { hash } = parentOf(sha256, leaf, sibling);
    const top = { hash, units: 70n };
    const tree: Tree = {
      proofs: [],
      root: rootOf(sha256, { ...terms, accounts: 2, top }),
      totalUnits: 70n,
    };
    const proof = { ...terms, ...mine, accounts: 2, position: 0 };
    // … and shows the first owner a sibling of nothing, the second one of 40.
    expect(accepted({ ...proof, path: [{ ...sibling, units: 0n }] }, tree)).toBe(false);
    const second = { ...terms, ...other, accounts: 2, position: 1 };
    expect(accepted({ ...second, path: [{ ...leaf, units: 40n }] }, tree)).toBe(false);
    expect(accepted({ ...proof, path: [sibling] }, tree)).toBe(false);
  });

  it('an odd node is never paired with itself (CVE-2012-2459)', () => {
    const three = treeOf(owedUnits([1n, 2n, 3n]));
    const owed = owedUnits([1n, 2n, 3n]);
    const repeated = treeOf([...owed, ...owed.slice(2)]);
    expect(hex(three.root)).not.toBe(hex(repeated.root));
    expect(three.totalUnits).toBe(6n);
  });

  it('one leaf never answers two owners of the same amount', () => {
    const [leaf] = owedUnits([5n]);
    if (!leaf) throw new Error('one is owed');
    const mine = leafNode(sha256, { ...leaf, asset: 'USDC' });
    const theirs = leafNode(sha256, { ...leaf, account: `${leaf.account}/b`, asset: 'USDC' });
    expect(hex(mine.hash)).not.toBe(hex(theirs.hash));
  });

  it('texts cannot run into each other', () => {
    const [leaf] = owedUnits([5n]);
    if (!leaf) throw new Error('one is owed');
    const one = leafNode(sha256, { ...leaf, account: 'ab', asset: 'c' });
    const two = leafNode(sha256, { ...leaf, account: 'a', asset: 'bc' });
    expect(hex(one.hash)).not.toBe(hex(two.hash));
  });
});

describe('a node of the tree', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 256n) - 1n), fc.nat(60), (units, seed) => {
        const bytes = new Uint8Array(3 + nodeBytes);
        writeNode(bytes, 3, node(units, seed));
        expect(readNode(bytes, 3)).toEqual(node(units, seed));
      }),
    );
  });

  it('holds no negative sum and none of 257 bits', () => {
    const bytes = new Uint8Array(nodeBytes);
    expect(() => writeNode(bytes, 0, node(-1n, 1))).toThrow('no unsigned integer');
    expect(() => writeNode(bytes, 0, node(1n << 256n, 1))).toThrow('no unsigned integer');
  });
});

type Change = (bit: number) => InclusionProof;

/** Every field of a proof, as a change of one bit of it. */
function bitsOf(proof: InclusionProof): Change[] {
  const flipped = (bytes: Uint8Array, bit: number) => {
    const changed = bytes.slice();
    const at = bit % (8 * changed.length);
    changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
    return changed;
  };
  const text = (value: string, bit: number) => {
    const changed = flipped(Buffer.from(value), bit % (8 * value.length - 1));
    // Only what stays plain text: the reader of proofs refuses all else before.
    const isPlain = changed.every((byte) => byte > 0x1f && byte < 0x7f);
    return isPlain ? Buffer.from(changed).toString() : `${value}x`;
  };
  const number = (value: number, bit: number) => value ^ (1 << (bit % 31));
  const amount = (value: bigint, bit: number) => value ^ (1n << BigInt(bit % 256));
  return [
    (bit) => ({ ...proof, day: text(proof.day, bit) }),
    (bit) => ({ ...proof, asset: text(proof.asset, bit) }),
    (bit) => ({ ...proof, account: text(proof.account, bit) }),
    (bit) => ({ ...proof, decimals: number(proof.decimals, bit % 8) }),
    (bit) => ({ ...proof, accounts: number(proof.accounts, bit) }),
    (bit) => ({ ...proof, position: number(proof.position, bit) }),
    (bit) => ({ ...proof, units: amount(proof.units, bit) }),
    (bit) => ({ ...proof, salt: flipped(proof.salt, bit) }),
    ...proof.path.flatMap((_, at): Change[] => [
      (bit) => ({ ...proof, path: proof.path.with(at, hashFlipped(proof, at, bit)) }),
      (bit) => ({ ...proof, path: proof.path.with(at, unitsFlipped(proof, at, bit)) }),
    ]),
  ];

  function hashFlipped({ path }: InclusionProof, at: number, bit: number) {
    const sibling = path[at] ?? paddingNode(sha256);
    return { ...sibling, hash: flipped(sibling.hash, bit) };
  }
  function unitsFlipped({ path }: InclusionProof, at: number, bit: number) {
    const sibling = path[at] ?? paddingNode(sha256);
    return { ...sibling, units: amount(sibling.units, bit) };
  }
}
