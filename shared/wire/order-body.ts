/** Bodies that place and cancel orders, as users send them: amounts in chain atoms as decimal text, exactly what was signed. */
import * as z from 'zod';
import type { SignedOrder } from '#domain/command.ts';
import { termsLengthAtMost } from './terms.ts';

export const integerText = (bits: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,77})$/, 'a decimal integer without sign or exponent')
    .transform((text) => BigInt(text))
    .refine((value) => value < 1n << BigInt(bits), `below 2^${bits}`);

export const addressText = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'a 20-byte address in hex')
  .transform((text) => text.toLowerCase());
export const digestText = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'a 32-byte digest in hex')
  .transform((text) => text.toLowerCase());
export const signature = z.string().regex(/^0x[0-9a-fA-F]{130}$/, '65 bytes in hex');
/** uint256 as 0x-hex or decimal text; canonical: 0x-hex without padding. */
export const chainAsset = z
  .string()
  .regex(/^(0x[0-9a-fA-F]{1,64}|0|[1-9]\d{0,77})$/, 'a uint256 in hex or decimal')
  .transform((text) => BigInt(text))
  .refine((value) => value < 1n << 256n, 'below 2^256')
  .transform((value) => `0x${value.toString(16)}`);
/** Up to the year 9999: the journal writes differences of times, which must stay safe integers. */
export const latestMs = 253_402_300_799_999;
export const timeMs = z.number().int().nonnegative().max(latestMs);

/** An amount of chain atoms. */
export const atomsText = integerText(128);

export const signedOrder: z.ZodType<SignedOrder> = z.strictObject({
  account: addressText,
  signer: addressText,
  baseAsset: chainAsset,
  quoteAsset: chainAsset,
  side: z.literal([0, 1]),
  cap: z.literal([0, 1]),
  baseAmount: atomsText,
  quoteAmount: atomsText,
  maxFeeBps: z.number().int().min(0).max(10_000),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  epoch: integerText(64),
  salt: integerText(64),
  terms: z.string().min(1).max(termsLengthAtMost),
});

export const clientOrderId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,36}$/, '1 to 36 of A-Z a-z 0-9 _ -');

export const placeBody = z.strictObject({
  order: signedOrder,
  signature,
  clientOrderId: clientOrderId.optional(),
});

/** At most 20 orders a request: API Gateway's and the journal's bounds are far away, a bot's patience is not. */
export const batchLimit = 20;
export const batchBody = z.strictObject({ orders: z.array(placeBody).min(1).max(batchLimit) });

export const cancelBody = z.strictObject({
  cancel: z.strictObject({ account: addressText, orderDigest: digestText, createdAtMs: timeMs }),
  signature,
});

/** A signed Amend: `newAmount` is the new whole, fills included, of base, or of quote where money bounds the order. */
export const amendBody = z.strictObject({
  amend: z.strictObject({
    account: addressText,
    orderDigest: digestText,
    newAmount: atomsText,
    createdAtMs: timeMs,
  }),
  signature,
});

/** A withdrawal as its owner signed it: the signature alone is its authority. */
export const withdrawBody = z.strictObject({
  withdraw: z.strictObject({
    account: addressText,
    asset: chainAsset,
    amount: atomsText,
    recipient: addressText,
    afterBatch: integerText(64),
    deadlineMs: timeMs,
    withdrawalId: integerText(256),
  }),
  signature,
});

/** The same of an order that the path names, by a session. */
export const sessionAmendBody = z.strictObject({ newAmount: atomsText });

export const marketName = z
  .string()
  .regex(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/, 'a market, such as ETH-USDC');

/** Query of a mass cancel: all of the account's orders, or those of one market or side. */
export const cancelAllQuery = z.strictObject({
  market: z.string().max(40).optional(),
  side: z.enum(['buy', 'sell']).optional(),
});

/** A dead man's switch waits a second at least, as long as a busy client may be silent, and a day at most; 0 disarms it. */
export const switchDelayMs = z
  .number()
  .int()
  .refine((value) => value === 0 || (value >= 1_000 && value <= 86_400_000), {
    message: '0, or 1,000 to 86,400,000',
  });

export const cancelAllAfterBody = z.strictObject({ afterMs: switchDelayMs });

export type PlaceBody = z.infer<typeof placeBody>;

/** A signed order as JSON: what `placeBody` reads back. */
export function orderJson(order: SignedOrder) {
  return {
    ...order,
    baseAmount: order.baseAmount.toString(),
    quoteAmount: order.quoteAmount.toString(),
    epoch: order.epoch.toString(),
    salt: order.salt.toString(),
  };
}
