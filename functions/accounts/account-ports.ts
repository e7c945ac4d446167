/** What the routes of `accounts` need of the world. */
import type { ChainFunding } from '#cloud/chain-funding.ts';
import type { HistoryStore } from '#cloud/history-store.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { FillSettlement, OwnFill } from '#cloud/settlement-status.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import type { StatementStore } from '#cloud/statement-store.ts';
import type { Address } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { AccountView } from '#wire/matcher-api.ts';

/** A request asks so many matchers at a time: each answer can be 400 KB. */
export const matchersAtOnce = 8;

export type AccountPorts = {
  ledger: Pick<LedgerStore, 'balances' | 'accountSettings' | 'setAccountSettings'>;
  statements: StatementStore;
  /** Where the stage has a chain. */
  chain?: ChainFunding | undefined;
  /** Of each fill, in their order; where the stage settles on a chain. */
  settlements?: ((fills: readonly OwnFill[]) => Promise<FillSettlement[]>) | undefined;
  history: Pick<HistoryStore, 'fills' | 'doneOrders' | 'order'>;
  matchers: Pick<MatcherClient, 'account' | 'order'>;
  markets: Pick<MarketDirectory, 'listed' | 'find' | 'assets'>;
  /** Of the deployment: a market that is listed later belongs to one of them. */
  groups: readonly string[];
};

/** An account as each pair group's matcher knows it; throws where one does not answer, because a sum without it would be wrong. */
export function accountViews(
  account: Address,
  { matchers, groups }: { matchers: Pick<MatcherClient, 'account'>; groups: readonly string[] },
): Promise<AccountView[]> {
  return sideBySide(groups, matchersAtOnce, (groupId) => matchers.account(groupId, account));
}

/**
 * A market that an order or fill names. Markets are closed, never unlisted; only in the first seconds of a
 * new one the directory may not have it yet, which passes.
 */
export function listedOf(
  markets: ReadonlyMap<string, ListedMarket>,
  marketId: string,
): ListedMarket {
  const listed = markets.get(marketId);
  if (!listed) throw new MatcherUnavailable('busy', `${marketId} is not in the directory yet`);
  return listed;
}
