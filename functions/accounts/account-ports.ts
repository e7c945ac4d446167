/** What the routes of `accounts` need of the world. */
import type { HistoryStore } from '#cloud/history-store.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import type { MatcherClient } from '#cloud/matcher-client.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import { assert } from '#domain/assertion.ts';
import type { Address } from '#domain/order.ts';
import type { Catalog, ListedMarket } from '#wire/catalog.ts';
import type { AccountView } from '#wire/matcher-api.ts';

/** A request asks so many matchers at a time: each answer can be 400 KB. */
export const matchersAtOnce = 8;

export type AccountPorts = {
  ledger: Pick<LedgerStore, 'balances' | 'entries' | 'accountSettings' | 'setAccountSettings'>;
  history: Pick<HistoryStore, 'fills' | 'doneOrders' | 'order'>;
  matchers: Pick<MatcherClient, 'account' | 'order'>;
  catalog: Catalog;
  markets: Map<string, ListedMarket>;
  groups: readonly string[];
};

/** An account as each pair group's matcher knows it; throws where one does not answer, because a sum without it would be wrong. */
export function accountViews(
  account: Address,
  { matchers, groups }: { matchers: Pick<MatcherClient, 'account'>; groups: readonly string[] },
): Promise<AccountView[]> {
  return sideBySide(groups, matchersAtOnce, (groupId) => matchers.account(groupId, account));
}

/** A market that an order or fill names. Markets are closed, never unlisted: old trades must stay readable. */
export function listedOf(markets: Map<string, ListedMarket>, marketId: string): ListedMarket {
  const listed = markets.get(marketId);
  assert(listed, `${marketId} was traded but is not listed any more`);
  return listed;
}
