/** Whether a fill-or-kill order can be filled whole, decided before any fill. */
import type { MatchBounds } from '../snapshot-record.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
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

/** What the owner, and the order that goes, have in a level. */
type OwnLots = { shownLots: number; leftLots: number; orders: number };

/**
 * Counts level by level, best first, as far as limit, band and volatility bound reach, the owner's own orders left out.
 * By money it is filled where the same order as ioc would end `filled`.
 *
 * Levels are counted by their totals: whoever asks again and again for too much must not make us read what others put there.
 */
export function fillOrKillFault(
  state: FastState,
  book: MarketBook,
  wanting: Wanting,
): FillOrKillFault | undefined {
  const { levels } = state;
  const { traits, limitTicks, bounds } = wanting;
  const ladder = isSell(traits) ? book.bids : book.asks;
  const own = ownLevels(state, book, wanting);
  const minds = selfTradeMode(traits) !== 1;
  let takenLots = 0;
  let restUnits = wanting.spendUnits;
  const neededLots = (priceTicks: number): number => {
    if (wanting.spendUnits === 0) return wanting.sizeLots - takenLots;
    return Math.floor(restUnits / (priceTicks * book.market.quoteUnitsPerTickLot));
  };
  for (let level = ladder.best; level !== none; ) {
    const priceTicks = levels.ticks[level] as number;
    const isWithinLimit = isSell(traits) ? priceTicks >= limitTicks : priceTicks <= limitTicks;
    const needed = isWithinLimit ? neededLots(priceTicks) : 0;
    // Without the order that it replaces that level would be none, so it is none that could be out of bounds.
    if (!isOnlyOrder(state, level, wanting.without)) {
      if (needed === 0) break;
      if (!isWithinBounds(bounds, priceTicks)) return 'fill_or_kill_unfilled';
      const ownLots = own.get(level);
      if (minds && ownLots && meetsOwn(state, level, wanting, { needed, ownLots })) {
        return 'would_self_trade';
      }
      const lots = Math.min(needed, levels.lots(level) - (ownLots?.leftLots ?? 0));
      takenLots += lots;
      restUnits -= lots * priceTicks * book.market.quoteUnitsPerTickLot;
    }
    level = ladder.next(priceTicks);
  }
  return takenLots > 0 && neededLots(limitTicks) === 0 ? undefined : 'fill_or_kill_unfilled';
}

function isWithinBounds(bounds: MatchBounds, priceTicks: number): boolean {
  return (
    priceTicks >= bounds.bandLowTicks &&
    priceTicks <= bounds.bandHighTicks &&
    priceTicks >= bounds.haltLowTicks &&
    priceTicks <= bounds.haltHighTicks
  );
}

export function isOnlyOrder({ levels }: FastState, level: number, slot: number): boolean {
  return slot !== none && levels.head[level] === slot && levels.tail[level] === slot;
}

/** The levels in which the owner has orders that this one could meet. */
function ownLevels(
  { orders, accounts }: FastState,
  book: MarketBook,
  { account, traits, without }: Wanting,
): Map<number, OwnLots> {
  const own = new Map<number, OwnLots>();
  let slot = account === none ? none : (accounts.oldest[account] as number);
  for (; slot !== none; slot = orders.younger[slot] as number) {
    if (orders.places[slot] !== place.book || orders.market[slot] !== book.handle) continue;
    if (isSell(orders.traits[slot] as number) === isSell(traits)) continue;
    const level = orders.level[slot] as number;
    const lots = own.get(level) ?? { shownLots: 0, leftLots: 0, orders: 0 };
    own.set(level, lots);
    lots.shownLots += orders.shownLots[slot] as number;
    lots.leftLots += orders.leftLots(slot);
    if (slot !== without) lots.orders += 1;
  }
  return own;
}

/** Whether an own order comes before the shown parts of others suffice. */
function meetsOwn(
  { levels, orders }: FastState,
  level: number,
  { account, without }: Wanting,
  { needed, ownLots }: { needed: number; ownLots: OwnLots },
): boolean {
  if (ownLots.orders === 0) return false;
  if ((levels.shownLots[level] as number) - ownLots.shownLots < needed) return true;
  let shownLots = 0;
  for (let slot = levels.head[level] as number; shownLots < needed; ) {
    if (slot !== without) {
      if (orders.account[slot] === account) return true;
      shownLots += orders.shownLots[slot] as number;
    }
    slot = orders.behind[slot] as number;
  }
  return false;
}
