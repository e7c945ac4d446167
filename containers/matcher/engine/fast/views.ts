/** What the engine shows of itself. */
import type { PlaceOrder } from '#domain/command.ts';
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { Engine, EngineCredit, EngineOrder, LevelChange } from '../engine.ts';
import { type Uncrossing, uncrossingOf } from './auction.ts';
import type { FastState } from './fast-state.ts';
import type { MarketBook } from './market-book.ts';
import { none, place } from './order-table.ts';
import { isSell } from './order-traits.ts';
import { holdFor, lackingUnits, placeRefusal, replacedBy } from './place-refusal.ts';
import type { PriceLadder } from './price-ladder.ts';
import { refusal } from './refusal-code.ts';
import { endedProgress, progressOf } from './render-events.ts';
import { Request } from './request.ts';
import { resolve } from './resolve.ts';
import { creditOf, isUsedLine, resultOf, usedLines } from './save.ts';

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

export function viewsOf(state: FastState): Views {
  return { ...marketViews(state), ...accountViews(state) };
}

function marketViews(state: FastState) {
  const auctionOf = createAuctionView(state);
  return {
    nextDueMs: () => (Number.isFinite(state.dueMs) ? state.dueMs : undefined),
    market(marketId: MarketId) {
      const book = state.bookOf(marketId);
      return book && { market: book.market, base: book.base, quote: book.quote };
    },
    marketIds: () => state.markets.map(({ id }) => id),
    marketStatus(marketId: MarketId) {
      const book = state.bookOf(marketId);
      if (!book) return undefined;
      const { untilMs, lastTicks, referenceTicks } = book;
      const isAuction = book.market.state === 'auction';
      const auction = isAuction ? auctionOf(book) : undefined;
      return { untilMs, lastTicks, referenceTicks, ...(auction ? { auction } : {}) };
    },
    depth(marketId: MarketId, levels: number) {
      const book = state.bookOf(marketId);
      if (!book) return { bids: [], asks: [] };
      return { bids: depthOf(state, book.bids, levels), asks: depthOf(state, book.asks, levels) };
    },
    takeLevelChanges: () => takeLevelChanges(state),
  };
}

/** What an auction would come to, computed once for all who ask between two commands: that takes as long as the crossed book is deep. */
function createAuctionView(state: FastState): (book: MarketBook) => Uncrossing | undefined {
  const seen = new Map<MarketBook, { sequence: number; auction: Uncrossing | undefined }>();
  return (book) => {
    const { sequence } = state.events;
    const known = seen.get(book);
    // Every command yields an event.
    if (known?.sequence === sequence) return known.auction;
    const auction = uncrossingOf(state, book);
    seen.set(book, { sequence, auction });
    return auction;
  };
}

function depthOf({ levels }: FastState, ladder: PriceLadder, most: number): [number, number][] {
  const depth: [number, number][] = [];
  for (let level = ladder.best; level !== none && depth.length < most; ) {
    const ticks = levels.ticks[level] as number;
    depth.push([ticks, levels.shownLots[level] as number]);
    level = ladder.next(ticks);
  }
  return depth;
}

function takeLevelChanges({ changes, markets, levels }: FastState): LevelChange[] {
  const taken: LevelChange[] = [];
  changes.take((noted, priceTicks) => {
    const book = markets[noted >> 1] as MarketBook;
    const isAsk = (noted & 1) === 1;
    const level = (isAsk ? book.asks : book.bids).find(priceTicks);
    if (level !== none) levels.noted[level] = 0;
    const sizeLots = level === none ? 0 : (levels.shownLots[level] as number);
    taken.push({ marketId: book.id, side: isAsk ? 'sell' : 'buy', priceTicks, sizeLots });
  });
  return taken;
}

function accountViews(state: FastState) {
  const { accounts, orders, switches, ids } = state;
  return {
    shortfall: (command: PlaceOrder) => shortfallOf(state, command),
    firstResult(commandId: string) {
      const row = ids.rowOf(commandId);
      if (row === none || ids.sequence(row) === 0) return undefined;
      return resultOf(state, row);
    },
    order(digest: Digest) {
      const row = ids.rowOf(digest);
      if (row === none) return undefined;
      const live = ids.order(row);
      if (live !== none) return viewOf(state, live);
      const serial = ids.ended(row);
      if (serial === none) return undefined;
      return { ...endedProgress(state, serial), status: state.ended.status(serial) };
    },
    ordersOf(account: Address) {
      const views: EngineOrder[] = [];
      const handle = accounts.find(account);
      let slot = handle === none ? none : (accounts.oldest[handle] as number);
      for (; slot !== none; slot = orders.younger[slot] as number) views.push(viewOf(state, slot));
      return views;
    },
    creditOf: (account: Address) => creditsOf(state, accounts.find(account)),
    credits: () =>
      usedLines(state)
        .map((line) => creditOf(state, line))
        .filter((line) => line.freeUnits + line.heldUnits > 0),
    switchOf(account: Address) {
      const handle = accounts.find(account);
      return handle === none ? 0 : switches.timeOf(handle);
    },
    feeTierOf(account: Address) {
      const handle = accounts.find(account);
      return handle === none ? 0 : (accounts.feeTier[handle] as number);
    },
    feesOf(account: Address, marketId: MarketId) {
      const market = state.bookOf(marketId)?.market ?? { makerFeeBps: 0, takerFeeBps: 0 };
      const { makerFeeBps, takerFeeBps } = state.ratesOf(accounts.find(account), { market });
      return { makerFeeBps, takerFeeBps };
    },
  };
}

/** Until its `order_triggered` is out, an order is what it was. */
function viewOf(state: FastState, slot: number): EngineOrder {
  const at = state.orders.places[slot];
  const waits = at === place.untriggered || at === place.triggered;
  return { ...progressOf(state, slot), status: waits ? 'untriggered' : 'open' };
}

/** Found by asset: there are few, where there are lines of very many accounts. */
function creditsOf(state: FastState, account: number): EngineCredit[] {
  const lines: EngineCredit[] = [];
  for (let asset = 0; account !== none && asset < state.assets.length; asset += 1) {
    const line = state.credit.find(account, asset);
    if (line !== none && isUsedLine(state, line)) lines.push(creditOf(state, line));
  }
  return lines;
}

function shortfallOf(state: FastState, command: PlaceOrder): { asset: string; units: number } {
  const request = resolve(command, state, new Request());
  const book = state.bookOf(command.marketId);
  if (!book) return { asset: '', units: 0 };
  const asset = (isSell(request.traits) ? book.base : book.quote).id;
  const code = placeRefusal(state, request, state.ids.rowOf(command.commandId));
  if (code !== refusal.balance_too_low) return { asset, units: 0 };
  const holdUnits = holdFor(request, book, state.ratesOf(request.account, book));
  const without = replacedBy(state, request);
  return { asset, units: lackingUnits(state, request, book, without, holdUnits) };
}
