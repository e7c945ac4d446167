/** Bodies that register a Delegation, and how one is shown. */
import * as z from 'zod';
import type { SignedDelegation } from './eip712.ts';
import {
  addressText,
  atomsText,
  chainAsset,
  digestText,
  integerText,
  signature,
  timeMs,
} from './order-body.ts';

/** Each market is a leaf, and a proof grows with their logarithm; a key that trades more may be allowed all. */
export const delegatedMarketsAtMost = 64;

/** A key that needs more than these should be replaced: the door reads all of them, and tells a matcher of all of them. */
export const delegationsOfKeyAtMost = 20;

export const signedDelegation: z.ZodType<SignedDelegation> = z.strictObject({
  account: addressText,
  sessionKey: addressText,
  quoteAsset: chainAsset,
  maxNotionalPerDay: atomsText,
  maxFeeBps: z.number().int().min(0).max(10_000),
  marketsRoot: digestText,
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  epoch: integerText(64),
  salt: integerText(64),
});

const markets = z
  .array(z.strictObject({ base: chainAsset, quote: chainAsset }))
  .max(delegatedMarketsAtMost)
  .optional();

/** By its owner's signature, or by what the chain says: a contract wallet cannot sign. */
export const delegationBody = z.union([
  z.strictObject({ delegation: signedDelegation, markets, signature }),
  z.strictObject({ delegation: signedDelegation, markets, registered: z.literal(true) }),
]);
export type DelegationBody = z.infer<typeof delegationBody>;

/** A Delegation as JSON: numbers beyond 2^53 as decimal text. */
export function delegationJson(delegation: SignedDelegation) {
  const { maxNotionalPerDay, epoch, salt } = delegation;
  return {
    ...delegation,
    maxNotionalPerDay: maxNotionalPerDay.toString(),
    epoch: epoch.toString(),
    salt: salt.toString(),
  };
}
