/**
 * What the vault's contract holds, to be compared with the ledger's line of the vault. Both move by the same facts: the contract's total
 * of an asset grows by deposits and shrinks by what is paid out, trades only move it between accounts; and the ledger is told of
 * both when their block is final. So the contract is asked as of the block through which facts are taken, and what accounts
 * carry below one unit is taken off.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { type Asset, type AssetId, atomsPerUnit } from '#domain/asset.ts';
import { allDustOf } from './chain-dust.ts';
import { readFactCursor } from './follow-facts.ts';
import type { VaultReads } from './vault-reads.ts';
import type { Vault } from './vault-units.ts';

export type ChainVaultPorts = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  reads: Pick<VaultReads, 'totalOf' | 'heldOf'>;
  assets(): Promise<readonly Asset[]>;
  pause(ms: number): Promise<void>;
};

/** Who takes the facts that move the ledger. */
const consumer = 'chain-facts';
/** While facts are taken, the ledger is ahead of the cursor for a moment. */
const looks = 10;
const pauseMs = 500;

export function chainVault(ports: ChainVaultPorts): Vault {
  const assetOf = async (id: AssetId): Promise<Asset> => {
    const asset = (await ports.assets()).find((each) => each.id === id);
    assert(asset, `${id} is not listed`);
    return asset;
  };
  return {
    source: 'chain',
    ...{ looks, pauseMs },
    async vaultUnits(id) {
      const asset = await assetOf(id);
      const { totalAtoms, dustAtoms } = await holdingOf(ports, asset);
      return (totalAtoms - dustAtoms) / atomsPerUnit(asset);
    },
    problems: async (id) => problemsOf(ports, await assetOf(id)),
  };
}

type Holding = { atBlock: number; totalAtoms: bigint; dustAtoms: bigint };

async function holdingOf(ports: ChainVaultPorts, asset: Asset): Promise<Holding> {
  const { finalNumber: atBlock } = await readFactCursor({ ...ports, consumer });
  const dustAtoms = await allDustOf(ports, asset.id);
  // Before the first final block there is no vault to ask.
  const totalAtoms = atBlock === 0 ? 0n : await ports.reads.totalOf(asset.chainAsset, atBlock);
  return { atBlock, totalAtoms, dustAtoms };
}

type Problem = { what: string; expected: string; found: string };

/** What is wrong by less than a unit, and tokens that all balances together need and the vault has not. */
async function problemsOf(ports: ChainVaultPorts, asset: Asset): Promise<Problem[]> {
  let found: Problem[] = [];
  for (let look = 1; look <= looks; look += 1) {
    const { atBlock, totalAtoms, dustAtoms } = await holdingOf(ports, asset);
    const over = (totalAtoms - dustAtoms) % atomsPerUnit(asset);
    const loose = 2n * over > atomsPerUnit(asset) ? over - atomsPerUnit(asset) : over;
    const heldAtoms = atBlock === 0 ? 0n : await ports.reads.heldOf(asset.chainAsset, atBlock);
    found = [
      ...(loose === 0n
        ? []
        : [{ what: 'dust in the vault, in atoms', ...pair(dustAtoms, dustAtoms + loose) }]),
      ...(heldAtoms >= totalAtoms
        ? []
        : [{ what: 'tokens for all balances, in atoms', ...pair(totalAtoms, heldAtoms) }]),
    ];
    if (found.length === 0) return [];
    await ports.pause(pauseMs);
  }
  return found;
}

const pair = (expected: bigint, found: bigint) => ({
  expected: String(expected),
  found: String(found),
});
