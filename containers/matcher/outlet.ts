/** Tells the world what durable frames did: depth and trades to everybody, orders, fills and credit to their owners. */
import type { FeedPublisher, Publication } from '#cloud/feed-publisher.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { EngineEvent } from '#domain/event.ts';
import { formatPrice, formatSize, type MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { TradeMessage } from '#wire/feed-message.ts';
import type { FillView, OrderView } from '#wire/matcher-api.ts';
import { depthChecksum, fillToJson, orderToJson, tradeId } from '#wire/present.ts';
import { makerFill, takerFill } from './answers.ts';
import { type BookChanges, createDepthOutlet } from './depth-outlet.ts';
import type { Engine, EngineCredit } from './engine/engine.ts';
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
  const checksums = new Map<MarketId, number>();
  for (const { marketId } of levels) {
    if (checksums.has(marketId)) continue;
    const { bids, asks } = engine.depth(marketId, 10);
    checksums.set(marketId, depthChecksum(bids, asks));
  }
  const trades: Trade[] = [];
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
      } else if (event.type === 'order_done') {
        digests.add(event.digest);
        accounts.add(event.account);
      } else if (event.type === 'credit_granted' || event.type === 'credit_returned') {
        accounts.add(event.account);
      }
    }
  }
  return {
    books: { lastSequence: header.lastSequence, levels, checksums },
    trades,
    orders: [...digests].flatMap((digest) => engine.order(digest) ?? []),
    credits: [...accounts].flatMap((account) => engine.creditOf(account)),
  };
}

type Context = { groupId: string; engine: Engine };

function publicationsOf(captured: Captured, context: Context): Publication[] {
  const sequence = captured.books.lastSequence;
  return [
    ...captured.trades.flatMap((trade) => tradePublications(trade, context)),
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
