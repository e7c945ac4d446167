import { describe, expect, it } from 'vitest';
import { createProofReader } from '#cloud/liability-proofs.ts';
import { saltsOf } from '#cloud/liability-salt.ts';
import { addLeaf, leavesFor, writeTree } from '#cloud/liability-tree.ts';
import { climb, leafNode, rootOf } from '#domain/liability-proof.ts';
import type { SumNode } from '#domain/merkle-sum-tree.ts';
import { toHex } from '#wire/hex-digits.ts';
import { type Owed, sha256, treeOf } from '../domain/liability-trees.ts';
import { MemoryTrees } from './memory-trees.ts';

const saltOf = saltsOf('a secret of at least thirty-two characters');
const name = { day: '2026-01-31', asset: 'ETH' };
const accountOf = (number: number) => `0x${number.toString(16).padStart(40, '0')}`;
const unitsOf = (number: number) => BigInt((number * 7_919) % 1_000_003) + 1n;

/** The tree of so many accounts in a bucket, and what is published of it. */
async function kept(accounts: number, bucket = new MemoryTrees()) {
  const leaves = leavesFor(name, accounts);
  for (let at = 0; at < accounts; at += 1) addLeaf(leaves, saltOf, accountOf(at), unitsOf(at));
  const top = await writeTree(bucket, leaves);
  const root = toHex(rootOf(sha256, { ...name, decimals: 8, accounts, top }));
  const published = { ...name, decimals: 8, accounts, root, totalUnits: top.units.toString() };
  return { bucket, published, reader: createProofReader({ bucket, saltOf }) };
}

describe('a tree of liabilities in S3', () => {
  it.each([1, 2, 3, 7, 1_023, 1_024, 1_025, 2_049])(
    'proves its %i accounts, to the published root',
    async (accounts) => {
      const { reader, published } = await kept(accounts);
      const step = Math.ceil(accounts / 60);
      for (let at = 0; at < accounts; at += step) {
        const proof = await reader.proof(accountOf(at), published);
        expect(proof).toMatchObject({ account: accountOf(at), units: unitsOf(at), accounts });
        const climbed = proof && climb(sha256, proof);
        expect(climbed?.status === 'climbed' && toHex(climbed.root)).toBe(published.root);
      }
    },
  );

  it('is the tree that its leaves make in memory, sorted by their hashes', async () => {
    const { reader, published } = await kept(1_100);
    const owed = Array.from({ length: 1_100 }, (_, at) => {
      const account = accountOf(at);
      return { account, units: unitsOf(at), salt: saltOf({ ...name, account }) };
    });
    const leafText = (each: Owed) => toHex(leafNode(sha256, { ...each, asset: name.asset }).hash);
    owed.sort((a, b) => (leafText(a) < leafText(b) ? -1 : 1));
    const tree = treeOf(owed, { ...name, decimals: 8 });
    expect(toHex(tree.root)).toBe(published.root);
    for (const position of [0, 1, 1_023, 1_024, 1_099]) {
      const expected = tree.proofs[position];
      const proof = await reader.proof(expected?.account ?? '', published);
      const hashes = (path: SumNode[] = []) => path.map(({ hash }) => toHex(hash));
      expect(hashes(proof?.path)).toEqual(hashes(expected?.path));
      expect(proof?.position).toBe(position);
    }
  });

  it('spreads over several objects, and answers a proof from three or four reads', async () => {
    const { bucket, reader, published } = await kept(70_000);
    for (const at of [0, 1, 65_535, 65_536, 69_999, 34_567]) {
      bucket.reads = 0;
      const proof = await reader.proof(accountOf(at), published);
      expect(proof?.units).toBe(unitsOf(at));
      expect(bucket.reads).toBeLessThanOrEqual(4);
    }
  });

  it('has no proof for an account that is owed nothing', async () => {
    const { reader, published } = await kept(2_000);
    for (let at = 2_000; at < 2_030; at += 1)
      expect(await reader.proof(accountOf(at), published)).toBeUndefined();
    const nobody = await kept(0);
    expect(await nobody.reader.proof(accountOf(0), nobody.published)).toBeUndefined();
    expect(nobody.published.totalUnits).toBe('0');
  });
});

describe('a kept tree', () => {
  it('is written again with the same bytes, in whatever order accounts come', async () => {
    const { bucket } = await kept(1_200);
    const again = new MemoryTrees();
    const leaves = leavesFor(name, 1_200);
    for (let at = 1_199; at >= 0; at -= 1) addLeaf(leaves, saltOf, accountOf(at), unitsOf(at));
    await writeTree(again, leaves);
    expect(again.objects).toEqual(bucket.objects);
  });

  it('puts other neighbours beside an account on another day', async () => {
    const { reader, published } = await kept(64);
    const neighbours = await reader.proof(accountOf(5), published);
    const other = leavesFor({ ...name, day: '2026-02-01' }, 64);
    for (let at = 0; at < 64; at += 1) addLeaf(other, saltOf, accountOf(at), unitsOf(at));
    const bucket = new MemoryTrees();
    const top = await writeTree(bucket, other);
    const terms = { day: '2026-02-01', asset: 'ETH', decimals: 8, accounts: 64 };
    const root = toHex(rootOf(sha256, { ...terms, top }));
    const next = await createProofReader({ bucket, saltOf }).proof(accountOf(5), {
      ...terms,
      root,
      totalUnits: top.units.toString(),
    });
    expect(next?.position).not.toBe(neighbours?.position);
    expect(next?.salt).not.toEqual(neighbours?.salt);
  });

  it('holds no account twice', async () => {
    const leaves = leavesFor(name, 2);
    addLeaf(leaves, saltOf, accountOf(1), 5n);
    addLeaf(leaves, saltOf, accountOf(1), 6n);
    await expect(writeTree(new MemoryTrees(), leaves)).rejects.toThrow('an account stands twice');
  });

  it('hands out no proof that does not hold: of another secret, or of objects that changed', async () => {
    const { bucket, published } = await kept(3_000);
    const other = createProofReader({
      bucket,
      saltOf: saltsOf('another secret of thirty-two characters or more'),
    });
    expect(await other.proof(accountOf(1), published)).toBeUndefined();
    const [key] = [...bucket.objects.keys()].filter((each) => each.includes('/leaves/'));
    const bytes = bucket.objects.get(key ?? '');
    if (!bytes) throw new Error('the tree has no leaves');
    bytes[63] = (bytes[63] ?? 0) ^ 1;
    const reader = createProofReader({ bucket, saltOf });
    const proofs = Array.from({ length: 200 }, (_, at) =>
      reader.proof(accountOf(15 * at), published).then(
        () => true,
        () => false,
      ),
    );
    // Whoever shares the chunk with what was changed gets nothing; nobody gets something false.
    expect((await Promise.all(proofs)).filter((isGiven) => !isGiven).length).toBeGreaterThan(40);
  });
});
