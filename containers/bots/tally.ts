/** Counts what the bots do, and tells it once a minute as one JSON line. */

export type Tally = {
  placed(orders: number): void;
  cancelled(orders: number): void;
  traded(fills: number): void;
  failed(code: string): void;
  /** The counts since the last report; undefined where nothing happened. */
  take(): Report | undefined;
};

export type Report = {
  placed: number;
  cancelled: number;
  trades: number;
  errors: Record<string, number>;
};

export function createTally(): Tally {
  let report = nothing();
  return {
    placed(orders) {
      report.placed += orders;
    },
    cancelled(orders) {
      report.cancelled += orders;
    },
    traded(fills) {
      report.trades += fills;
    },
    failed(code) {
      report.errors[code] = (report.errors[code] ?? 0) + 1;
    },
    take() {
      const taken = report;
      report = nothing();
      const { placed, cancelled, trades, errors } = taken;
      const quiet = placed + cancelled + trades === 0 && Object.keys(errors).length === 0;
      return quiet ? undefined : taken;
    },
  };
}

const nothing = (): Report => ({ placed: 0, cancelled: 0, trades: 0, errors: {} });
