/** Whether a fill-or-kill order can be filled whole, decided before any fill. */
import { firstOwn, nextOwn } from './account-orders.ts';
import { noAccount, noOrder, state } from './engine-state.ts';
import { allLots, leftLots, shownLots } from './level-queue.ts';
import { placeBook } from './order-place.ts';
import { isSell, selfTradeMode } from './order-traits.ts';
import { nextLevel, noLevel } from './price-ladder.ts';
import { Account, Level, Market, Order } from './rows.ts';

/** What a fill-or-kill order asks for. */
@unmanaged
export class Wanting {
  account: Account;
  traits: i32;
  limitTicks: i32;
  /** The order that it replaces; nobody where it replaces none. */
  without: Order;
  sizeLots: f64;
  /** 0 where it is bound by a size. */
  spendUnits: f64;
}

export const fillable: i32 = 0;
export const meetsItsOwn: i32 = 1;
export const unfillable: i32 = 2;

/**
 * Counts level by level, best first, as far as limit and `state`'s bounds reach, the owner's own orders left out.
 * By money it is filled where the same order as ioc would end `filled`.
 *
 * Levels are counted by their totals: whoever asks again and again for too much must not make us read what others put there.
 */
export function fillOrKillFault(market: Market, wanting: Wanting): i32 {
  const sells = isSell(wanting.traits);
  const limitTicks = wanting.limitTicks;
  countOwn(market, wanting);
  const minds = selfTradeMode(wanting.traits) !== 1;
  let takenLots: f64 = 0;
  let restUnits = wanting.spendUnits;
  let level = sells ? market.bids.best : market.asks.best;
  for (; level !== noLevel; level = nextLevel(level)) {
    const ticks = level.ticks;
    const isWithinLimit = sells ? ticks >= limitTicks : ticks <= limitTicks;
    const needed = isWithinLimit ? neededLots(market, wanting, ticks, takenLots, restUnits) : 0;
    // Without the order that it replaces that level would be none, so it is none that could be out of bounds.
    if (isOnlyOrder(level, wanting.without)) continue;
    if (needed === 0) break;
    if (!isWithinBounds(ticks)) return unfillable;
    const isOwn = level.question === state.question;
    if (minds && isOwn && meetsOwn(level, wanting, needed)) return meetsItsOwn;
    const lots = min(needed, allLots(level) - (isOwn ? level.ownLeftLots : 0));
    takenLots += lots;
    restUnits -= lots * <f64>ticks * market.quoteUnitsPerTickLot;
  }
  const stillNeeded = neededLots(market, wanting, limitTicks, takenLots, restUnits);
  return takenLots > 0 && stillNeeded === 0 ? fillable : unfillable;
}

function neededLots(
  market: Market,
  wanting: Wanting,
  ticks: i32,
  takenLots: f64,
  restUnits: f64,
): f64 {
  if (wanting.spendUnits === 0) return wanting.sizeLots - takenLots;
  return floor(restUnits / (<f64>ticks * market.quoteUnitsPerTickLot));
}

function isWithinBounds(ticks: i32): bool {
  const isInBand = ticks >= state.bandLowTicks && ticks <= state.bandHighTicks;
  return isInBand && ticks >= state.haltLowTicks && ticks <= state.haltHighTicks;
}

export function isOnlyOrder(level: Level, order: Order): bool {
  return order !== noOrder && level.head === order && level.tail === order;
}

/** Writes into the levels what the owner has in them that this order could meet. */
function countOwn(market: Market, wanting: Wanting): void {
  const account = wanting.account;
  state.question += 1;
  let order = account === noAccount ? noOrder : firstOwn(account);
  for (; order !== noOrder; order = nextOwn(order)) {
    if (order.place !== placeBook || order.market !== market) continue;
    if (isSell(order.traits) === isSell(wanting.traits)) continue;
    const level = order.level;
    if (level.question !== state.question) {
      level.question = state.question;
      level.ownOrders = 0;
      level.ownShownLots = 0;
      level.ownLeftLots = 0;
    }
    level.ownShownLots += shownLots(order);
    level.ownLeftLots += leftLots(order);
    if (order !== wanting.without) level.ownOrders += 1;
  }
}

/** Whether an own order comes before the shown parts of others suffice. */
function meetsOwn(level: Level, wanting: Wanting, needed: f64): bool {
  if (level.ownOrders === 0) return false;
  if (level.shownLots - level.ownShownLots < needed) return true;
  let lots: f64 = 0;
  for (let order = level.head; lots < needed; order = order.behind) {
    if (order === wanting.without) continue;
    if (order.account === wanting.account) return true;
    lots += shownLots(order);
  }
  return false;
}
