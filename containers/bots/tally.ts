/** Counts what the bots do, and tells it once a minute as one JSON line. */

export type Tally = {
  /** `kind` is the order's type and time in force, and what else is special about it. */
  placed(kind: string): void;
  replaced(orders: number): void;
  amended(orders: number): void;
  cancelled(orders: number): void;
  traded(fills: number): void;
  /** What the market does not take just now is part of a trader's day; the rest are errors. */
  refused(code: string): void;
  failed(code: string): void;
  /** The counts since the last report; undefined where nothing happened. */
  take(): Report | undefined;
};

export type Report = {
  placed: Record<string, number>;
  replaced: number;
  amended: number;
  cancelled: number;
  trades: number;
  /** Orders that came too late for the market's state or price. */
  missed: Record<string, number>;
  errors: Record<string, number>;
};

/** Refusals that a halt, a moving price or another trader's order explains. */
const missing = new Set([
  'market_not_open',
  'post_only_would_cross',
  'fill_or_kill_unfilled',
  'stop_would_trigger',
  'price_outside_band',
  'unknown_order',
  'size_not_smaller',
]);

/** Whether a refusal is no fault of the bot's or the exchange's. */
export const isMissed = (code: string): boolean => missing.has(code);

export function createTally(): Tally {
  let report = nothing();
  return {
    placed(kind) {
      count(report.placed, kind);
    },
    replaced(orders) {
      report.replaced += orders;
    },
    amended(orders) {
      report.amended += orders;
    },
    cancelled(orders) {
      report.cancelled += orders;
    },
    traded(fills) {
      report.trades += fills;
    },
    refused(code) {
      count(isMissed(code) ? report.missed : report.errors, code);
    },
    failed(code) {
      count(report.errors, code);
    },
    take() {
      const taken = report;
      report = nothing();
      return isQuiet(taken) ? undefined : taken;
    },
  };
}

const nothing = (): Report => ({
  placed: {},
  replaced: 0,
  amended: 0,
  cancelled: 0,
  trades: 0,
  missed: {},
  errors: {},
});

const isQuiet = ({ placed, missed, errors, ...sums }: Report): boolean =>
  [placed, missed, errors].every((each) => Object.keys(each).length === 0) &&
  Object.values(sums).every((sum) => sum === 0);

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
