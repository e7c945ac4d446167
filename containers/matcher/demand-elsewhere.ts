/** Calls free credit of an account back from the leaders of the other pair groups. */
import type { MatcherClient } from '#cloud/matcher-client.ts';
import type { Address } from '#domain/order.ts';
import { demandMs } from './bounds.ts';
import { pause, type Timers } from './timers.ts';

/** Asks all at once; a group that fails or takes too long gives nothing. Answers the units that are on their way. */
export function demandFrom(
  groupIds: readonly string[],
  client: Pick<MatcherClient, 'demandCredit'>,
  timers: Timers,
): (account: Address, asset: string) => Promise<number> {
  return async (account, asset) => {
    const answers = groupIds.map(async (groupId) => {
      const asked = client.demandCredit(groupId, { account, asset }).then(
        ({ returnedUnits }) => returnedUnits,
        () => 0,
      );
      return Promise.race([asked, pause(timers, demandMs).then(() => 0)]);
    });
    return (await Promise.all(answers)).reduce((sum, units) => sum + units, 0);
  };
}
