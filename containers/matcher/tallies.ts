/** Counts what durable frames did and prints it as metrics once a minute, if anything happened. */
import { type Metrics, MetricUnit, metricNames } from '#cloud/metrics.ts';
import type { ClosedFrame } from './journal.ts';
import type { Timers } from './timers.ts';

export type Tallies = {
  /** Counts a frame as it closes; what it answers adds that to the rest, once the frame is durable. */
  frame(frame: ClosedFrame): () => void;
  putTook(ms: number): void;
  stop(): void;
};

const printMs = 60_000;

export function createTallies(
  metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>,
  timers: Timers,
): Tallies {
  const zero = { accepted: 0, refused: 0, trades: 0, longestPutMs: 0 };
  let counted = { ...zero };
  let cancel: (() => void) | undefined;

  const print = () => {
    cancel = undefined;
    metrics.addMetric(metricNames.ordersAccepted, MetricUnit.Count, counted.accepted);
    metrics.addMetric(metricNames.ordersRefused, MetricUnit.Count, counted.refused);
    metrics.addMetric(metricNames.trades, MetricUnit.Count, counted.trades);
    metrics.addMetric(metricNames.journalPutMs, MetricUnit.Milliseconds, counted.longestPutMs);
    metrics.publishStoredMetrics();
    counted = { ...zero };
  };
  const soon = () => {
    cancel ??= timers.after(printMs, print);
  };
  return {
    frame({ counts: { accepted, refused, trades } }) {
      return () => {
        counted.accepted += accepted;
        counted.refused += refused;
        counted.trades += trades;
        if (accepted + refused > 0) soon();
      };
    },
    putTook(ms) {
      counted.longestPutMs = Math.max(counted.longestPutMs, ms);
    },
    stop() {
      cancel?.();
      if (cancel) print();
    },
  };
}
