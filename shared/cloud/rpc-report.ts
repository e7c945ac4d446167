/** What people see of a pool: each provider's state, and once a minute a few metrics of it. */
import type { Clock } from './clock.ts';
import { type Metrics, MetricUnit, metricNames } from './metrics.ts';
import type { RpcProvider } from './rpc-provider.ts';

export type ProviderState = {
  name: string;
  /**
   * `behind`: more than a few blocks; `out`: its breaker is open, or it is another chain's; `paused`: it asked for rest;
   * `lied`: most others said something else of a block.
   */
  status: 'healthy' | 'behind' | 'failing' | 'paused' | 'out' | 'lied';
  headNumber: number | undefined;
  lagBlocks: number;
  latencyMs: number;
  errorRate: number;
};

export type RpcReport = { tell(states: ProviderState[]): void };

const lagLimitBlocks = 5;
const errorRateLimit = 0.1;
/** Shorter waits are the rate budget at work. */
const pauseMs = 500;

export function stateOf(provider: RpcProvider, referenceNumber: number): ProviderState {
  const head = provider.head()?.number;
  const lagBlocks = head === undefined ? referenceNumber : Math.max(0, referenceNumber - head);
  const { health } = provider;
  const status = (): ProviderState['status'] => {
    if (!health.isTrusted()) return 'lied';
    if (health.breaker() !== 'closed') return 'out';
    if (provider.waitMs() > pauseMs) return 'paused';
    if (head === undefined || lagBlocks > lagLimitBlocks) return 'behind';
    return health.errorRate() > errorRateLimit ? 'failing' : 'healthy';
  };
  return {
    name: provider.name,
    status: status(),
    headNumber: head,
    lagBlocks,
    latencyMs: health.latencyMs('light'),
    errorRate: health.errorRate(),
  };
}

const everyMs = 60_000;

/** Two metrics a provider and one of all: more would cost more than they say. Who lied is a third of that provider while it lasts. */
export function createRpcReport(metrics: Metrics, clock: Pick<Clock, 'monotonicMs'>): RpcReport {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return {
    tell(states) {
      if (clock.monotonicMs() - toldAtMs < everyMs) return;
      toldAtMs = clock.monotonicMs();
      for (const { name, latencyMs, lagBlocks, status } of states) {
        const own = metrics.singleMetric();
        own.addDimension('provider', name);
        own.addMetric(metricNames.rpcLatencyMs, MetricUnit.Milliseconds, latencyMs);
        const behind = metrics.singleMetric();
        behind.addDimension('provider', name);
        behind.addMetric(metricNames.rpcLagBlocks, MetricUnit.Count, lagBlocks);
        if (status !== 'lied') continue;
        const lied = metrics.singleMetric();
        lied.addDimension('provider', name);
        lied.addMetric(metricNames.rpcProviderLied, MetricUnit.Count, 1);
      }
      const degraded = states.filter(({ status }) => status !== 'healthy').length;
      metrics
        .singleMetric()
        .addMetric(metricNames.rpcProvidersDegraded, MetricUnit.Count, degraded);
    },
  };
}
