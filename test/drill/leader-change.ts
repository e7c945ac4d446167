/** Whether a harm made another process lead. */
import { eventually } from '../system/waiting.ts';
import type { DrilledExchange } from './drilled-exchange.ts';

/** The busier of the two groups of the local stage. */
export const groupUnderHarm = 'majors';
export const groups = ['majors', 'alts'];

const takeoverMs = 60_000;

/** Does a harm and waits until a later epoch leads; throws where that does not come. */
export async function epochRises(
  exchange: DrilledExchange,
  groupId: string,
  say: (text: string) => void,
  harm: () => Promise<void>,
): Promise<void> {
  const before = await exchange.lease(groupId);
  const began = performance.now();
  await harm();
  const ask = async () => {
    const now = await exchange.lease(groupId);
    return now.epoch > before.epoch && now;
  };
  const after = await eventually(`another epoch of ${groupId}`, ask, takeoverMs);
  const ms = Math.round(performance.now() - began);
  say(`${groupId}: epoch ${before.epoch} became ${after.epoch} after ${ms} ms`);
}
