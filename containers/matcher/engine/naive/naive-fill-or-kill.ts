/** Whether a fill-or-kill order can be filled whole, decided before any fill: the naive engine counts order by order. */
import { notionalUnits, type SelfTradePrevention, type Side } from '#domain/order.ts';
import type { MatchBounds } from '../snapshot-record.ts';
import { isWithinLimit, leftLots, otherSide, queueOf } from './naive-book.ts';
import { isInsideBand, isInsideHalt } from './naive-bounds.ts';
import { listedMarket, type NaiveOrder, type NaiveState } from './naive-state.ts';

/** What a fill-or-kill order asks for. */
export type Wanting = {
  account: string;
  marketId: string;
  side: Side;
  limitTicks: number;
  sizeLots: number;
  /** 0 where it is bound by a size. */
  spendUnits: number;
  selfTrade: SelfTradePrevention;
};

export type FillOrKillFault = 'would_self_trade' | 'fill_or_kill_unfilled';

/**
 * "What can be filled is counted level by level, best first, as far as the order's limit, its band and the volatility
 * bound reach, hidden parts of icebergs included and the owner's own orders left out." `without` is the order that it replaces.
 */
export function fillOrKillFault(
  state: NaiveState,
  wanting: Wanting,
  { bounds, without }: { bounds: MatchBounds; without?: NaiveOrder | undefined },
): FillOrKillFault | undefined {
  const { market } = listedMarket(state, wanting.marketId);
  const queue = queueOf(state, wanting.marketId, otherSide(wanting.side)).filter(
    (order) => order !== without && isWithinLimit(wanting, order.limitTicks),
  );
  let restLots = wanting.sizeLots;
  let restUnits = wanting.spendUnits;
  const neededLots = (priceTicks: number) =>
    wanting.spendUnits > 0
      ? Math.floor(restUnits / notionalUnits(priceTicks, 1, market))
      : restLots;
  for (const priceTicks of new Set(queue.map((order) => order.limitTicks))) {
    const needed = neededLots(priceTicks);
    if (needed === 0) break;
    if (!isInsideBand(bounds, priceTicks) || !isInsideHalt(bounds, priceTicks)) {
      return 'fill_or_kill_unfilled';
    }
    const level = queue.filter((order) => order.limitTicks === priceTicks);
    if (meetsOwn(level, wanting, needed)) return 'would_self_trade';
    const lots = Math.min(needed, lotsOfOthers(level, wanting.account));
    restLots -= lots;
    restUnits -= notionalUnits(priceTicks, lots, market);
  }
  // "By money, it counts as filled where an ioc order would end `filled`": its own limit is the price where the book has run out.
  const hasBought = restLots < wanting.sizeLots || restUnits < wanting.spendUnits;
  return hasBought && neededLots(wanting.limitTicks) === 0 ? undefined : 'fill_or_kill_unfilled';
}

/** "Where, in a level that it reaches, an own order comes before the shown parts of others (in queue order) suffice." */
function meetsOwn(level: NaiveOrder[], wanting: Wanting, neededLots: number): boolean {
  if (wanting.selfTrade === 'expire_maker') return false;
  let shownLots = 0;
  for (const order of level) {
    if (shownLots >= neededLots) return false;
    if (order.account === wanting.account) return true;
    shownLots += order.shownLots;
  }
  return false;
}

function lotsOfOthers(level: NaiveOrder[], account: string): number {
  return level
    .filter((order) => order.account !== account)
    .reduce((total, order) => total + leftLots(order), 0);
}
