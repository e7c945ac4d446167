/** Bodies that place and cancel orders, as users send them: amounts in chain atoms as decimal text, exactly what was signed. */
import * as z from 'zod';
import type { SignedOrder } from '#domain/command.ts';

const integerText = (bits: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,77})$/, 'a decimal integer without sign or exponent')
    .transform((text) => BigInt(text))
    .refine((value) => value < 1n << BigInt(bits), `below 2^${bits}`);

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'a 20-byte address in hex')
  .transform((text) => text.toLowerCase());
export const digestText = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'a 32-byte digest in hex')
  .transform((text) => text.toLowerCase());
const signature = z.string().regex(/^0x[0-9a-fA-F]{130}$/, '65 bytes in hex');
/** uint256 as 0x-hex or decimal text; canonical: 0x-hex without padding. */
const chainAsset = z
  .string()
  .regex(/^(0x[0-9a-fA-F]{1,64}|0|[1-9]\d{0,77})$/, 'a uint256 in hex or decimal')
  .transform((text) => BigInt(text))
  .refine((value) => value < 1n << 256n, 'below 2^256')
  .transform((value) => `0x${value.toString(16)}`);
/** Up to the year 9999: the journal writes differences of times, which must stay safe integers. */
const timeMs = z.number().int().nonnegative().max(253_402_300_799_999);

export const signedOrder: z.ZodType<SignedOrder> = z.strictObject({
  account: address,
  signer: address,
  baseAsset: chainAsset,
  quoteAsset: chainAsset,
  side: z.literal([0, 1]),
  cap: z.literal([0, 1]),
  baseAmount: integerText(128),
  quoteAmount: integerText(128),
  maxFeeBps: z.number().int().min(0).max(10_000),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  epoch: integerText(64),
  salt: integerText(64),
  terms: z.string().min(1).max(200),
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
  cancel: z.strictObject({ account: address, orderDigest: digestText, createdAtMs: timeMs }),
  signature,
});

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
