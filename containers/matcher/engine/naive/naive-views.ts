/** What the naive engine shows of itself. */
import type { Engine, EngineCredit, EngineOrder } from '../engine.ts';
import { uncrossingOf } from './naive-auction.ts';
import { levelsOf } from './naive-book.ts';
import { placeRefusal, shortfallOf } from './naive-place-refusal.ts';
import { usedLines } from './naive-save.ts';
import {
  byAge,
  feesOf,
  liveOrder,
  marketOf,
  type NaiveOrder,
  type NaiveState,
  progressOf,
  tierOf,
} from './naive-state.ts';
import { nextDueMs } from './naive-work.ts';

type Views = Omit<
  Engine,
  | 'apply'
  | 'sequence'
  | 'nowMs'
  | 'isUnfinished'
  | 'save'
  | 'freeze'
  | 'stateHash'
  | 'eventHash'
  | 'validate'
  | 'takeLevelChanges'
>;

export function viewsOf(state: NaiveState): Views {
  return {
    nextDueMs: () => nextDueMs(state),
    shortfall(command) {
      if (!marketOf(state, command.marketId)) return { asset: '', units: 0 };
      const lacking = shortfallOf(state, command);
      const isTheReason = placeRefusal(state, command) === 'balance_too_low';
      return isTheReason ? lacking : { ...lacking, units: 0 };
    },
    firstResult: (commandId) => state.seen.find((seen) => seen.commandId === commandId)?.result,
    ...marketViews(state),
    ...accountViews(state),
  };
}

function marketViews(state: NaiveState) {
  return {
    market(marketId: string) {
      const listed = marketOf(state, marketId);
      return listed && { market: listed.market, base: listed.base, quote: listed.quote };
    },
    marketIds: () => state.markets.map(({ market }) => market.id),
    marketStatus(marketId: string) {
      const listed = marketOf(state, marketId);
      if (!listed) return undefined;
      const { untilMs, lastTicks, referenceTicks } = listed;
      const isAuction = listed.market.state === 'auction';
      const auction = isAuction ? uncrossingOf(state, listed) : undefined;
      return { untilMs, lastTicks, referenceTicks, ...(auction ? { auction } : {}) };
    },
    depth: (marketId: string, levels: number) => ({
      bids: levelsOf(state, marketId, 'buy').slice(0, levels),
      asks: levelsOf(state, marketId, 'sell').slice(0, levels),
    }),
  };
}

function accountViews(state: NaiveState) {
  return {
    order(digest: string): EngineOrder | undefined {
      const live = liveOrder(state, digest);
      if (live) return viewOf(live);
      // The newest: an id may have ended before and come again long after.
      const ended = state.ended.findLast(({ order }) => order.digest === digest);
      return ended && { ...ended.order, status: ended.status };
    },
    ordersOf: (account: string) =>
      state.live
        .filter((order) => order.account === account)
        .sort(byAge)
        .map(viewOf),
    creditOf: (account: string) => credits(state).filter((line) => line.account === account),
    credits: () => credits(state).filter((line) => line.freeUnits + line.heldUnits > 0),
    switchOf: (account: string) =>
      state.switches.find((each) => each.account === account)?.dueMs ?? 0,
    feeTierOf: (account: string) => tierOf(state, account),
    feesOf(account: string, marketId: string) {
      const listed = marketOf(state, marketId);
      return feesOf(state, account, listed?.market ?? { makerFeeBps: 0, takerFeeBps: 0 });
    },
  };
}

/** Until its `order_triggered` is out, an order is what it was. */
function viewOf(order: NaiveOrder): EngineOrder {
  const waits = order.place === 'untriggered' || order.place === 'triggered';
  const { delegation } = order;
  return {
    ...progressOf(order),
    status: waits ? 'untriggered' : 'open',
    ...(delegation === undefined ? {} : { delegation }),
  };
}

function credits(state: NaiveState): EngineCredit[] {
  return usedLines(state).map(({ kind: _, ...credit }) => credit);
}
