/** What is refused before the queue: commands that a frame cannot hold, or whose time is not now. Nothing of it is journaled. */
import type { RawOrder } from '#domain/raw-order.ts';
import type { Refusal } from '#domain/refusal.ts';
import { admissionAheadMs, admissionWindowMs } from './engine/limits.ts';
import type { Request } from './sequencer-options.ts';
import type { Tombstones } from './tombstones.ts';

/** The engine decides on everything nearer than this, in its own precedence. A frame holds times relative to its own. */
const absurdlyFarMs = 366 * 86_400_000;

/** Of a new order. */
export const orderRefusal = ({ createdAtMs }: RawOrder, nowMs: number): Refusal | undefined =>
  createdAtMs > nowMs + absurdlyFarMs ? 'order_from_the_future' : undefined;

export function doorRefusal(
  request: Request,
  nowMs: number,
  tombstones: Pick<Tombstones, 'isFull'>,
): Refusal | undefined {
  if (request.type === 'cancel' || request.type === 'amend') {
    const { createdAtMs = nowMs } = request;
    if (createdAtMs < nowMs - admissionWindowMs) return 'order_too_late';
    if (createdAtMs > nowMs + admissionAheadMs) return 'order_from_the_future';
  }
  // A cancel that could leave no tombstone would not keep its promise.
  const buries = request.type === 'cancel' || request.type === 'cancel_all';
  return buries && tombstones.isFull(nowMs) ? 'busy' : undefined;
}
