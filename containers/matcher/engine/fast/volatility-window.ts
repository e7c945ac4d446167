/** A market's volatility window between the core's row and records: parts that hold trades, oldest first. */
import type { MarketRecord } from '../snapshot-record.ts';
import type { CoreInstance } from './core-instance.ts';
import { marketRow, windowPartRow } from './core-layout.ts';

type Window = MarketRecord['window'];

const partCount = 8;
const partBytes = 24;

export function windowOf(core: CoreInstance, market: number): Window {
  const window: Window = [];
  const newest = core.double(market, marketRow.newestPart);
  for (let part = newest - partCount + 1; part <= newest; part += 1) {
    const row = rowOf(core, market, part);
    const lots = core.double(row, windowPartRow.lots);
    const tickLots = core.double(row, windowPartRow.tickLots);
    if (lots > 0) window.push({ part, lots, tickLots });
  }
  return window;
}

export function restoreWindow(core: CoreInstance, market: number, window: Window): void {
  for (const { part, lots, tickLots } of window) {
    const row = rowOf(core, market, part);
    core.setDouble(row, windowPartRow.part, part);
    core.setDouble(row, windowPartRow.lots, lots);
    core.setDouble(row, windowPartRow.tickLots, tickLots);
    core.setDouble(market, marketRow.newestPart, part);
  }
  core.calls.addUpWindow(market);
}

/** Eight rows behind each other, by part number modulo 8. */
function rowOf(core: CoreInstance, market: number, part: number): number {
  const place = ((part % partCount) + partCount) % partCount;
  return core.int(market, marketRow.window) + place * partBytes;
}
