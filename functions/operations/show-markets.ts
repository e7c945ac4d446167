/** Every market with its terms and, by its leader, where it stands. */
import type { DirectoryEntry } from '#cloud/market-directory.ts';
import { MatcherUnavailable } from '#cloud/matcher-client.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import type { MarketShown, OperationsAnswer } from '#wire/operations.ts';
import type { OperationsPorts } from './operate.ts';

/** Depths asked for at a time: leaders serve everybody. */
const marketsAtOnce = 8;

export async function showMarkets(
  ports: Pick<OperationsPorts, 'directory' | 'matchers' | 'groups'>,
): Promise<OperationsAnswer> {
  const listed = [...(await ports.directory.listed()).values()];
  const markets = await sideBySide(listed, marketsAtOnce, (entry) => shown(entry, ports));
  return { status: 'markets', groups: [...ports.groups], markets };
}

async function shown(
  { market, base, quote, sequence }: DirectoryEntry,
  { matchers }: Pick<OperationsPorts, 'matchers'>,
): Promise<MarketShown> {
  const terms = { market, base, quote, sequence };
  try {
    const depth = await matchers.depth(market.groupId, market.id, 1);
    const { state, untilMs, lastTicks, referenceTicks, auction } = depth;
    const now = { state, untilMs, lastTicks, referenceTicks, ...(auction ? { auction } : {}) };
    return { ...terms, now };
  } catch (error) {
    if (error instanceof MatcherUnavailable) return terms;
    throw error;
  }
}
