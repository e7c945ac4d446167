/** Stages and markets as data. */
import { describe, expect, test } from 'vitest';
import { formatPrice, formatSize } from '#domain/market.ts';
import { groupsOf, listedMarkets } from '#wire/catalog.ts';
import { stageNames, stageOf } from '../../infra/settings.ts';

describe.each(stageNames)('stage %s', (stage) => {
  test('trades three markets whose lots and ticks are what people expect', () => {
    const terms = [...listedMarkets(stageOf(stage).catalog).values()].map(
      ({ market, base, quote }) => [
        market.id,
        formatSize(1, market, base),
        formatPrice(1, market, base, quote),
      ],
    );
    expect(terms).toEqual([
      ['ETH-USDC', '0.001', '0.01'],
      ['BTC-USDC', '0.00001', '0.1'],
      ['SOL-USDC', '0.01', '0.01'],
    ]);
  });

  test('no asset is finer on the exchange than on its chain', () => {
    for (const { decimals, chainDecimals } of stageOf(stage).catalog.assets)
      expect(decimals).toBeLessThanOrEqual(chainDecimals);
  });
});

test('dev has one pair group, local and prod have two', () => {
  const groups = stageNames.map((stage) => groupsOf(stageOf(stage).catalog).length);
  expect(groups).toEqual([2, 1, 2]);
});

test('each stage signs for another chain', () => {
  const chains = stageNames.map((stage) => stageOf(stage).chain.chainId);
  expect(new Set(chains).size).toBe(stageNames.length);
});

test('an unknown stage is refused with the names of those that exist', () => {
  expect(() => stageOf('staging')).toThrow('use -c stage=local|dev|prod');
});
