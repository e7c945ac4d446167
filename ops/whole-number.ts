/** Numbers as people type them. */
import { Wrong } from './wrong.ts';

/** A whole number, minus or not; `what` is what the sentence about another one begins with. */
export function wholeNumber(what: string, text: string | undefined): number {
  if (text === undefined) throw new Wrong(`${what} is missing.`);
  if (!/^-?\d{1,9}$/.test(text)) throw new Wrong(`${what} is a whole number, not "${text}".`);
  return Number(text);
}

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** "90s", "5m", "1h", "250ms" or "0". */
export function durationMs(what: string, text: string): number {
  if (text === '0') return 0;
  const [, count, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  if (count === undefined) throw new Wrong(`${what} is a time such as 90s or 5m, not "${text}".`);
  return Number(count) * (unitMs[unit] ?? 1);
}
