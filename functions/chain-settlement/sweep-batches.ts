/** Finds what settlement left: plans and sends what no row rang for, and says which batch is late. */

import type { BatchRow } from '#cloud/settlement-batches.ts';
import type { Pass } from '#cloud/settlement-pass.ts';

export type SweepPorts = {
  settle(): Promise<Pass>;
  /** The oldest batch that the chain has not settled. */
  oldestOpen(): Promise<Pick<BatchRow, 'batchId' | 'plannedAtMs'> | undefined>;
  nowMs(): number;
};

export type Swept = {
  /** How long ago the oldest batch was planned that is not mined; 0 where all are. */
  overdueMs: number;
  /** Why nothing goes on without a person. */
  waits?: string;
  /** Insured fills that the ledger has not followed yet. */
  insuredOpen: number;
  batches: number;
  sent: number;
};

export async function sweepBatches(ports: SweepPorts): Promise<Swept> {
  const { left, insured, batches, sent } = await ports.settle();
  const oldest = await ports.oldestOpen();
  const isStuck = left.status === 'waits' && left.why !== 'earlier_batch';
  return {
    overdueMs: oldest ? ports.nowMs() - oldest.plannedAtMs : 0,
    ...(isStuck ? { waits: `batch ${left.batchId}: ${left.why}: ${left.detail}` } : {}),
    insuredOpen: insured.open,
    ...{ batches, sent },
  };
}
