/** Orders as the `orders` function sends them. One lot is one ETH, one tick one USDC. */
import type { CommandRequest } from '#wire/matcher-api.ts';
import { address, base, digest, quote } from '../engine/trading-floor.ts';

export type PlaceRequest = Extract<CommandRequest, { type: 'place' }>;

export type Wanted = {
  nowMs: number;
  side?: 'buy' | 'sell';
  lots?: number;
  ticks?: number;
  timeInForce?: 'gtc' | 'ioc';
  lifeMs?: number;
};

let orders = 0;

/** Buys 2 lots at 100 ticks unless told otherwise. */
export function limitOrder(account: string, wanted: Wanted): PlaceRequest {
  const { side = 'buy', lots = 2, ticks = 100, timeInForce = 'gtc', lifeMs = 3_600_000 } = wanted;
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
      cap: 0,
      baseAmount: BigInt(lots) * 10n ** 18n,
      quoteAmount: BigInt(lots * ticks) * 10n ** 6n,
      maxFeeBps: 10,
      createdAtMs: wanted.nowMs,
      expiresAtMs: wanted.nowMs + lifeMs,
      epoch: 0n,
      salt: BigInt(orders),
      terms: `ETH-USDC limit ${timeInForce}`,
    },
    signature: `0x${'5a'.repeat(65)}`,
  };
}
