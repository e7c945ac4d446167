/**
 * Which batch stands behind everything that was matched before a moment: a withdrawal that is approved after that batch takes no funds
 * that an earlier match owes.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { GroupId } from '#domain/market.ts';
import { settleRows } from './settlement-due.ts';
import { readPlan, readPlanAlone, type SettlementWhere } from './settlement-plan.ts';

/** Frames of each group that must be planned; none where nothing that traded waits. */
export type TradesDue = Record<GroupId, number>;

/**
 * What is matched and in no batch, as of this call or later. Ask after the funds are held: what they came from is cleared by then, or
 * its run is open. A run's row is there until it is planned.
 */
export async function tradesDue(
  where: SettlementWhere & { outboxTable: string },
  groupIds: readonly GroupId[],
): Promise<TradesDue> {
  const { cleared, open, plan } = await readPlan(where, groupIds);
  const due: TradesDue = {};
  const need = (groupId: GroupId, frame: number) => {
    if (frame > (plan.through.get(groupId)?.frame ?? 0))
      due[groupId] = Math.max(due[groupId] ?? 0, frame);
  };
  for (const groupId of open) need(groupId, cleared.get(groupId)?.frame ?? 0);
  for (const body of await settleRows({ client: where.client, table: where.outboxTable }))
    if (body.type === 'run') need(body.groupId, body.toFrame);
  return due;
}

/** The last batch of a plan that holds all of it; undefined while some of it is not planned. 0: there never was a batch. */
export async function batchBehind(
  where: { client: DynamoDBDocumentClient; chainTable: string },
  due: TradesDue,
): Promise<number | undefined> {
  const { through, nextBatch } = await readPlanAlone(where);
  const isPlanned = Object.entries(due).every(
    ([groupId, frame]) => (through.get(groupId)?.frame ?? 0) >= frame,
  );
  return isPlanned ? nextBatch - 1 : undefined;
}
