/** Orders as the `orders` function sends them. One lot is one ETH, one tick one USDC. */
import type { OrderTerms } from '#domain/raw-order.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { formatTerms } from '#wire/terms.ts';
import { address, base, digest, quote } from '../engine/trading-floor.ts';

export type PlaceRequest = Extract<CommandRequest, { type: 'place' }>;

export type Wanted = {
  nowMs: number;
  side?: 'buy' | 'sell';
  lots?: number;
  ticks?: number;
  /** By money: `lots` at `ticks` bound the price alone. */
  spendUnits?: number;
  lifeMs?: number;
} & Partial<Omit<OrderTerms, 'marketId'>>;

let orders = 0;
let ids = 0;

/** A command's id that none had before. */
export function freshId(): string {
  ids += 1;
  return `0x${'c0'.repeat(8)}${ids.toString(16).padStart(48, '0')}`;
}

/** The same of an operator's command. */
export const freshOperatorsId = (): string => `ops-${freshId().slice(-12)}`;

/** Whole units of the chain's currency in atoms. */
export const atoms = (units: number, decimals: number): bigint =>
  BigInt(units) * 10n ** BigInt(decimals);

/** Buys 2 lots at 100 ticks unless told otherwise. */
export function limitOrder(account: string, wanted: Wanted): PlaceRequest {
  const { side = 'buy', lots = 2, ticks = 100, lifeMs = 3_600_000, nowMs, ...rest } = wanted;
  const { spendUnits = 0, ...attributes } = rest;
  orders += 1;
  return {
    type: 'place',
    digest: digest(orders),
    order: {
      account: address(account),
      signer: address(account),
      baseAsset: base.chainAsset,
      quoteAsset: quote.chainAsset,
      side: side === 'buy' ? 0 : 1,
      cap: spendUnits > 0 ? 1 : 0,
      baseAmount: spendUnits > 0 ? atoms(spendUnits, 18) / BigInt(ticks) : atoms(lots, 18),
      quoteAmount: atoms(spendUnits || lots * ticks, 6),
      maxFeeBps: 10,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + lifeMs,
      epoch: 0n,
      salt: BigInt(orders),
      terms: formatTerms({
        ...{ marketId: 'ETH-USDC', orderType: 'limit', timeInForce: 'gtc' },
        ...{ postOnly: false, selfTrade: 'expire_taker' },
        ...attributes,
      }),
    },
    signature: `0x${'5a'.repeat(65)}`,
  };
}
