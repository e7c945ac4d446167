/** What `functions/adjustments` is asked and answers: money that operators move by hand, invoked directly. */
import * as z from 'zod';
import type { LedgerResult } from '#domain/ledger-operation.ts';
import type { Refusal } from '#domain/refusal.ts';
import { lineOfText } from './operator-request.ts';
import { digestText } from './order-body.ts';
import { houseAccounts } from './table-keys.ts';

/** The deployment gives the name, the command line finds the function by it. */
export const adjustmentsFunctionName = (stage: string): string => `crossbook-${stage}-adjustments`;

/** Ids that operators give begin so: they can be no deposit's, and no withdrawal's. */
export const adjustmentIdOf = (random: string): string => `adj-${random}`;
export const houseTransferIdOf = (random: string): string => `house-${random}`;
const adjustmentId = z.string().regex(/^adj-[a-z0-9-]{1,40}$/, 'adj- and up to 40 of a-z 0-9 -');
const houseTransferId = z
  .string()
  .regex(/^house-[a-z0-9-]{1,40}$/, 'house- and up to 40 of a-z 0-9 -');

const userAccount = z
  .string()
  .regex(/^0x[0-9a-f]{40}(\/[a-z0-9-]{1,32})?$/, 'an address in lower-case hex, or address/name');
const houseAccount = z.enum(houseAccounts);
const assetName = z.string().regex(/^[A-Z0-9]{1,16}$/, 'an asset, such as USDC');
const amount = z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'an amount, such as 12.5');
const signedAmount = z
  .string()
  .regex(/^[+-]?\d{1,30}(\.\d{1,18})?$/, 'an amount, such as 12.5 or -12.5');
const why = lineOfText(200);

export const moneyOrder = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('show_adjustments') }),
  z.strictObject({
    type: z.literal('propose_adjustment'),
    adjustmentId,
    account: userAccount,
    house: houseAccount,
    asset: assetName,
    /** Negative: from the user to the house. */
    amount: signedAmount,
    why,
  }),
  z.strictObject({ type: z.literal('approve_adjustment'), adjustmentId }),
  z.strictObject({ type: z.literal('reject_adjustment'), adjustmentId, why }),
  z.strictObject({
    type: z.literal('transfer_house'),
    operationId: houseTransferId,
    from: houseAccount,
    to: houseAccount,
    asset: assetName,
    amount,
    why,
  }),
  z.strictObject({ type: z.literal('show_withdrawals') }),
  z.strictObject({ type: z.literal('approve_withdrawal'), digest: digestText }),
  z.strictObject({ type: z.literal('reject_withdrawal'), digest: digestText, why }),
]);
export type MoneyOrder = z.infer<typeof moneyOrder>;

/**
 * Who asks: on AWS proved by a request to its own identity service, signed with the caller's keys for this very order, which the
 * function sends on; on a local cloud a name that anybody may claim.
 */
export const callerProof = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('claimed'), name: lineOfText(100) }),
  z.strictObject({
    type: z.literal('signed'),
    date: z.string().regex(/^\d{8}T\d{6}Z$/),
    authorization: z.string().max(2_000),
    token: z.string().max(8_000).optional(),
  }),
]);
export type CallerProof = z.infer<typeof callerProof>;

/** The event of an invocation. */
export const moneyEvent = z.strictObject({ order: moneyOrder, caller: callerProof });
export type MoneyEvent = z.infer<typeof moneyEvent>;

export type AdjustmentJson = {
  adjustmentId: string;
  account: string;
  house: string;
  asset: string;
  /** Negative: from the user to the house. */
  amount: string;
  by: string;
  why: string;
  atMs: number;
  status: 'proposed' | 'posted' | 'rejected';
  approvals: { by: string; atMs: number }[];
  rejection?: { by: string; why: string; atMs: number };
};

/** A withdrawal that is not over, as operators see it. */
export type OpenWithdrawalJson = {
  digest: string;
  account: string;
  asset: string;
  amount: string;
  recipient: string;
  stage: string;
  requestedAtMs: number;
  deadlineMs: number;
  notBeforeMs: number;
  needsReview: boolean;
  approvedBy?: string;
  problem?: string;
  transactionHash?: string;
};

/** A closed list; none is renamed. */
export const reviewResults = [
  'approved',
  'rejected',
  'unknown_withdrawal',
  /** It is held first, or needs nobody's word. */
  'not_in_review',
  /** The operator's key has signed it, or it has failed: nobody's word changes that. */
  'too_late',
] as const;
export type ReviewResult = (typeof reviewResults)[number];

/** Why nobody is believed to have asked. */
export const callerRefusals = {
  caller_not_proved: 'Who asks could not be proved: AWS does not know the signature.',
  caller_is_nobody:
    'Only a person counts: an IAM user, or a session of IAM Identity Center, of this account.',
  caller_not_named: 'This person is not among the adjusters in infra/settings.ts.',
} as const;
export type CallerRefusal = keyof typeof callerRefusals;

/** Where users' money lies in a vault, the ledger moves nothing that the vault does not. */
export const vaultRefusal = {
  code: 'vault_cannot_follow',
  message:
    'The vault gives users money of house:insurance only, takes none from them without their signature, and knows no transfer to or from insurance.',
} as const;

export type MoneyAnswer =
  | { status: 'adjustments'; adjustments: AdjustmentJson[] }
  | { status: 'withdrawals'; withdrawals: OpenWithdrawalJson[] }
  | { status: 'reviewed'; result: ReviewResult; by: string; withdrawal?: OpenWithdrawalJson }
  /** What the ledger said, and the adjustment as it stands. */
  | { status: 'answered'; result: LedgerResult; by: string; adjustment?: AdjustmentJson }
  /** The ledger was not asked. */
  | {
      status: 'refused';
      code: Refusal | CallerRefusal | typeof vaultRefusal.code;
      message: string;
      details?: unknown;
    };
