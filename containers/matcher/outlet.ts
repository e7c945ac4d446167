/** Tells the world what durable frames did: depth and trades to everybody, orders, fills and credit to their owners. */
import type { FeedPublisher, Publication } from '#cloud/feed-publisher.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { EngineEvent } from '#domain/event.ts';
import { formatPrice, formatSize, type MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type {
  FeedMessage,
  MarketMessage,
  MarketStatusJson,
  TradeMessage,
} from '#wire/feed-message.ts';
import type { FillView, OrderView } from '#wire/matcher-api.ts';
import { depthChecksum, fillToJson, orderToJson, statusToJson, tradeId } from '#wire/present.ts';
import { makerFill, takerFill } from './answers.ts';
import { type BookChanges, type BookTop, createDepthOutlet } from './depth-outlet.ts';
import type { Engine, EngineCredit, LevelChange } from './engine/engine.ts';
import type { ClosedFrame } from './journal.ts';
import type { Timers } from './timers.ts';

export type Outlet = {
  /** Captures what a frame did at the moment it closes; what it answers tells the world, once the frame is durable. */
  capture(frame: ClosedFrame): () => void;
  stop(): void;
};

type Trade = Extract<EngineEvent, { type: 'trade' }>;

type Captured = {
  books: BookChanges;
  trades: Trade[];
  markets: MarketMessage[];
  orders: OrderView[];
  credits: EngineCredit[];
};

export function createOutlet(options: {
  groupId: string;
  engine: Engine;
  timers: Timers;
  publisher: Pick<FeedPublisher, 'publish'>;
}): Outlet {
  const { engine, groupId, publisher } = options;
  const depth = createDepthOutlet({
    fromSequence: engine.sequence,
    timers: options.timers,
    market: (marketId) => engine.market(marketId),
    send: (deltas) =>
      publisher.publish(
        deltas.map((delta) => ({ channel: `depth:${delta.market}`, message: () => delta })),
      ),
  });
  return {
    capture(frame) {
      const captured = captureFrame(frame, engine);
      return () => {
        depth.take(captured.books);
        publisher.publish(publicationsOf(captured, { groupId, engine }));
      };
    },
    stop: () => depth.stop(),
  };
}

function captureFrame({ header, outcomes }: ClosedFrame, engine: Engine): Captured {
  const levels = engine.takeLevelChanges();
  const trades: Trade[] = [];
  const markets: MarketMessage[] = [];
  const digests = new Set<Digest>();
  const accounts = new Set<Address>();
  for (const [command, events] of outcomes) {
    if (command.type === 'place' && events[0]?.type === 'accepted') {
      digests.add(command.commandId);
      accounts.add(command.account);
    }
    for (const event of events) {
      if (event.type === 'trade') {
        trades.push(event);
        digests.add(event.makerDigest).add(event.takerDigest);
        accounts.add(event.makerAccount).add(event.takerAccount);
      } else if (event.type === 'order_done' || event.type === 'order_amended') {
        digests.add(event.digest);
        accounts.add(event.account);
      } else if (event.type === 'order_triggered') {
        digests.add(event.digest);
      } else if (event.type === 'market_state_changed' || event.type === 'market_listed') {
        markets.push(...marketMessage(event, command.nowMs, engine));
      } else if (event.type === 'credit_granted' || event.type === 'credit_returned') {
        accounts.add(event.account);
      }
    }
  }
  return {
    books: { lastSequence: header.lastSequence, levels, tops: bookTops(levels, engine) },
    trades,
    markets,
    orders: [...digests].flatMap((digest) => engine.order(digest) ?? []),
    credits: [...accounts].flatMap((account) => engine.creditOf(account)),
  };
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

/** The change as its event has it, prices as of the frame's end. */
function marketMessage(
  event: Extract<EngineEvent, { type: 'market_state_changed' | 'market_listed' }>,
  nowMs: number,
  engine: Engine,
): MarketMessage[] {
  const { sequence } = event;
  if (event.type === 'market_listed') {
    const status = statusOf(event.market.id, engine);
    return status ? [{ type: 'market', ...status, sequence, reason: 'listed', atMs: nowMs }] : [];
  }
  const { marketId, state, reason, atMs, untilMs } = event;
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

/** Messages are made later, if anybody listens: by the terms of this moment. */
function publicationsOf(captured: Captured, context: Context): Publication[] {
  const { engine } = context;
  const sequence = captured.books.lastSequence;
  const publications: Publication[] = [];
  for (const trade of captured.trades) {
    const listed = engine.market(trade.marketId);
    if (listed) publishTrade(publications, trade, listed, context.groupId);
  }
  for (const message of captured.markets)
    publications.push({ channel: `market:${message.market}`, message: () => message });
  for (const order of captured.orders) {
    const listed = engine.market(order.marketId);
    if (listed)
      publications.push({
        channel: accountChannel(order.account),
        message: () => ({ type: 'order', order: orderToJson(order, listed), sequence }),
      });
  }
  for (const credit of captured.credits) {
    const decimals = decimalsOf(credit.asset, engine);
    if (decimals !== undefined)
      publications.push({
        channel: accountChannel(credit.account),
        message: () => creditMessage(credit, { decimals, sequence, group: context.groupId }),
      });
  }
  return publications;
}

const accountChannel = (account: Address): string => `account:${account}`;

function publishTrade(
  to: Publication[],
  trade: Trade,
  listed: ListedMarket,
  groupId: string,
): void {
  const { makerAccount, takerAccount, marketId } = trade;
  const fillOf = (view: (trade: Trade) => FillView) => () => ({
    type: 'fill' as const,
    fill: fillToJson(view(trade), listed),
  });
  to.push(
    { channel: `trades:${marketId}`, message: () => tradeMessage(trade, listed, groupId) },
    { channel: accountChannel(makerAccount), message: fillOf(makerFill) },
    { channel: accountChannel(takerAccount), message: fillOf(takerFill) },
  );
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
  { asset, freeUnits, heldUnits }: EngineCredit,
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
