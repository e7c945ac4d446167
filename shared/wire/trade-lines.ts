/**
 * The trades behind an entry as one text: `sequence:market:units:fee`, a semicolon between two lines. A sequence number
 * is told as the step from the line before, a market and a fee only where they are another than there, and than none.
 * A list of lists took twice the bytes (they are paid by the KB) and, in the local twin, ten times the time.
 */
import { assert } from '#domain/assertion.ts';
import type { EntryLine } from '#domain/clearing.ts';

export function linesText(lines: readonly EntryLine[]): string {
  let before = { sequence: 0, marketId: '' };
  return lines
    .map((line) => {
      const { sequence, marketId, units, feeUnits } = line;
      const market = marketId === before.marketId ? '' : marketId;
      const step = sequence - before.sequence;
      before = line;
      return `${step}:${market}:${units}:${feeUnits === 0n ? '' : feeUnits}`;
    })
    .join(';');
}

export function readLines(text: string): EntryLine[] {
  let before = { sequence: 0, marketId: '' };
  if (text === '') return [];
  return text.split(';').map((each) => {
    const [step = '', market = '', units = '', fee = ''] = each.split(':');
    const line: EntryLine = {
      sequence: before.sequence + Number(step),
      marketId: market === '' ? before.marketId : market,
      units: BigInt(units),
      feeUnits: BigInt(fee),
    };
    assert(Number.isSafeInteger(line.sequence) && line.marketId !== '', `no trade line: ${each}`);
    before = line;
    return line;
  });
}

/** Whether a market is among them, without reading them: where one begins, its name stands between colons, and no number is a name. */
export const linesName = (text: string, marketId: string): boolean =>
  text.includes(`:${marketId}:`);
