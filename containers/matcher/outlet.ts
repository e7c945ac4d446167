/** Tells the world what durable frames did: depth and trades to everybody, orders, fills and credit to their owners. */
import {
  accountsScope,
  type FeedPublisher,
  type Happening,
  type Told,
} from '#cloud/feed-publisher.ts';
import { formatDecimal } from '#domain/amount.ts';
import type { EngineEvent } from '#domain/event.ts';
import { formatPrice, formatSize, type MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type {
  DepthDelta,
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
type Done = Extract<EngineEvent, { type: 'order_done' }>;

/** Events as they are, and copies only of what the next frame may change: most of it is never told to anybody. */
type Captured = {
  lastSequence: number;
  trades: Trade[];
  markets: MarketMessage[];
  /** What an order was when it ended, it stays. */
  done: Done[];
  live: OrderView[];
  credits: CapturedCredits;
  /** The terms by which it is told. */
  terms: Map<MarketId, ListedMarket>;
};

/**
 * Lines of credit, each of them an account, an asset and two amounts. A frame touches as many as it has orders, all are kept for a
 * second, and hardly any is told: as objects they were half of what every collection copied.
 */
type CapturedCredits = {
  accounts: Address[];
  assets: string[];
  freeUnits: Float64Array;
  heldUnits: Float64Array;
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
    send: (deltas) => publisher.publish([depthHappening(deltas, groupId)]),
  });
  return {
    capture(frame) {
      const books = captureBooks(frame, engine);
      const captured = captureFrame(frame, engine);
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

function captureFrame({ header, outcomes }: ClosedFrame, engine: Engine): Captured {
  const trades: Trade[] = [];
  const markets: MarketMessage[] = [];
  const done: Done[] = [];
  const liveDigests = new Set<Digest>();
  const accounts = new Set<Address>();
  const terms = new Map<MarketId, ListedMarket>();
  const note = (marketId: MarketId) => {
    const listed = terms.has(marketId) ? undefined : engine.market(marketId);
    if (listed) terms.set(marketId, listed);
  };
  for (const [command, events] of outcomes) {
    if (command.type === 'place' && events[0]?.type === 'accepted') {
      note(command.marketId);
      liveDigests.add(command.commandId);
      accounts.add(command.account);
    }
    for (const event of events) {
      if (event.type === 'trade') {
        trades.push(event);
        liveDigests.add(event.makerDigest).add(event.takerDigest);
        accounts.add(event.makerAccount).add(event.takerAccount);
      } else if (event.type === 'order_done') {
        note(event.marketId);
        done.push(event);
        liveDigests.delete(event.digest);
        accounts.add(event.account);
      } else if (event.type === 'order_amended') {
        note(event.marketId);
        liveDigests.add(event.digest);
        accounts.add(event.account);
      } else if (event.type === 'order_triggered') {
        note(event.marketId);
        liveDigests.add(event.digest);
      } else if (event.type === 'market_state_changed' || event.type === 'market_listed') {
        markets.push(...marketMessage(event, command.nowMs, engine));
      } else if (event.type === 'credit_granted' || event.type === 'credit_returned') {
        accounts.add(event.account);
      }
    }
  }
  return {
    lastSequence: header.lastSequence,
    ...{ trades, markets, done, terms },
    live: [...liveDigests].flatMap((digest) => engine.order(digest) ?? []),
    credits: captureCredits(accounts, engine),
  };
}

function captureCredits(accounts: Set<Address>, engine: Engine): CapturedCredits {
  const lines: EngineCredit[] = [];
  for (const account of accounts) lines.push(...engine.creditOf(account));
  return {
    accounts: lines.map(({ account }) => account),
    assets: lines.map(({ asset }) => asset),
    freeUnits: Float64Array.from(lines, ({ freeUnits }) => freeUnits),
    heldUnits: Float64Array.from(lines, ({ heldUnits }) => heldUnits),
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

/** What everybody may hear, and what owners may. */
function happeningsOf(captured: Captured, context: Context): Happening[] {
  const { trades, markets, done, live, credits } = captured;
  return [
    {
      scope: context.groupId,
      size: trades.length + markets.length,
      told: (isHeard) => publicly(captured, context, isHeard),
    },
    {
      scope: accountsScope,
      size: 2 * trades.length + done.length + live.length + credits.accounts.length,
      told: (isHeard) => privately(captured, context, isHeard),
    },
  ];
}

type IsHeard = (channel: string) => boolean;

function publicly(
  { trades, markets, terms }: Captured,
  { groupId }: Context,
  isHeard: IsHeard,
): Told[] {
  const told: Told[] = [];
  for (const trade of trades) {
    const channel = `trades:${trade.marketId}`;
    const listed = terms.get(trade.marketId);
    if (listed && isHeard(channel))
      told.push({ channel, message: tradeMessage(trade, listed, groupId) });
  }
  for (const message of markets) {
    const channel = `market:${message.market}`;
    if (isHeard(channel)) told.push({ channel, message });
  }
  return told;
}

function privately(
  { trades, done, live, credits, terms, lastSequence: sequence }: Captured,
  { groupId: group, engine }: Context,
  isHeard: IsHeard,
): Told[] {
  const told: Told[] = [];
  const tell = (account: Address, message: () => FeedMessage | undefined) => {
    const channel = `account:${account}`;
    const made = isHeard(channel) ? message() : undefined;
    if (made) told.push({ channel, message: made });
  };
  const fill = ({ marketId }: Trade, view: FillView): FeedMessage | undefined => {
    const listed = terms.get(marketId);
    return listed && { type: 'fill', fill: fillToJson(view, listed) };
  };
  const order = (view: OrderView): FeedMessage | undefined => {
    const listed = terms.get(view.marketId);
    return listed && { type: 'order', order: orderToJson(view, listed), sequence };
  };
  for (const trade of trades) {
    tell(trade.makerAccount, () => fill(trade, makerFill(trade)));
    tell(trade.takerAccount, () => fill(trade, takerFill(trade)));
  }
  for (const each of done) tell(each.account, () => order({ ...each, status: each.reason }));
  for (const each of live) tell(each.account, () => order(each));
  for (const [at, account] of credits.accounts.entries()) {
    tell(account, () => {
      const asset = credits.assets[at] as string;
      const freeUnits = credits.freeUnits[at] as number;
      const heldUnits = credits.heldUnits[at] as number;
      const decimals = decimalsOf(asset, engine);
      if (decimals === undefined) return undefined;
      return creditMessage({ asset, freeUnits, heldUnits }, { decimals, sequence, group });
    });
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
