/** One run as it is asked for and told of: by the schedule or an operator, in metrics and in the log. */
import * as z from 'zod';
import type { VaultHeld } from '#cloud/liability-days.ts';
import type { createLogger } from '#cloud/logger.ts';
import { type Metrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { isFinished, type ReconciliationStore } from '#cloud/reconciliation-store.ts';
import type { Vault } from '#cloud/vault-units.ts';
import type { AssetId } from '#domain/asset.ts';
import { dayText } from '#wire/liability-proof.ts';
import {
  ageHours,
  daysBack,
  type ProvenDay,
  type ProvePorts,
  type ProveWish,
  proveLiabilities,
} from './prove-liabilities.ts';

export type ReportPorts = Omit<ProvePorts, 'reconciled'> & {
  reconciliations: Pick<ReconciliationStore, 'read'>;
  report: { logger: ReturnType<typeof createLogger>; metrics: Metrics };
};

/** The schedule's event has neither field. */
const wishShape = z.object({ day: dayText.optional(), again: z.boolean().optional() });
export const wishOf = (event: unknown): ProveWish => wishShape.parse(event ?? {});

export async function proveAndReport(
  { reconciliations, report, ...ports }: ReportPorts,
  wish: ProveWish,
): Promise<ProvenDay[]> {
  const proving: ProvePorts = {
    ...ports,
    async reconciled(day) {
      const held = await reconciliations.read(day);
      return held && isFinished(held.pass) ? held.pass : undefined;
    },
  };
  const outcomes = await proveLiabilities(proving, wish);
  const { logger, metrics } = report;
  for (const each of outcomes) {
    if (each.state === 'failed') logger.error('liabilities cannot be proved', { ...each });
    else if (wish.day !== undefined) logger.info('liabilities of a day', { ...each });
  }
  const recent = await ports.days.page({ limit: daysBack });
  const failed = recent.filter(({ state }) => state === 'failed').length;
  const newest = recent.find(({ state }) => state === 'published');
  const uncovered = newest?.trees.filter(isUncovered) ?? [];
  for (const { day, asset } of uncovered) logger.error('the vault holds less', { day, asset });
  metrics.addMetric(metricNames.liabilitiesFailed, MetricUnit.Count, failed);
  metrics.addMetric(metricNames.liabilitiesUncovered, MetricUnit.Count, uncovered.length);
  metrics.addMetric(metricNames.liabilitiesAgeHours, MetricUnit.Count, await ageHours(proving));
  metrics.publishStoredMetrics();
  return outcomes;
}

const isUncovered = (tree: { totalUnits: string; vaultUnits: bigint }): boolean =>
  tree.vaultUnits < BigInt(tree.totalUnits);

/** The ledger knows what its vault account held when the day ended; a chain is asked now. */
export const vaultAtEnd =
  (vault: Vault) =>
  async (_day: string, asset: AssetId, ledgerUnits: bigint): Promise<VaultHeld> => ({
    vaultUnits: vault.source === 'ledger' ? ledgerUnits : await vault.vaultUnits(asset),
    vaultSource: vault.source,
  });
