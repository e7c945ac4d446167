/** Goes on with every withdrawal that is not over, and says how long the oldest ones wait. */
import type { Clock } from '#cloud/clock.ts';
import { advancePayout, type PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { openPayouts, type Payout } from '#cloud/withdrawal-store.ts';

export type SweepPorts = PayoutPorts & {
  clock: Pick<Clock, 'nowMs'>;
  failed: (digest: string, error: unknown) => void;
};

export type Swept = {
  open: number;
  /** How long the oldest one has waited for an operator's word, and how long the oldest of all others for its end. */
  reviewMs: number;
  oldestMs: number;
};

export async function sweepWithdrawals(ports: SweepPorts): Promise<Swept> {
  for (const { digest } of await openPayouts(ports))
    try {
      await advancePayout(ports, digest);
    } catch (error) {
      ports.failed(digest, error);
    }
  const open = await openPayouts(ports);
  const nowMs = ports.clock.nowMs();
  const oldest = (waiting: readonly Payout[]) =>
    Math.max(0, ...waiting.map((each) => nowMs - Math.max(each.requestedAtMs, each.notBeforeMs)));
  const inReview = (payout: Payout) => payout.status === 'review' && !payout.approval;
  return {
    open: open.length,
    reviewMs: oldest(open.filter(inReview)),
    oldestMs: oldest(open.filter((each) => !inReview(each))),
  };
}
