/** How a stage treats withdrawals: settings that are data. Amounts are decimal text in the asset. */
import * as z from 'zod';

const amount = z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'an amount, such as 12.5');

export const withdrawalTermsSchema = z.strictObject({
  /** To an address that the account has not named before: so long after it named it first. Its own address waits for nothing. */
  newRecipientDelayMs: z.int().nonnegative(),
  /** What a signed deadline must leave at least, after the delay, and at most from now on: until then the funds stay held, whatever fails. */
  deadlineAtLeastMs: z.int().positive(),
  deadlineAtMostMs: z.int().positive(),
  /** By asset; one that is not named may leave without limit, and never without a review. */
  limits: z.record(
    z.string(),
    z.strictObject({
      /** An account's, in a UTC day. */
      perDay: amount,
      /** From this amount on, an operator looks at it first. */
      reviewFrom: amount,
    }),
  ),
});
export type WithdrawalTerms = z.infer<typeof withdrawalTermsSchema>;
