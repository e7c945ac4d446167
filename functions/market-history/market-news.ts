/** Tells operators what became of markets: a log line for every change, a metric for a market that halted itself. */
import type { Logger } from '#cloud/logger.ts';
import type { MarketEvent } from '#cloud/market-row.ts';
import { MetricUnit, metricNames } from '#cloud/metrics.ts';

export type NewsPorts = {
  logger: Pick<Logger, 'info' | 'warn'>;
  metrics: {
    addMetric(name: string, unit: typeof MetricUnit.Count, value: number): unknown;
    publishStoredMetrics(): unknown;
  };
};

export function marketNews({ logger, metrics }: NewsPorts): (event: MarketEvent) => void {
  return (event) => {
    if (event.type === 'market_listed') {
      const { sequence, market } = event;
      logger.info('a market was listed or its terms changed', { sequence, market });
      return;
    }
    const { sequence, marketId, state, reason, untilMs } = event;
    const told = { sequence, marketId, state, reason, untilMs };
    if (reason !== 'volatility') return void logger.info('a market changed its state', told);
    logger.warn('a market halted itself: the next fill was too far from the mean', told);
    metrics.addMetric(metricNames.marketHalted, MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  };
}
