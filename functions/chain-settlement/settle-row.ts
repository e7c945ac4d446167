/** Settles what a row of the outbox names: when it is done, the run's trades or the operation's transfer are in a batch. */
import type { OutboxWork } from '#cloud/outbox-edge.ts';
import type { Plan } from '#cloud/settlement-plan.ts';
import { assert } from '#domain/assertion.ts';
import type { OutboxBody } from '#wire/outbox.ts';

export type RowPorts = {
  /** Plans and sends whatever there is. */
  settle(): Promise<unknown>;
  plan(): Promise<Plan>;
  isTransferPlanned(operationId: string): Promise<boolean>;
};

/** A batch of messages is one pass as a rule: what it planned is looked at first. */
export const settleRow =
  (ports: RowPorts): OutboxWork =>
  async ({ body }) => {
    if (await isPlanned(body, ports)) return;
    await ports.settle();
    assert(await isPlanned(body, ports), 'it is in no batch yet, and comes again');
  };

/** Whether all that a row names is in a batch, or passed as nothing to settle. */
export async function isPlanned(
  body: OutboxBody,
  ports: Pick<RowPorts, 'plan' | 'isTransferPlanned'>,
): Promise<boolean> {
  assert(body.type !== 'facts', 'facts of the chain are no matter of this topic');
  if (body.type === 'operation') return ports.isTransferPlanned(body.operationId);
  const { through } = await ports.plan();
  return (through.get(body.groupId)?.frame ?? 0) >= body.toFrame;
}
