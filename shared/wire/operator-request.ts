/** What operators order: changes of markets and fees, as `POST /operations` of a matcher takes them. */
import * as z from 'zod';
import { tickIsDecimal } from '#domain/market.ts';
import {
  assetSchema,
  makerFeeBps,
  marketSchema,
  marketStates,
  rebateIsCovered,
  rebateProblem,
  takerFeeBps,
} from './catalog.ts';
import type { CommandResult } from './matcher-api.ts';
import { addressText, marketName } from './order-body.ts';

/** One line that hides nothing from who reads it. */
export const lineOfText = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    // They are shown in terminals and logs: nothing that breaks a line, hides, or turns the direction of what follows.
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'one line of text');

/**
 * Every command of a journal has its id from one room of names. Digests and sessions' ids begin with 0x and a matcher's own have
 * a colon; so an operator's can be neither, and takes nobody's place among the ids that are remembered.
 */
const operatorsId = z
  .string()
  .regex(/^(?!0x)[A-Za-z0-9._-]{1,80}$/, '1 to 80 of A-Z a-z 0-9 . _ -, not 0x first');

const ordered = {
  /** Sent again, it is taken once. */
  commandId: operatorsId,
  /** Who ordered it, and the reason: kept in the journal. */
  by: lineOfText(200),
  why: lineOfText(200),
};

const setMarketState = z.strictObject({
  type: z.literal('set_market_state'),
  ...ordered,
  market: marketName,
  state: z.enum(marketStates),
});

const listMarket = z
  .strictObject({
    type: z.literal('list_market'),
    ...ordered,
    market: marketSchema,
    base: assetSchema,
    quote: assetSchema,
  })
  .refine(({ market, base, quote }) => market.id === `${base.id}-${quote.id}`, {
    message: 'the market is not of these assets',
    path: ['market', 'id'],
  })
  .refine(({ base, quote }) => base.id !== quote.id && base.chainAsset !== quote.chainAsset, {
    message: 'a market has two assets',
    path: ['quote'],
  })
  .refine(({ market, base, quote }) => tickIsDecimal(market, base, quote), {
    message: 'the tick is not a decimal number',
    path: ['market'],
    // It computes with numbers that must have passed their own checks: half a lot or a thousand decimals would throw.
    when: ({ issues }) => issues.length === 0,
  });

/** 1 to 255; 0 is each market's own rates. */
const tier = z.number().int().min(1).max(255);

const defineFeeTier = z
  .strictObject({
    type: z.literal('define_fee_tier'),
    ...ordered,
    tier,
    makerFeeBps,
    takerFeeBps,
  })
  .refine(rebateIsCovered, rebateProblem);

const assignFeeTier = z.strictObject({
  type: z.literal('assign_fee_tier'),
  ...ordered,
  account: addressText,
  tier: z.union([z.literal(0), tier]),
});

export const operatorRequest = z.discriminatedUnion('type', [
  setMarketState,
  listMarket,
  defineFeeTier,
  assignFeeTier,
]);
export type OperatorRequest = z.infer<typeof operatorRequest>;

export type OperatorResponse = { epoch: number; result: CommandResult };
