/** ETH-USDC as a stage may list it, for the client's and the bots' tests. */
import { noProtections } from '#domain/market.ts';
import { type ListedMarket, listedMarkets } from '#wire/catalog.ts';
import type { SigningDomain } from '#wire/eip712.ts';
import type { MarketsJson } from '#wire/rest-api.ts';

export const signingDomain: SigningDomain = {
  chainId: 31337n,
  verifyingContract: `0x${'c0'.repeat(20)}`,
};

const markets = listedMarkets({
  assets: [
    { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0x1111' },
    { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: '0x2222' },
  ],
  markets: [
    {
      id: 'ETH-USDC',
      groupId: 'majors',
      baseUnitsPerLot: 100_000,
      quoteUnitsPerTickLot: 10,
      minSizeLots: 2,
      minNotionalUnits: 1_000_000,
      makerFeeBps: 5,
      takerFeeBps: 10,
      ...noProtections,
      state: 'open',
    },
  ],
});

export const ethUsdc = markets.get('ETH-USDC') as ListedMarket;

/** The same as `GET /v1/markets` tells it. */
export const marketsJson: MarketsJson = {
  chainId: 31337,
  verifyingContract: signingDomain.verifyingContract,
  assets: [
    { asset: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0x1111' },
    { asset: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: '0x2222' },
  ],
  markets: [
    {
      market: 'ETH-USDC',
      base: 'ETH',
      quote: 'USDC',
      group: 'majors',
      state: 'open',
      tickSize: '0.01',
      lotSize: '0.001',
      minSize: '0.002',
      minNotional: '1',
      makerFeeBps: 5,
      takerFeeBps: 10,
      bandBps: 0,
      auctionBandBps: 0,
      haltBps: 0,
      haltWindowMs: 0,
      haltMs: 0,
      auctionMs: 0,
      baseChainAsset: '0x1111',
      quoteChainAsset: '0x2222',
      lotAtoms: '1000000000000000',
      tickLotAtoms: '10',
    },
  ],
};
