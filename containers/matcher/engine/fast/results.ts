/** The first result of a remembered id. */
import { type EngineRefusal, numberedRefusals } from '#domain/refusal.ts';
import type { CoreInstance } from './core-instance.ts';
import { idRow } from './core-layout.ts';
import { accepted } from './request.ts';

/** Undefined where none is remembered: nobody has none. */
export function resultOf(
  core: CoreInstance,
  id: number,
): { sequence: number; code?: EngineRefusal } | undefined {
  const sequence = core.double(id, idRow.sequence);
  if (sequence === 0) return undefined;
  const code = codeOf(core, id);
  return code === undefined ? { sequence } : { sequence, code };
}

/** Why it was refused; undefined where it was accepted. */
export function codeOf(core: CoreInstance, id: number): EngineRefusal | undefined {
  // The third byte of a word that more is in.
  const code = (core.int(id, idRow.code - 2) << 8) >> 24;
  return code === accepted ? undefined : numberedRefusals[code];
}
