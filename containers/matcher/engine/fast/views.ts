/** What the engine shows of itself. */
import type { PlaceOrder } from '#domain/command.ts';
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { Engine, EngineCredit, EngineOrder, LevelChange } from '../engine.ts';
import { nobody } from './core-instance.ts';
import {
  accountPastRow,
  accountRow,
  delegationRow,
  engineState,
  ladderRow,
  levelChangeRow,
  levelRow,
  marketRow,
  stateAt,
} from './core-layout.ts';
import { creditOf, eachUsedLine, isUsedLine, linesOf } from './credit-views.ts';
import type { FastState } from './fast-state.ts';
import { type ListedMarket, marketOf, stateOf, type Terms } from './market-terms.ts';
import { statusAt } from './order-place.ts';
import { delegationOf, placeOf } from './order-row.ts';
import { progressOf } from './render-events.ts';
import { resultOf } from './results.ts';
import { shortfallOf } from './shortfall.ts';

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
>;
type Auction = { priceTicks: number; sizeLots: number; imbalanceLots: number };

export function viewsOf(state: FastState): Views {
  return { ...marketViews(state), ...accountViews(state) };
}

function marketViews(state: FastState) {
  const { core } = state;
  const auctionOf = createAuctionView(state);
  const listedAs = createMarketView(state);
  return {
    nextDueMs() {
      const dueMs = core.calls.dueMs();
      return Number.isFinite(dueMs) ? dueMs : undefined;
    },
    market(marketId: MarketId) {
      const listed = state.market(marketId);
      return listed && listedAs(listed);
    },
    marketIds: () => state.markets.map(({ id }) => id),
    marketStatus(marketId: MarketId) {
      const listed = state.market(marketId);
      if (!listed) return undefined;
      const { row } = listed;
      const auction = stateOf(core, listed) === 'auction' ? auctionOf(listed) : undefined;
      return {
        untilMs: core.double(row, marketRow.untilMs),
        lastTicks: core.int(row, marketRow.lastTicks),
        referenceTicks: core.double(row, marketRow.referenceTicks),
        ...(auction ? { auction } : {}),
      };
    },
    depth(marketId: MarketId, levels: number) {
      const row = state.market(marketId)?.row;
      if (row === undefined) return { bids: [], asks: [] };
      const bids = depthOf(state, core.int(row, marketRow.bids), levels);
      return { bids, asks: depthOf(state, core.int(row, marketRow.asks), levels) };
    },
    takeLevelChanges: () => takeLevelChanges(state),
  };
}

/** A market with its assets: made anew only when terms or state have changed, for every order asks. */
function createMarketView(state: FastState): (listed: ListedMarket) => Terms {
  const seen = new Map<ListedMarket, { terms: Terms; view: Terms }>();
  return (listed) => {
    const { terms } = listed;
    const known = seen.get(listed);
    const isSame =
      known?.terms === terms && known.view.market.state === stateOf(state.core, listed);
    if (known && isSame) return known.view;
    const view = { ...terms, market: marketOf(state.core, listed) };
    seen.set(listed, { terms, view });
    return view;
  };
}

/** What an auction would come to, computed once for all who ask between two commands: that takes as long as the crossed book is deep. */
function createAuctionView(state: FastState): (listed: ListedMarket) => Auction | undefined {
  const { core } = state;
  const seen = new Map<ListedMarket, { sequence: number; auction: Auction | undefined }>();
  return (listed) => {
    const { sequence } = state;
    const known = seen.get(listed);
    // Every command yields an event.
    if (known?.sequence === sequence) return known.auction;
    const auction = core.calls.uncrossing(listed.row)
      ? {
          priceTicks: core.int(stateAt, engineState.uncrossTicks),
          sizeLots: core.double(stateAt, engineState.uncrossLots),
          imbalanceLots: core.double(stateAt, engineState.uncrossImbalanceLots),
        }
      : undefined;
    seen.set(listed, { sequence, auction });
    return auction;
  };
}

function depthOf({ core }: FastState, ladder: number, most: number): [number, number][] {
  const depth: [number, number][] = [];
  let level = core.int(ladder, ladderRow.best);
  while (level !== nobody && depth.length < most) {
    depth.push([core.int(level, levelRow.ticks), core.double(level, levelRow.shownLots)]);
    level = core.calls.nextLevel(level);
  }
  return depth;
}

const changeBytes = 16;

function takeLevelChanges({ core, markets }: FastState): LevelChange[] {
  const count = core.calls.takeChanges();
  const changes = core.int(stateAt, engineState.changes);
  return Array.from({ length: count }, (_, at) => {
    const row = changes + at * changeBytes;
    const side = core.int(core.int(row, levelChangeRow.ladder), ladderRow.side);
    return {
      marketId: (markets[side >> 1] as ListedMarket).id,
      side: (side & 1) === 1 ? 'sell' : 'buy',
      priceTicks: core.int(row, levelChangeRow.ticks),
      sizeLots: core.double(row, levelChangeRow.shownLots),
    };
  });
}

function accountViews(state: FastState) {
  const { core } = state;
  return {
    shortfall: (command: PlaceOrder) => shortfallOf(state, command),
    firstResult(commandId: string) {
      return resultOf(core, state.id(commandId));
    },
    order(digest: Digest) {
      const order = state.orderOf(state.id(digest));
      return order === nobody ? undefined : viewOf(state, order);
    },
    ordersOf(account: Address) {
      const views: EngineOrder[] = [];
      const row = state.account(account);
      let order = row === nobody ? nobody : core.calls.oldestOwn(row);
      for (; order !== nobody; order = core.calls.nextOwn(order)) {
        views.push(viewOf(state, order));
      }
      return views;
    },
    creditOf: (account: Address) => creditsOf(state, state.account(account)),
    credits: () =>
      linesOf(state)
        .filter((line) => isUsedLine(state, line))
        .map((line) => creditOf(state, line))
        .filter((line) => line.freeUnits + line.heldUnits > 0),
    switchOf(account: Address) {
      const row = state.account(account);
      return row === nobody
        ? 0
        : core.double(core.int(row, accountRow.past), accountPastRow.switchDueMs);
    },
    feeTierOf(account: Address) {
      const row = state.account(account);
      return row === nobody ? 0 : core.int(row, accountRow.feeTier);
    },
    feesOf(account: Address, marketId: MarketId) {
      const row = state.account(account);
      const market = state.market(marketId)?.row ?? nobody;
      const { calls } = core;
      // A market that is not there has rates of 0: where nobody is, nothing was ever written.
      return {
        makerFeeBps: calls.makerRate(row, market),
        takerFeeBps: calls.takerRate(row, market),
      };
    },
  };
}

function viewOf(state: FastState, order: number): EngineOrder {
  const { core } = state;
  const view: EngineOrder = { ...progressOf(state, order), status: statusAt(placeOf(core, order)) };
  const delegation = delegationOf(core, order);
  if (delegation !== nobody) view.delegation = state.idText(core.int(delegation, delegationRow.id));
  return view;
}

function creditsOf(state: FastState, account: number): EngineCredit[] {
  const lines: EngineCredit[] = [];
  if (account !== nobody) eachUsedLine(state, account, (line) => lines.push(creditOf(state, line)));
  return lines;
}
