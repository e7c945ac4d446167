/** Whether a fill-or-kill order can be filled whole, decided before any fill. */
import type { MatchBounds } from '../snapshot-record.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { none } from './order-table.ts';
import { isSell, selfTradeMode } from './order-traits.ts';

/** What a fill-or-kill order asks for. */
export type Wanting = {
  account: number;
  traits: number;
  limitTicks: number;
  sizeLots: number;
  /** 0 where it is bound by a size. */
  spendUnits: number;
  bounds: MatchBounds;
  /** The order that it replaces; `none` where it replaces none. */
  without: number;
};
export type FillOrKillFault = 'would_self_trade' | 'fill_or_kill_unfilled';

/** Counts level by level, best first, as far as limit, band and volatility bound reach, the owner's own orders left out. */
export function fillOrKillFault(
  state: FastState,
  book: MarketBook,
  wanting: Wanting,
): FillOrKillFault | undefined {
  const { levels } = state;
  const ladder = isSell(wanting.traits) ? book.bids : book.asks;
  const isByMoney = wanting.spendUnits > 0;
  let restLots = wanting.sizeLots;
  let restUnits = wanting.spendUnits;
  let boughtLots = 0;
  for (let level = ladder.best; level !== none; level = nextLevel(state, ladder, level)) {
    const priceTicks = levels.ticks[level] as number;
    // As though the order that it replaces were gone, its level is none that could be out of reach.
    if (isOnlyOrder(state, level, wanting.without)) continue;
    if (!isReachable(wanting, priceTicks)) break;
    const lotUnits = priceTicks * book.market.quoteUnitsPerTickLot;
    const neededLots = isByMoney ? Math.floor(restUnits / lotUnits) : restLots;
    if (neededLots === 0) return boughtLots > 0 ? undefined : 'fill_or_kill_unfilled';
    const lots = Math.min(neededLots, lotsOfOthers(state, level, wanting, neededLots));
    if (lots < 0) return 'would_self_trade';
    boughtLots += lots;
    restLots -= lots;
    restUnits -= lots * lotUnits;
    // By money, it counts as filled where the rest cannot buy one lot more at this price.
    if (isByMoney ? boughtLots > 0 && restUnits < lotUnits : restLots === 0) return undefined;
  }
  return 'fill_or_kill_unfilled';
}

function nextLevel({ levels }: FastState, ladder: MarketBook['bids'], level: number): number {
  return ladder.next(levels.ticks[level] as number);
}

function isReachable({ traits, limitTicks, bounds }: Wanting, priceTicks: number): boolean {
  const isWithinLimit = isSell(traits) ? priceTicks >= limitTicks : priceTicks <= limitTicks;
  return (
    isWithinLimit &&
    priceTicks >= bounds.bandLowTicks &&
    priceTicks <= bounds.bandHighTicks &&
    priceTicks >= bounds.haltLowTicks &&
    priceTicks <= bounds.haltHighTicks
  );
}

export function isOnlyOrder({ levels }: FastState, level: number, slot: number): boolean {
  return slot !== none && levels.head[level] === slot && levels.tail[level] === slot;
}

/** Lots of a level that are not the owner's; −1 where an own order comes before the shown parts of others suffice, and its mode minds. */
function lotsOfOthers(
  { levels, orders }: FastState,
  level: number,
  { account, traits, without }: Wanting,
  neededLots: number,
): number {
  const minds = selfTradeMode(traits) !== 1;
  let lots = 0;
  let shownLots = 0;
  let slot = levels.head[level] as number;
  for (; slot !== none; slot = orders.behind[slot] as number) {
    if (slot === without) continue;
    if (orders.account[slot] === account) {
      if (minds && shownLots < neededLots) return -1;
      continue;
    }
    lots += orders.leftLots(slot);
    shownLots += orders.shownLots[slot] as number;
  }
  return lots;
}
