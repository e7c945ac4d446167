/** Tells the world what durable frames did: depth and trades to everybody, orders, fills and credit to their owners. */
import type { FeedPublisher, Publication } from '#cloud/feed-publisher.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { EngineEvent } from '#domain/event.ts';
import { formatPrice, formatSize, type MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { MarketMessage, MarketStatusJson, TradeMessage } from '#wire/feed-message.ts';
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
        deltas.map((delta) => ({ channel: `depth:${delta.market}`, message: delta })),
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

function publicationsOf(captured: Captured, context: Context): Publication[] {
  const sequence = captured.books.lastSequence;
  return [
    ...captured.trades.flatMap((trade) => tradePublications(trade, context)),
    ...captured.markets.map((message) => ({ channel: `market:${message.market}`, message })),
    ...captured.orders.flatMap((order): Publication[] => {
      const listed = context.engine.market(order.marketId);
      if (!listed) return [];
      const message = { type: 'order' as const, order: orderToJson(order, listed), sequence };
      return [{ channel: `account:${order.account}`, message }];
    }),
    ...captured.credits.flatMap((credit) => creditPublication(credit, sequence, context)),
  ];
}

function tradePublications(trade: Trade, { engine, groupId }: Context): Publication[] {
  const listed = engine.market(trade.marketId);
  if (!listed) return [];
  const { market, base, quote } = listed;
  const message: TradeMessage = {
    type: 'trade',
    market: trade.marketId,
    tradeId: tradeId(groupId, trade.sequence),
    price: formatPrice(trade.priceTicks, market, base, quote),
    size: formatSize(trade.sizeLots, market, base),
    takerSide: trade.takerSide,
    atMs: trade.atMs,
  };
  const own = (account: Address, fill: FillView): Publication => ({
    channel: `account:${account}`,
    message: { type: 'fill', fill: fillToJson(fill, listed) },
  });
  return [
    { channel: `trades:${trade.marketId}`, message },
    own(trade.makerAccount, makerFill(trade)),
    own(trade.takerAccount, takerFill(trade)),
  ];
}

function creditPublication(
  { account, asset, freeUnits, heldUnits }: EngineCredit,
  sequence: number,
  { groupId, engine }: Context,
): Publication[] {
  const decimals = decimalsOf(asset, engine);
  if (decimals === undefined) return [];
  const free = formatDecimal(freeUnits, decimals);
  const held = formatDecimal(heldUnits, decimals);
  const message = { type: 'credit' as const, group: groupId, asset, free, held, sequence };
  return [{ channel: `account:${account}`, message }];
}

function decimalsOf(asset: string, engine: Engine): number | undefined {
  for (const marketId of engine.marketIds()) {
    const listed = engine.market(marketId);
    if (listed?.base.id === asset) return listed.base.decimals;
    if (listed?.quote.id === asset) return listed.quote.decimals;
  }
  return undefined;
}
