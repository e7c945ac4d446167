/** Posts feed messages to WebSocket connections; invoked by matchers with up to 200 connections' worth of work. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { createConnectionPoster } from '#cloud/connection-poster.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMetrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import { setting } from '#cloud/settings.ts';
import type { FanOutRequest } from '#wire/feed-message.ts';
import { deliver } from './deliver.ts';

const logger = createLogger('fan-out');
const metrics = createMetrics('fan-out');
const ports = {
  store: createFeedStore({ client: documentClient(), table: setting(process.env, 'feedTable') }),
  clock: systemClock,
  post: createConnectionPoster(process.env),
  report: (problem: string, error: unknown) => logger.warn(problem, error as Error),
};

export async function handler(request: FanOutRequest) {
  const delivery = await deliver(request, ports);
  metrics.addMetric(metricNames.feedMessages, MetricUnit.Count, delivery.posted);
  metrics.addMetric(metricNames.feedConnectionsGone, MetricUnit.Count, delivery.gone);
  metrics.publishStoredMetrics();
  return delivery;
}
