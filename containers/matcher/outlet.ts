/** Tells the world what durable frames did: depth and trades to everybody, orders, fills and credit to their owners. */
import {
  accountsScope,
  type FeedPublisher,
  type Happening,
  type Told,
} from '#cloud/feed-publisher.ts';
import { formatDecimal } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import { formatPrice, formatSize, type MarketId } from '#domain/market.ts';
import type { Address } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type {
  DepthDelta,
  FeedMessage,
  MarketMessage,
  MarketStatusJson,
  TradeMessage,
} from '#wire/feed-message.ts';
import { openRecord, outcomesOf } from '#wire/journal-frame.ts';
import type { FillView, OrderView } from '#wire/matcher-api.ts';
import { depthChecksum, fillToJson, orderToJson, statusToJson, tradeId } from '#wire/present.ts';
import { makerFill, takerFill } from './answers.ts';
import { type BookChanges, type BookTop, createDepthOutlet } from './depth-outlet.ts';
import type { Engine, EngineCredit, LeadingEngine, LevelChange, Touched } from './engine/engine.ts';
import type { ClosedFrame } from './journal.ts';
import type { Timers } from './timers.ts';

export type Outlet = {
  /** Captures what a frame did at the moment it closes; what it answers tells the world, once the frame is durable. */
  capture(frame: ClosedFrame): () => void;
  stop(): void;
};

type Trade = Extract<EngineEvent, { type: 'trade' }>;
type Done = Extract<EngineEvent, { type: 'order_done' }>;

/**
 * A frame as its bytes, and copies only of what the next one may change: most of it is never told to anybody, and what traded and
 * ended is read where somebody listens.
 */
type Captured = {
  lastSequence: number;
  did: () => FrameEvents;
  counts: ClosedFrame['counts'];
  markets: MarketMessage[];
  touched: Touched;
  /** The terms by which it is told. */
  terms: ReadonlyMap<MarketId, ListedMarket>;
};

type FrameEvents = { trades: Trade[]; done: Done[] };

export function createOutlet(options: {
  groupId: string;
  engine: LeadingEngine;
  timers: Timers;
  publisher: Pick<FeedPublisher, 'publish'>;
}): Outlet {
  const { engine, groupId, publisher } = options;
  let terms = termsOf(engine);
  const depth = createDepthOutlet({
    fromSequence: engine.sequence,
    timers: options.timers,
    market: (marketId) => engine.market(marketId),
    send: (deltas) => publisher.publish([depthHappening(deltas, groupId)]),
  });
  return {
    capture(frame) {
      const books = captureBooks(frame, engine);
      const markets = frame.outcomes.flatMap((outcome) => marketMessages(outcome, engine));
      if (markets.length > 0) terms = termsOf(engine);
      const { header, counts, data } = frame;
      const { lastSequence } = header;
      const touched = engine.takeTouched();
      const captured = { lastSequence, did: readOnce(data), counts, markets, touched, terms };
      return () => {
        depth.take(books);
        const happenings = happeningsOf(captured, { groupId, engine });
        publisher.publish(happenings.filter(({ size }) => size > 0));
      };
    },
    stop: () => depth.stop(),
  };
}

function captureBooks({ header }: ClosedFrame, engine: Engine): BookChanges {
  const levels = engine.takeLevelChanges();
  return { lastSequence: header.lastSequence, levels, tops: bookTops(levels, engine) };
}

function termsOf(engine: Engine): Map<MarketId, ListedMarket> {
  const terms = new Map<MarketId, ListedMarket>();
  for (const marketId of engine.marketIds()) {
    const listed = engine.market(marketId);
    if (listed) terms.set(marketId, listed);
  }
  return terms;
}

/** What traded and what ended, read out of the record when it is asked for first. */
function readOnce(data: Uint8Array): () => FrameEvents {
  let read: FrameEvents | undefined;
  return () => {
    read ??= eventsIn(data);
    return read;
  };
}

function eventsIn(data: Uint8Array): FrameEvents {
  const frame = openRecord(data);
  assert(frame.kind === 'frame', 'what this leader wrote is no frame');
  const trades: Trade[] = [];
  const done: Done[] = [];
  for (const { events } of outcomesOf(frame))
    for (const event of events) {
      if (event.type === 'trade') trades.push(event);
      else if (event.type === 'order_done') done.push(event);
    }
  return { trades, done };
}

function bookTops(levels: readonly LevelChange[], engine: Engine): Map<MarketId, BookTop> {
  const tops = new Map<MarketId, BookTop>();
  for (const { marketId } of levels) {
    if (tops.has(marketId)) continue;
    const { bids, asks } = engine.depth(marketId, 10);
    const auction = statusOf(marketId, engine)?.auction;
    tops.set(marketId, { checksum: depthChecksum(bids, asks), ...(auction ? { auction } : {}) });
  }
  return tops;
}

/** Where a market stands at this moment. */
function statusOf(marketId: MarketId, engine: Engine): MarketStatusJson | undefined {
  const listed = engine.market(marketId);
  const status = engine.marketStatus(marketId);
  if (!listed || !status) return undefined;
  const { sequence } = engine;
  return statusToJson({ ...status, state: listed.market.state, sequence }, listed);
}

function marketMessages(
  [command, events]: ClosedFrame['outcomes'][number],
  engine: Engine,
): MarketMessage[] {
  return events.flatMap((event) => {
    if (event.type === 'market_state_changed') return stateMessage(event, engine);
    const isListing = event.type === 'market_listed' && command.type === 'list_market';
    return isListing ? listingMessage(event, command.nowMs, engine) : [];
  });
}

