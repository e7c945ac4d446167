/** Refusals as numbers: their places in the closed list, which is the precedence of the checks. */
import { type EngineRefusal, engineRefusals } from '#domain/refusal.ts';

export const refusal = Object.fromEntries(engineRefusals.map((code, at) => [code, at])) as Record<
  EngineRefusal,
  number
>;
