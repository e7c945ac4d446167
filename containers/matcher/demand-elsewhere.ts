/** Calls free credit of an account back from the leaders of the other pair groups. */
import { callCreditBack } from '#cloud/call-credit-back.ts';
import type { MatcherClient } from '#cloud/matcher-client.ts';
import type { Address } from '#domain/order.ts';
import { demandMs } from './bounds.ts';
import { pause, type Timers } from './timers.ts';

/** A group that fails or takes too long gives nothing. Answers the units that are on their way. */
export function demandFrom(
  groups: readonly string[],
  matchers: Pick<MatcherClient, 'demandCredit'>,
  timers: Timers,
): (account: Address, asset: string) => Promise<number> {
  const ports = { matchers, groups, patience: () => pause(timers, demandMs) };
  return async (account, asset) =>
    Number((await callCreditBack(ports, { account, asset })).returnedUnits);
}
