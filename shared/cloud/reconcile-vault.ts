/** Some owners each day, and those of whom something was wrong before: is in the vault what the ledger says? */
import { isHouse } from '#domain/ledger-operation.ts';
import type { Difference, Reconciliation } from '#domain/reconciliation.ts';
import { directoryShards, vaultAccount } from '#wire/table-keys.ts';
import { accountsAfter, dayMs } from './account-sums.ts';
import type { Reconciling } from './reconcile-pass.ts';
import { sideBySide } from './side-by-side.ts';

/** Each is a call to a node and asset. Every owner is looked at who is asked for, these ones unasked. */
const ownersPerPass = 100;
const ownersAtOnce = 4;
const placesPerShard = 256;

export async function reconcileVaultAccounts(
  ports: Reconciling,
  pass: Pick<Reconciliation, 'endMs'>,
): Promise<Difference[]> {
  const { vault, store } = ports;
  const { accountOf } = vault;
  if (!accountOf) return [];
  const flagged = (await store.open()).flatMap(({ kind, account }) =>
    kind === 'vault' && account !== undefined && account !== vaultAccount ? [account] : [],
  );
  const owners = [...new Set([...flagged, ...(await someOwners(ports, pass.endMs))])];
  const found = await sideBySide(owners, ownersAtOnce, async (owner) =>
    (await accountOf(owner)).flatMap(({ asset, expectedAtoms, vaultAtoms }): Difference[] => {
      if (expectedAtoms === vaultAtoms) return [];
      const sums = { expected: String(expectedAtoms), found: String(vaultAtoms) };
      return [{ kind: 'vault', account: owner, asset, what: 'in the vault, in atoms', ...sums }];
    }),
  );
  return found.flat();
}

/** Another shard each day, and another place in it. */
async function someOwners(ports: Reconciling, endMs: number): Promise<string[]> {
  const day = Math.floor(endMs / dayMs);
  const place = Math.floor(day / directoryShards) % placesPerShard;
  const after = `0x${place.toString(16).padStart(2, '0')}`;
  const accounts = await accountsAfter(ports, day % directoryShards, after, ownersPerPass);
  return accounts.filter((account) => !isHouse(account) && !account.includes('/'));
}
