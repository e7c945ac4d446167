/** Checks a proof of liabilities: that what the exchange published to owe contains what it owes you. Needs no network. */
import { formatDecimal } from '#domain/amount.ts';
import { climb, type ProofFault } from '#domain/liability-proof.ts';
import { toHex } from '#wire/hex-digits.ts';
import { type PublishedLiability, readLiabilityProof, sha256 } from '#wire/liability-proof.ts';

/** What was published, as far as it is known: at least the root, from another place than the proof. */
export type Published = Pick<PublishedLiability, 'root'> & Partial<PublishedLiability>;

export type LiabilityFault =
  | ProofFault
  | 'malformed'
  /** The way from the leaf ends elsewhere than the proof itself says. */
  | 'root_differs'
  | 'total_differs'
  /** The proof is good, of something else than what was published. */
  | 'published_differs';

/** What a good proof says. */
export type ProvenLiability = {
  day: string;
  account: string;
  asset: string;
  amount: string;
  units: bigint;
  total: string;
  totalUnits: bigint;
  accounts: number;
  position: number;
  siblings: number;
  root: string;
  /** Whether the root was compared with a published one: without, the proof only agrees with itself. */
  isPublished: boolean;
};

export type LiabilityVerdict =
  | { status: 'verified'; proven: ProvenLiability }
  | { status: 'refused'; fault: LiabilityFault; details: string };

/** Checks a proof against itself and, where it is given, against what was published. The first fault is the answer. */
export function verifyLiabilityProof(proof: unknown, published?: Published): LiabilityVerdict {
  const read = readLiabilityProof(proof);
  if (read.status === 'malformed') return refuse('malformed', read.why);
  const { json } = read;
  const climbed = climb(sha256, read.proof);
  if (climbed.status === 'refused') return refuse(climbed.fault, 'see docs/liabilities.md');
  const root = toHex(climbed.root);
  const totalUnits = climbed.totalUnits.toString();
  if (root !== json.root) return refuse('root_differs', `the way leads to ${root}`);
  if (totalUnits !== json.totalUnits) return refuse('total_differs', `it is ${totalUnits}`);
  const computed: PublishedLiability = { ...json, root, totalUnits };
  const other = published && differing(computed, published);
  if (other) return refuse('published_differs', other);
  const { day, account, asset, decimals, accounts, position } = json;
  const units = BigInt(json.units);
  const proven: ProvenLiability = {
    ...{ day, account, asset, accounts, position, root, units },
    amount: formatDecimal(units, decimals),
    totalUnits: climbed.totalUnits,
    total: formatDecimal(climbed.totalUnits, decimals),
    siblings: json.path.length,
    isPublished: published !== undefined,
  };
  return { status: 'verified', proven };
}

const comparedNames = ['day', 'asset', 'root', 'totalUnits', 'accounts', 'decimals'] as const;

function differing(proof: PublishedLiability, published: Published): string | undefined {
  for (const name of comparedNames) {
    const expected = published[name];
    if (expected !== undefined && expected !== proof[name])
      return `${name}: published ${expected}, proven ${proof[name]}`;
  }
  return undefined;
}

const refuse = (fault: LiabilityFault, details: string) =>
  ({ status: 'refused', fault, details }) as const;
