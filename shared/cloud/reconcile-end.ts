/** The whole: assets cancel out over all accounts, runs left as many entries as they say, and the vault holds what its line says. */
import type { AssetId } from '#domain/asset.ts';
import type { Difference, Reconciliation } from '#domain/reconciliation.ts';
import { vaultAccount } from '#wire/table-keys.ts';
import { accountMoney } from './account-items.ts';
import type { Reconciling } from './reconcile-pass.ts';
import { reconcileVaultAccounts } from './reconcile-vault.ts';

const usualLooks = 3;
const usualPauseMs = 100;

export async function reconcileEnd(
  ports: Reconciling,
  pass: Reconciliation,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const total of pass.totals) {
    const { asset, sum } = total;
    if (sum !== 0n)
      found.push({
        ...{ kind: 'assets_do_not_cancel', asset, what: 'sum over all accounts' },
        ...{ expected: '0', found: String(sum) },
      });
    total.vault = { units: await ports.vault.vaultUnits(asset), source: ports.vault.source };
    found.push(...(await vaultDifferences(ports, asset)));
    for (const problem of (await ports.vault.problems?.(asset)) ?? [])
      found.push({ kind: 'vault', account: vaultAccount, asset, ...problem });
  }
  found.push(...(await reconcileVaultAccounts(ports, pass)));
  const changes = pass.groups.reduce((all, each) => all + each.changes, 0);
  if (changes !== pass.runEntries)
    found.push({
      ...{ kind: 'run_entries', what: 'entries of all runs of the period' },
      ...{ expected: String(changes), found: String(pass.runEntries) },
    });
  return found;
}

/** What the vault says twice, and its line in between. */
async function vaultDifferences(ports: Reconciling, asset: AssetId): Promise<Difference[]> {
  const { looks = usualLooks, pauseMs = usualPauseMs } = ports.vault;
  for (let look = 1; ; look += 1) {
    const before = await ports.vault.vaultUnits(asset);
    const line = (await accountMoney(ports, vaultAccount)).get(asset)?.availableUnits ?? 0n;
    const after = await ports.vault.vaultUnits(asset);
    if (before === after && before === -line) return [];
    if (look === looks)
      return before === after
        ? [
            {
              ...{ kind: 'vault', account: vaultAccount, asset, what: 'held by the vault' },
              ...{ expected: String(before), found: String(-line) },
            },
          ]
        : [];
    await ports.pause(pauseMs);
  }
}
