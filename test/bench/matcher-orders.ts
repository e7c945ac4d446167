/** The market of the matcher's benchmark and its orders: every second one is on the other side, so that each two of them trade. */
import type { Asset } from '#domain/asset.ts';
import { type Market, noProtections } from '#domain/market.ts';
import type { PlaceRequest } from '#wire/matcher-api.ts';

export const groupId = 'majors';
export const base: Asset = {
  ...{ id: 'ETH', decimals: 8, chainDecimals: 18 },
  chainAsset: `0x${'1a'.repeat(20)}`,
};
export const quote: Asset = {
  ...{ id: 'USDC', decimals: 6, chainDecimals: 6 },
  chainAsset: `0x${'2b'.repeat(20)}`,
};
/** Lots of 0.001 ETH, ticks of 0.01 USDC. */
export const market: Market = {
  ...{ id: 'ETH-USDC', groupId, baseUnitsPerLot: 100_000, quoteUnitsPerTickLot: 10 },
  ...{ minSizeLots: 1, minNotionalUnits: 1, makerFeeBps: 5, takerFeeBps: 10 },
  ...noProtections,
  state: 'open',
};

export const accounts = Array.from(
  { length: 256 },
  (_, at) => `0x${(0xacc0_0000 + at).toString(16).padStart(40, '0')}`,
);

/** The nth order, of 0.01 ETH at 2,000 USDC; `random` are the 105 bytes of its digest, salt and signature. */
export function benchedOrder(nth: number, random: Buffer, nowMs: number): PlaceRequest {
  const account = accounts[nth % accounts.length] as string;
  return {
    type: 'place',
    digest: `0x${random.toString('hex', 0, 32)}`,
    order: {
      ...{ account, signer: account, baseAsset: base.chainAsset, quoteAsset: quote.chainAsset },
      ...{ side: nth % 2 ? 1 : 0, cap: 0 },
      ...{ baseAmount: 10n ** 16n, quoteAmount: 20_000_000n, maxFeeBps: 20 },
      ...{ createdAtMs: nowMs, expiresAtMs: nowMs + 86_400_000 },
      ...{ epoch: 0n, salt: random.readBigUInt64BE(32), terms: 'ETH-USDC limit gtc' },
    },
    signature: `0x${random.toString('hex', 40, 105)}`,
  };
}
