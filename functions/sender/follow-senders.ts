/** Follows what each key has sent along the chain, again and again for almost as long as a run may last. */
import type { Clock } from '#cloud/clock.ts';
import type { FollowedSender, SenderState } from '#cloud/transaction-sender.ts';

export type FollowPorts = {
  senders: readonly { key: string; sender: Pick<FollowedSender, 'advance' | 'state'> }[];
  clock: Clock;
  pause(ms: number): Promise<unknown>;
  /** What failed is tried again by the next pass. */
  report(problem: string, error: unknown): void;
};

export type Followed = { passes: number; states: Record<string, SenderState> };

/** Throws where a key's last pass failed: trouble that stays must be seen. */
export async function followSenders(
  { senders, clock, pause, report }: FollowPorts,
  { lastsMs, pollMs }: { lastsMs: number; pollMs: number },
): Promise<Followed> {
  const endsMs = clock.monotonicMs() + lastsMs;
  let passes = 0;
  let failed: unknown;
  do {
    if (passes > 0) await pause(pollMs);
    passes += 1;
    failed = undefined;
    // One key's trouble is not another's.
    for (const { key, sender } of senders)
      await sender.advance().catch((error: unknown) => {
        failed = error;
        report(`the transactions of ${key} could not be followed`, error);
      });
  } while (clock.monotonicMs() + pollMs < endsMs);
  if (failed) throw failed;
  const states: Record<string, SenderState> = {};
  for (const { key, sender } of senders) states[key] = await sender.state();
  return { passes, states };
}
