/** Trees of liabilities over made-up accounts, and the proofs of them. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type InclusionProof, leafNode, rootOf } from '#domain/liability-proof.ts';
import { depthOf, levelAbove, paddingNode, type SumNode } from '#domain/merkle-sum-tree.ts';

export const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

export type Owed = { account: string; units: bigint; salt: Uint8Array };
export const terms = { day: '2026-01-31', asset: 'USDC', decimals: 6 };

export type Tree = { proofs: InclusionProof[]; root: Uint8Array; totalUnits: bigint };

/** The whole tree in memory, in the order given. */
export function treeOf(owed: readonly Owed[], of = terms): Tree {
  const leaves = owed.map((each) => leafNode(sha256, { ...each, asset: of.asset }));
  const levels: SumNode[][] = [leaves];
  for (let height = 0; height < depthOf(leaves.length); height += 1)
    levels.push(levelAbove(sha256, levels[height] ?? []));
  const [top = paddingNode(sha256)] = levels.pop() ?? [];
  const accounts = leaves.length;
  const proofs = owed.map((each, position) => {
    const path = levels.map((level, height) => {
      const index = Math.floor(position / 2 ** height);
      return level[index % 2 === 0 ? index + 1 : index - 1] ?? paddingNode(sha256);
    });
    return { ...of, ...each, accounts, position, path };
  });
  return { proofs, root: rootOf(sha256, { ...of, accounts, top }), totalUnits: top.units };
}

const account = (number: number): string => `0x${number.toString(16).padStart(40, '0')}`;
const saltOf = (number: number): Uint8Array => sha256(Uint8Array.of(number >> 8, number & 0xff));

export const owedUnits = (amounts: readonly bigint[]): Owed[] =>
  amounts.map((units, at) => ({ account: account(at + 1), units, salt: saltOf(at) }));

export const someOwed: fc.Arbitrary<Owed[]> = fc
  .array(fc.oneof(fc.bigInt(0n, 10n ** 30n), fc.bigInt(0n, 9n)), { minLength: 1, maxLength: 70 })
  .map(owedUnits);

export const node = (units: bigint, seed: number): SumNode => ({ hash: saltOf(seed), units });
