/** Proofs of what an account is owed, read from the kept trees: some 210 KB of S3 for one among a million accounts. */
import { assert } from '#domain/assertion.ts';
import { climb, type InclusionProof } from '#domain/liability-proof.ts';
import { fromHex } from '#wire/hex-digits.ts';
import {
  compareBytes,
  type IndexRow,
  indexKeyBytes,
  indexRowBytes,
  readIndexRow,
  shareOf,
} from '#wire/liability-object.ts';
import type { PublishedLiability } from '#wire/liability-proof.ts';
import { indexKeyOf, type SaltOf, sha256 } from './liability-salt.ts';
import { type LiabilityBucket, readPath, readRows } from './liability-tree.ts';

export type ProofReader = {
  /** Undefined where the account was owed nothing of the asset when the day ended. */
  proof(account: string, published: PublishedLiability): Promise<InclusionProof | undefined>;
};

export function createProofReader(options: {
  bucket: LiabilityBucket;
  saltOf: SaltOf;
}): ProofReader {
  const { bucket, saltOf } = options;
  return {
    async proof(account, published) {
      const { day, asset, decimals, accounts } = published;
      const salt = saltOf({ day, account, asset });
      const row = await rowOf(bucket, published, indexKeyOf(salt));
      if (!row) return undefined;
      const { position, units } = row;
      const path = await readPath(bucket, { day, asset }, { accounts, position });
      const proof = { day, asset, decimals, account, units, salt, accounts, position, path };
      assertProves(proof, published);
      return proof;
    },
  };
}

/** Nobody is handed a proof that does not hold: it would look like fraud. */
function assertProves(proof: InclusionProof, { root, totalUnits }: PublishedLiability): void {
  const { day, asset } = proof;
  const climbed = climb(sha256, proof);
  assert(
    climbed.status === 'climbed',
    `${day} ${asset}: a kept tree gives a proof that is refused`,
  );
  const isSame = compareBytes(climbed.root, 0, fromHex(root), 0) === 0;
  assert(
    isSame && climbed.totalUnits === BigInt(totalUnits),
    `${day} ${asset}: a kept tree does not lead to the published root (or the secret is another one)`,
  );
}

/** Keys are hashes, so a row stands where its key says, but for chance: four standard deviations are read at first. */
async function rowOf(
  bucket: LiabilityBucket,
  { day, asset, accounts }: PublishedLiability,
  key: Uint8Array,
): Promise<IndexRow | undefined> {
  const expected = Math.floor(shareOf(key) * accounts);
  for (let reach = Math.ceil(2 * Math.sqrt(accounts)) + 16; ; reach *= 8) {
    const from = Math.max(0, expected - reach);
    const to = Math.min(accounts, expected + reach);
    const rows = await readRows(bucket, { day, asset }, 'index', { from, to });
    const at = firstNotBelow(rows, key);
    // A row at either end says nothing of those beyond it, unless there are none.
    const isInside =
      (at > 0 || from === 0) && (at * indexRowBytes < rows.length || to === accounts);
    if (!isInside) continue;
    if (at * indexRowBytes === rows.length) return undefined;
    const row = readIndexRow(rows, at * indexRowBytes);
    return compareBytes(row.key, 0, key, 0, indexKeyBytes) === 0 ? row : undefined;
  }
}

/** The number of rows whose key is below the one that is looked for. */
function firstNotBelow(rows: Uint8Array, key: Uint8Array): number {
  let low = 0;
  let high = rows.length / indexRowBytes;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBelow = compareBytes(rows, middle * indexRowBytes, key, 0, indexKeyBytes) < 0;
    if (isBelow) low = middle + 1;
    else high = middle;
  }
  return low;
}
