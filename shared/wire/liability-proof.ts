/** A proof of liabilities as text, as the API answers it and as anybody can check it: docs/liabilities.md is its description. */
import { getBytes, sha256 as sha256Hex } from 'ethers';
import * as z from 'zod';
import { type InclusionProof, liabilityFormat } from '#domain/liability-proof.ts';
import { greatestCount, greatestDepth } from '#domain/merkle-sum-tree.ts';
import { toHex } from './hex-digits.ts';

/** Lower case only: two texts of one proof would let a changed bit pass. */
export const hashText = z.string().regex(/^0x[0-9a-f]{64}$/, '32 bytes as lower-case hex');
/** Not negative by its form; at most 2^256 fits in 78 digits. */
const unitsText = z.string().regex(/^(0|[1-9]\d{0,77})$/, 'a whole number as decimal digits');
export const dayText = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a day such as 2026-01-31');
export const assetText = z.string().regex(/^[A-Z0-9]{1,16}$/, 'an asset such as USDC');
/** An address, or one of its sub-accounts. */
export const accountText = z
  .string()
  .regex(/^0x[0-9a-f]{40}(\/[!-~]{1,64})?$/, 'an address in lower case, perhaps /name behind it');
const count = (greatest: number) => z.number().int().min(0).max(greatest);

const proofShape = z.strictObject({
  format: z.literal(liabilityFormat),
  /** UTC; what was owed when it ended. */
  day: dayText,
  asset: assetText,
  decimals: count(255),
  account: accountText,
  /** What the account is owed, in units of 10^-decimals. */
  units: unitsText,
  salt: hashText,
  /** Of how many accounts, and which of them this is. */
  accounts: count(greatestCount),
  position: count(greatestCount),
  /** The siblings from the leaf upwards. */
  path: z.array(z.strictObject({ hash: hashText, units: unitsText })).max(greatestDepth),
  /** What it leads to; whoever checks it computes both, and compares them with what was published. */
  root: hashText,
  totalUnits: unitsText,
});

export type LiabilityProofJson = z.infer<typeof proofShape>;

/** What the exchange publishes of an asset and day: what proofs are compared with. */
export const publishedShape = z.object({
  day: dayText,
  asset: assetText,
  decimals: count(255),
  accounts: count(greatestCount),
  root: hashText,
  totalUnits: unitsText,
});
export type PublishedLiability = z.infer<typeof publishedShape>;

/** SHA-256, on any platform that ethers runs on. */
export const sha256 = (bytes: Uint8Array): Uint8Array => getBytes(sha256Hex(bytes));

/** Reads a proof; words say what is wrong with its form. */
export function readLiabilityProof(
  input: unknown,
):
  | { status: 'read'; json: LiabilityProofJson; proof: InclusionProof }
  | { status: 'malformed'; why: string } {
  const parsed = proofShape.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { status: 'malformed', why: `${issue?.path.join('.') || 'it'}: ${issue?.message}` };
  }
  const json = parsed.data;
  const { day, asset, decimals, account, accounts, position } = json;
  const proof: InclusionProof = {
    ...{ day, asset, decimals, account, accounts, position },
    units: BigInt(json.units),
    salt: getBytes(json.salt),
    path: json.path.map(({ hash, units }) => ({ hash: getBytes(hash), units: BigInt(units) })),
  };
  return { status: 'read', json, proof };
}

export function liabilityProofJson(
  proof: InclusionProof,
  published: { root: Uint8Array; totalUnits: bigint },
): LiabilityProofJson {
  const { day, asset, decimals, account, units, salt, accounts, position, path } = proof;
  return {
    ...{ format: liabilityFormat, day, asset, decimals, account },
    units: units.toString(),
    salt: toHex(salt),
    accounts,
    position,
    path: path.map((node) => ({ hash: toHex(node.hash), units: node.units.toString() })),
    root: toHex(published.root),
    totalUnits: published.totalUnits.toString(),
  };
}
