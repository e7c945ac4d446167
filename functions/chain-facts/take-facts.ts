/** What a bell of the indexer is answered with: new facts are taken, then every withdrawal that is under way goes on. */
import type { FactWork, FollowPorts } from '#cloud/follow-facts.ts';
import { followFacts } from '#cloud/follow-facts.ts';
import { advancePayout, type PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { openPayouts } from '#cloud/withdrawal-store.ts';

export type TakePorts = {
  follow: Omit<FollowPorts, 'work'>;
  work: readonly FactWork[];
  payouts: PayoutPorts;
  /** One withdrawal that cannot go on holds up no other: it is looked at again with the next block. */
  failed: (digest: string, error: unknown) => void;
};

/** One pass for a batch of bells: all of them ring for the same facts. */
export function takeFacts(ports: TakePorts): () => Promise<void> {
  let pass: Promise<void> | undefined;
  return () => {
    pass ??= takeAll(ports);
    return pass;
  };
}

async function takeAll({ follow, work, payouts, failed }: TakePorts): Promise<void> {
  await followFacts({ ...follow, work });
  for (const { digest } of await openPayouts(payouts))
    try {
      await advancePayout(payouts, digest);
    } catch (error) {
      failed(digest, error);
    }
}
