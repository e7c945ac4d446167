import { expect, test } from 'vitest';
import type { MarketEvent } from '#cloud/market-row.ts';
import { marketNews } from '../../functions/market-history/market-news.ts';

test('a market that halted itself is counted for the alarm; what operators do is only written down', () => {
  const counted: string[] = [];
  const written: string[] = [];
  const tell = marketNews({
    logger: {
      info: (line) => written.push(`info ${line}`),
      warn: (line) => written.push(`warn ${line}`),
    },
    metrics: { addMetric: (name) => counted.push(name), publishStoredMetrics: () => undefined },
  });
  const change = {
    type: 'market_state_changed',
    sequence: 1,
    marketId: 'ETH-USDC',
    atMs: 1,
  } as const;
  const events: MarketEvent[] = [
    { ...change, state: 'halted', reason: 'operator', untilMs: 0 },
    { ...change, state: 'halted', reason: 'volatility', untilMs: 9 },
    { ...change, state: 'auction', reason: 'schedule', untilMs: 19 },
  ];
  for (const event of events) tell(event);
  expect(counted).toEqual(['MarketHalted']);
  expect(written.map((line) => line.split(' ')[0])).toEqual(['info', 'warn', 'info']);
});
