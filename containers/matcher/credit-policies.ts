/** How accounts want their credit held, remembered for a short time: most orders need no look at the ledger. */
import type { Clock } from '#cloud/clock.ts';
import type { AccountSettings, LedgerStore } from '#cloud/ledger-store.ts';
import type { Address } from '#domain/order.ts';
import { settingsKept, settingsMs } from './bounds.ts';

export type CreditPolicies = { of(account: Address): Promise<AccountSettings['creditPolicy']> };

export function createCreditPolicies(
  ledger: Pick<LedgerStore, 'accountSettings'>,
  clock: Pick<Clock, 'monotonicMs'>,
): CreditPolicies {
  const kept = new Map<Address, { policy: AccountSettings['creditPolicy']; untilMs: number }>();
  return {
    async of(account) {
      const known = kept.get(account);
      if (known && clock.monotonicMs() < known.untilMs) return known.policy;
      const { creditPolicy: policy } = await ledger.accountSettings(account);
      kept.delete(account);
      kept.set(account, { policy, untilMs: clock.monotonicMs() + settingsMs });
      const [oldest] = kept.keys();
      if (kept.size > settingsKept && oldest) kept.delete(oldest);
      return policy;
    },
  };
}
