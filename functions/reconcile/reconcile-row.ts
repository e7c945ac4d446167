/** Reconciles the run that a row of the outbox names, keeps what is wrong with it and says how much that is. */
import type { OutboxWork } from '#cloud/outbox-edge.ts';
import type { ReconciliationStore } from '#cloud/reconciliation-store.ts';
import { assert } from '#domain/assertion.ts';
import type { GroupId } from '#domain/market.ts';
import type { Difference } from '#domain/reconciliation.ts';

export type RowPorts = {
  reconcileRun(groupId: GroupId, toFrame: number): Promise<Difference[]>;
  store: Pick<ReconciliationStore, 'keep'>;
  nowMs(): number;
  report(differences: readonly Difference[]): void;
};

export const reconcileRow =
  (ports: RowPorts): OutboxWork =>
  async ({ body }) => {
    assert(body.type === 'run', 'operations are compared with their entries day by day');
    const differences = await ports.reconcileRun(body.groupId, body.toFrame);
    await ports.store.keep(differences, ports.nowMs());
    ports.report(differences);
  };
