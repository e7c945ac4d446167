/** What a benchmark prints: a metric and, where a peer ran beside it, the ratio. */

export type Measured = {
  metric: string;
  unit: string;
  value: number;
  peer?: string;
  peerValue?: number;
  ratio?: number;
};
export type Figure = Measured & { case: string };

export type Benchmark = {
  /** What is measured, and what is left out. */
  about: string;
  cases: Record<string, () => Promise<Measured[]>>;
  /** Ends what the cases share. */
  end?: () => Promise<void>;
};

const rounded = (value: number) =>
  value >= 100 ? Math.round(value) : Number(value.toPrecision(3));

/** A figure beside its peer's of the same run; ratio = value / peerValue. */
export function beside(
  metric: string,
  unit: string,
  value: number,
  peer: { name: string; value: number },
): Measured {
  return {
    metric,
    unit,
    value: rounded(value),
    peer: peer.name,
    peerValue: rounded(peer.value),
    ratio: Number((value / peer.value).toPrecision(3)),
  };
}

/** A figure without a peer. */
export const alone = (metric: string, unit: string, value: number): Measured => ({
  metric,
  unit,
  value: rounded(value),
});

/** Runs work for about `ms` after a warm-up and answers units of work per second. */
export function perSecond(unitsPerRun: number, work: () => void, ms = 1_500): number {
  const timed = (limitMs: number) => {
    const began = performance.now();
    let runs = 0;
    let elapsed = 0;
    while (elapsed < limitMs) {
      work();
      runs += 1;
      elapsed = performance.now() - began;
    }
    return (runs * unitsPerRun * 1_000) / elapsed;
  };
  timed(ms / 3);
  return timed(ms);
}
