/** One command to several pair groups at once; a group whose matcher does not answer hides no other's answer. */
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { GroupId } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { CommandResult, OtherRequest } from '#wire/matcher-api.ts';

export type GroupOutcome = { groupId: GroupId; outcome: CommandResult | MatcherUnavailable };

export type GroupPorts = {
  matchers: Pick<MatcherClient, 'send'>;
  markets: { find(marketId: string): Promise<ListedMarket | undefined> };
  /** Of the deployment: a market that is listed later belongs to one of them. */
  groups: readonly GroupId[];
};

/** The groups that a request is about: that of the market which it names, or all; undefined where there is no such market. */
export async function groupsFor(
  marketId: string | undefined,
  { markets, groups }: GroupPorts,
): Promise<readonly GroupId[] | undefined> {
  if (marketId === undefined) return groups;
  const listed = await markets.find(marketId);
  return listed && [listed.market.groupId];
}

export function askGroups(
  groups: readonly GroupId[],
  command: OtherRequest,
  matchers: GroupPorts['matchers'],
): Promise<GroupOutcome[]> {
  return Promise.all(
    groups.map(async (groupId) => ({
      groupId,
      outcome: await askGroup(groupId, command, matchers),
    })),
  );
}

async function askGroup(
  groupId: GroupId,
  command: OtherRequest,
  matchers: GroupPorts['matchers'],
): Promise<GroupOutcome['outcome']> {
  try {
    const { results } = await matchers.send(groupId, [command]);
    if (!results[0]) throw new Error('the matcher left a command unanswered');
    return results[0];
  } catch (error) {
    if (error instanceof MatcherUnavailable) return error;
    throw error;
  }
}