function listingMessage(
  { market, sequence }: Extract<EngineEvent, { type: 'market_listed' }>,
  atMs: number,
  engine: Engine,
): MarketMessage[] {
  const status = statusOf(market.id, engine);
  return status ? [{ type: 'market', ...status, sequence, reason: 'listed', atMs }] : [];
}

/** The change as its event has it, prices as of the frame's end. */
function stateMessage(
  event: Extract<EngineEvent, { type: 'market_state_changed' }>,
  engine: Engine,
): MarketMessage[] {
  const { marketId, sequence, state, reason, atMs, untilMs } = event;
  const listed = engine.market(marketId);
  const status = engine.marketStatus(marketId);
  if (!listed || !status) return [];
  // A later change of the same frame has ended the auction that this one began, or the other way round.
  const { auction, ...prices } = status;
  const isStill = listed.market.state === state;
  const then = { ...prices, ...(auction && isStill ? { auction } : {}), untilMs, state, sequence };
  return [{ type: 'market', ...statusToJson(then, listed), reason, atMs }];
}

type Context = { groupId: string; engine: Engine };

/** What everybody may hear, and what owners may. */
function happeningsOf(captured: Captured, context: Context): Happening[] {
  const { counts, markets, touched } = captured;
  return [
    {
      scope: context.groupId,
      size: counts.trades + markets.length,
      told: (isHeard) => publicly(captured, context, isHeard),
    },
    {
      scope: accountsScope,
      size: 2 * counts.trades + counts.ended + touched.size,
      told: (isHeard) => privately(captured, context, isHeard),
    },
  ];
}

type IsHeard = (channel: string) => boolean;

function publicly(
  { counts, did, markets, terms }: Captured,
  { groupId }: Context,
  isHeard: IsHeard,
): Told[] {
  const told: Told[] = [];
  const tapes = new Set([...terms.keys()].filter((id) => isHeard(`trades:${id}`)));
  const trades = counts.trades > 0 && tapes.size > 0 ? did().trades : [];
  for (const trade of trades) {
    const listed = tapes.has(trade.marketId) ? terms.get(trade.marketId) : undefined;
    const channel = `trades:${trade.marketId}`;
    if (listed) told.push({ channel, message: tradeMessage(trade, listed, groupId) });
  }
  for (const message of markets) {
    const channel = `market:${message.market}`;
    if (isHeard(channel)) told.push({ channel, message });
  }
  return told;
}

function privately(
  { did, touched, terms, lastSequence: sequence }: Captured,
  { groupId: group, engine }: Context,
  isHeard: IsHeard,
): Told[] {
  const listening = new Set(touched.accounts().filter((account) => isHeard(`account:${account}`)));
  if (listening.size === 0) return [];
  const isWanted = (account: Address) => listening.has(account);
  const told: Told[] = [];
  const tell = (account: Address, message: FeedMessage | undefined) => {
    if (message) told.push({ channel: `account:${account}`, message });
  };
  const tellFill = (account: Address, { marketId }: Trade, view: () => FillView) => {
    const listed = isWanted(account) ? terms.get(marketId) : undefined;
    if (listed) tell(account, { type: 'fill', fill: fillToJson(view(), listed) });
  };
  const tellOrder = (view: OrderView) => {
    const listed = isWanted(view.account) ? terms.get(view.marketId) : undefined;
    if (listed) tell(view.account, { type: 'order', order: orderToJson(view, listed), sequence });
  };
  const { trades, done } = did();
  for (const trade of trades) {
    tellFill(trade.makerAccount, trade, () => makerFill(trade));
    tellFill(trade.takerAccount, trade, () => takerFill(trade));
  }
  for (const each of done) tellOrder({ ...each, status: each.reason });
  for (const each of touched.orders(isWanted)) tellOrder(each);
  for (const { account, ...line } of touched.credits(isWanted)) {
    const decimals = decimalsOf(line.asset, engine);
    if (decimals !== undefined) tell(account, creditMessage(line, { decimals, sequence, group }));
  }
  return told;
}

function depthHappening(deltas: readonly DepthDelta[], groupId: string): Happening {
  const all = deltas.map((message) => ({ channel: `depth:${message.market}`, message }));
  return {
    scope: groupId,
    size: all.length,
    told: (isHeard) => all.filter(({ channel }) => isHeard(channel)),
  };
}

function tradeMessage(
  trade: Trade,
  { market, base, quote }: ListedMarket,
  groupId: string,
): TradeMessage {
  return {
    type: 'trade',
    market: trade.marketId,
    tradeId: tradeId(groupId, trade.sequence),
    price: formatPrice(trade.priceTicks, market, base, quote),
    size: formatSize(trade.sizeLots, market, base),
    takerSide: trade.takerSide,
    atMs: trade.atMs,
  };
}

function creditMessage(
  { asset, freeUnits, heldUnits }: Pick<EngineCredit, 'asset' | 'freeUnits' | 'heldUnits'>,
  of: { decimals: number; sequence: number; group: string },
): FeedMessage {
  const { decimals, sequence, group } = of;
  const free = formatDecimal(freeUnits, decimals);
  const held = formatDecimal(heldUnits, decimals);
  return { type: 'credit', group, asset, free, held, sequence };
}

function decimalsOf(asset: string, engine: Engine): number | undefined {
  for (const marketId of engine.marketIds()) {
    const listed = engine.market(marketId);
    if (listed?.base.id === asset) return listed.base.decimals;
    if (listed?.quote.id === asset) return listed.quote.decimals;
  }
  return undefined;
}
