/** An operator's word on a withdrawal that waits for it. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Digest } from '#domain/order.ts';
import type { ReviewResult } from '#wire/adjustments.ts';
import { settingNames } from '#wire/setting-names.ts';
import type { Clock } from './clock.ts';
import type { Environment } from './settings.ts';
import { openPayouts, type Payout, readPayout, stepPayout } from './withdrawal-store.ts';

export type ReviewPlace = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  clock: Pick<Clock, 'nowMs'>;
};

type Answer = { result: ReviewResult; payout?: Payout };

export function approvePayout(
  place: ReviewPlace,
  { digest, by }: { digest: Digest; by: string },
): Promise<Answer> {
  return decided(place, digest, (payout) => {
    if (payout.approval) return { done: 'approved' };
    if (payout.status !== 'review')
      return { done: isUndecided(payout) ? 'not_in_review' : 'too_late' };
    return { changes: { approval: { by, atMs: place.clock.nowMs() } } };
  });
}

/** Of any withdrawal that the operator's key has not signed. */
export function rejectPayout(
  place: ReviewPlace,
  { digest, by, why }: { digest: Digest; by: string; why: string },
): Promise<Answer> {
  return decided(place, digest, (payout) => {
    if (payout.rejection) return { done: 'rejected' };
    if (!isUndecided(payout)) return { done: 'too_late' };
    return { changes: { status: 'failed', failure: 'rejected', rejection: { by, why } } };
  });
}

const isUndecided = ({ status }: Payout): boolean =>
  status === 'requested' || status === 'held' || status === 'review';

type Decision = { done: ReviewResult } | { changes: Parameters<typeof stepPayout>[2] };

async function decided(
  place: ReviewPlace,
  digest: Digest,
  decide: (payout: Payout) => Decision,
): Promise<Answer> {
  for (;;) {
    const payout = await readPayout(place, digest);
    if (!payout) return { result: 'unknown_withdrawal' };
    const decision = decide(payout);
    if ('done' in decision) return { result: decision.done, payout };
    await stepPayout(place, payout, decision.changes);
  }
}

/** What operators may see and say of withdrawals; undefined where the stage has no chain. */
export function withdrawalReviewOf(
  environment: Environment,
  { client, clock }: Pick<ReviewPlace, 'client' | 'clock'>,
) {
  const table = environment[settingNames.chainTable];
  if (!table) return undefined;
  const place = { client, table, clock };
  return {
    open: () => openPayouts(place),
    approve: (word: { digest: Digest; by: string }) => approvePayout(place, word),
    reject: (word: { digest: Digest; by: string; why: string }) => rejectPayout(place, word),
  };
}
