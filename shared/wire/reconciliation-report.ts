/** What `functions/reconcile-day` is asked and answers: a pass of the present, step by step, and reports. */
import * as z from 'zod';
import type { KeptDifference, Reconciliation } from '#domain/reconciliation.ts';
import { addressText } from './order-body.ts';

/** The deployment gives the name, the command line finds the function by it. */
export const reconcileDayFunctionName = (stage: string): string =>
  `crossbook-${stage}-reconcile-day`;

/** What an operator asks; the schedule sends an event of its own. */
export const reconcileEvent = z.discriminatedUnion('type', [
  /** Goes on with the pass of the present for some seconds, or begins it again. */
  z.strictObject({
    type: z.literal('reconcile_now'),
    anew: z.boolean(),
    /** Every entry there is, instead of those since the last day that is finished. */
    whole: z.boolean(),
  }),
  /** Of a day, of the pass of the present (`now`), or of the newest day that is finished. */
  z.strictObject({ type: z.literal('report'), name: z.string().optional() }),
  /** An owner's money in the ledger and in the vault, now. */
  z.strictObject({ type: z.literal('account'), account: addressText }),
]);
export type ReconcileEvent = z.infer<typeof reconcileEvent>;

/** Amounts are texts of digits on the wire. */
export type Written<T> = T extends bigint
  ? string
  : T extends object
    ? { [K in keyof T]: Written<T[K]> }
    : T;

export type ReconcileAnswer = {
  /** Absent where there is no such pass. */
  pass?: Written<Reconciliation>;
  /** Everything that is still there, whenever it was found. */
  open: KeptDifference[];
  /** First seen on the day of the pass, and gone. */
  gone: KeptDifference[];
  /** Cleared runs that wait to be compared with the journal, as each does for some seconds; the count ends at a bound. */
  waiting: { runs: number; oldestAtMs?: number };
  /** Of the owner who was asked for; absent where the stage has no chain to compare with. */
  vaultAccount?: {
    asset: string;
    ledgerUnits: string;
    unsettledUnits: string;
    dustAtoms: string;
    vaultAtoms: string;
    expectedAtoms: string;
  }[];
};

export const written = <T>(value: T): Written<T> =>
  JSON.parse(
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)),
  ) as Written<T>;
