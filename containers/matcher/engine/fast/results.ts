/** The first result of a remembered id. */
import { type EngineRefusal, engineRefusals } from '#domain/refusal.ts';
import { idRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { accepted } from './request.ts';

/** Undefined where none is remembered. */
export function resultOf(
  { core }: Pick<FastState, 'core'>,
  id: number,
): { sequence: number; code?: EngineRefusal } | undefined {
  const sequence = core.double(id, idRow.sequence);
  if (sequence === 0) return undefined;
  // The third byte of a word that more is in.
  const code = (core.int(id, idRow.code - 2) << 8) >> 24;
  return code === accepted
    ? { sequence }
    : { sequence, code: engineRefusals[code] as EngineRefusal };
}
