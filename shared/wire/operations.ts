/** What `functions/operations` is asked and answers: operators' orders, invoked directly, and the table of markets. */
import * as z from 'zod';
import type { Asset } from '#domain/asset.ts';
import type { GroupId, Market } from '#domain/market.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { DepthView } from './matcher-api.ts';
import { operatorRequest } from './operator-request.ts';

/** The deployment gives the name, the command line finds the function by it. */
export const operationsFunctionName = (stage: string): string => `crossbook-${stage}-operations`;

/** Its settings name the streams and the bucket of the journals. */
export const archiveFunctionName = (stage: string): string => `crossbook-${stage}-archive`;

/** Its settings name the outbox. */
export const outboxSweepFunctionName = (stage: string): string => `crossbook-${stage}-outbox-sweep`;

/** Invoked by its schedule, and by operators for a day that failed. */
export const liabilitiesFunctionName = (stage: string): string => `crossbook-${stage}-liabilities`;

/** The event of an invocation. */
export const operationsEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('show_markets') }),
  operatorRequest,
]);
export type OperationsEvent = z.infer<typeof operationsEvent>;

/** What the leader of one pair group said. */
export type GroupAnswer = { group: GroupId } & (
  | { status: 'accepted'; sequence: number; repeated?: true }
  | { status: 'refused'; code: Refusal; message: string; repeated?: true }
  /** `outcome_unknown`: nobody knows. The same command may be sent again in every case. */
  | { status: 'unanswered'; code: 'unavailable' | 'busy' | 'outcome_unknown'; message: string }
);

/** A market of the directory, and where it stands by its leader; without that where the leader did not answer. */
export type MarketShown = {
  market: Market;
  base: Asset;
  quote: Asset;
  /** Of the newest event that the directory has of it. */
  sequence: number;
  now?: Pick<DepthView, 'state' | 'untilMs' | 'lastTicks' | 'referenceTicks' | 'auction'>;
};

export type OperationsAnswer =
  | { status: 'answered'; groups: GroupAnswer[] }
  | { status: 'markets'; groups: GroupId[]; markets: MarketShown[] }
  /** Nothing was sent to any matcher. */
  | { status: 'refused'; code: Refusal; message: string; details?: unknown };
