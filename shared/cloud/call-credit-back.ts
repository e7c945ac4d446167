/**
 * Calls an account's free credit back from the matchers of pair groups, to where a withdrawal or another group can have it: the
 * ledger. What orders hold stays. A withdrawal demands first, so that what comes back is granted to nobody else.
 */
import type { AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import type { Address } from '#domain/order.ts';
import type { MatcherClient } from './matcher-client.ts';

export type CreditCallPorts = {
  matchers: Pick<MatcherClient, 'demandCredit'>;
  groups: readonly GroupId[];
  /** Resolves when an answer is waited for no longer. */
  patience: () => Promise<void>;
};

export type CalledBack = {
  /** On their way: in the ledger once the run that returns them is cleared. What was returned a moment ago counts again. */
  returnedUnits: bigint;
  /** Nobody leads them, or they took too long: asked again, they may give more. */
  unanswered: GroupId[];
};

/** Asks all groups at once; one that fails holds up no other. */
export async function callCreditBack(
  { matchers, groups, patience }: CreditCallPorts,
  called: { account: Address; asset: AssetId },
): Promise<CalledBack> {
  const answers = await Promise.all(
    groups.map(async (groupId) => {
      const asked = matchers.demandCredit(groupId, called).then(
        ({ returnedUnits }) => returnedUnits,
        () => undefined,
      );
      const units = await Promise.race([asked, patience().then(() => undefined)]);
      return { groupId, units };
    }),
  );
  return {
    returnedUnits: answers.reduce((sum, { units = 0 }) => sum + BigInt(units), 0n),
    unanswered: answers.flatMap(({ groupId, units }) => (units === undefined ? [groupId] : [])),
  };
}
