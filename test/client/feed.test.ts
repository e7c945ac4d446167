import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CrossbookError } from '#client/crossbook-error.ts';
import type { DepthBook } from '#client/depth-book.ts';
import { createFeed, type Feed, type FeedOptions } from '#client/feed.ts';
import type { MarketState } from '#domain/market.ts';
import type {
  DepthDelta,
  EntryMessage,
  FeedMessage,
  MarketMessage,
  MarketStatusJson,
  OrderJson,
  TextLevel,
  TradeMessage,
} from '#wire/feed-message.ts';
import { depthChecksum } from '#wire/present.ts';
import { type FeedServer, startFeedServer } from './feed-server.ts';
import { ethUsdc } from './listed-market.ts';

let server: FeedServer;
let feed: Feed;
const account = `0x${'A'.repeat(40)}`;
const privateChannel = `account:${account.toLowerCase()}`;

const feedOf = (more: Partial<FeedOptions> = {}) =>
  createFeed({
    url: server.url,
    token: async () => 'token-of-alice',
    limits: { backOff: { firstMs: 5, mostMs: 20 }, replyMs: 300 },
    missingDeltaMs: 200,
    ...more,
  });

beforeEach(async () => {
  server = await startFeedServer();
  feed = feedOf();
});
afterEach(async () => {
  feed.close();
  await server.stop();
});

const trade = (tradeId: string): TradeMessage => ({
  type: 'trade',
  market: 'ETH-USDC',
  tradeId,
  price: '1850.25',
  size: '1',
  takerSide: 'buy',
  atMs: 1,
});

const heard = (connection: number) =>
  server.heard
    .filter((each) => each.connection === connection)
    .map(({ request }) => ('channels' in request ? request.channels.join() : request.action));

/** A bid side of one level at 1 USDC, with the checksum that belongs to it. */
const level = (lots: number) => ({
  market: 'ETH-USDC',
  bids: [['1', `0.00${lots}`]] as TextLevel[],
  asks: [] as TextLevel[],
  checksum: depthChecksum([[100, lots]], []),
});
const snapshot = (sequence: number, lots: number) => ({
  type: 'depth_snapshot' as const,
  sequence,
  ...level(lots),
});
const delta = (firstSequence: number, lots: number): DepthDelta => ({
  type: 'depth',
  firstSequence,
  lastSequence: firstSequence,
  ...level(lots),
});

const entry = (entryId: string): EntryMessage => ({
  type: 'entry',
  entry: {
    entryId,
    asset: 'USDC',
    atMs: 1,
    business: 'deposit',
    businessId: entryId,
    available: '1',
    frozen: '0',
    trades: [],
  } as unknown as EntryMessage['entry'],
});

describe("entries of one's own account", () => {
  test('are heard once, however often they are told', async () => {
    const ids: string[] = [];
    let subscribed = 0;
    feed.entries(account, ({ entry: { entryId } }) => ids.push(entryId), {
      subscribed: () => subscribed++,
    });
    await server.until(() => subscribed === 1);
    expect(heard(1)).toEqual(['authenticate', privateChannel]);
    server.tell([entry('2'), entry('1')]);
    server.tell([entry('1'), entry('3'), entry('2')]);
    await server.until(() => ids.includes('3'));
    expect(ids).toEqual(['2', '1', '3']);
  });

  test('are no news to who listens to orders, nor is what the client does not know yet', async () => {
    const types: string[] = [];
    let subscribed = 0;
    feed.account(account, ({ type }) => types.push(type), { subscribed: () => subscribed++ });
    await server.until(() => subscribed === 1);
    const unknown = { type: 'news_of_tomorrow' } as unknown as FeedMessage;
    server.tell([entry('1'), unknown, credit]);
    await server.until(() => types.length > 0);
    expect(types).toEqual(['credit']);
  });
});

const credit: FeedMessage = {
  ...{ type: 'credit', group: 'majors', asset: 'USDC' },
  ...{ free: '1', held: '0', sequence: 1 },
};

describe('a connection that is lost', () => {
  test('comes back and hears of everything again', async () => {
    const ids: string[] = [];
    let subscribed = 0;
    feed.trades('ETH-USDC', ({ tradeId }) => ids.push(tradeId), { subscribed: () => subscribed++ });
    await server.until(() => subscribed === 1);
    server.tell([trade('1')]);
    await server.until(() => ids.length === 1);
    server.cut();
    await server.until(() => subscribed === 2);
    server.tell([trade('2'), trade('3')]);
    await server.until(() => ids.length === 3);

    expect(ids).toEqual(['1', '2', '3']);
    expect(heard(2)).toEqual(['trades:ETH-USDC']);
  });

  test('signs in again before it asks for private channels, once', async () => {
    const got: string[] = [];
    feed.account(account, (message) => got.push(message.type));
    await server.until(() => heard(1).length === 2);
    server.cut();
    await server.until(() => heard(2).length === 2);

    expect(heard(2)).toEqual(['authenticate', privateChannel]);
    server.tell([
      { type: 'credit', group: 'majors', asset: 'ETH', free: '1', held: '0', sequence: 1 },
    ]);
    await server.until(() => got.length === 1);
    expect(got).toEqual(['credit']);
  });

  test('is noticed where the exchange just stops answering', async () => {
    server.silent = true;
    feed.trades('ETH-USDC', () => undefined);
    await server.until(() => server.connections === 1);
    await server.until(() => server.connections === 2);
    server.silent = false;
    await server.until(() => heard(server.connections).length === 1);
    expect(heard(server.connections)).toEqual(['trades:ETH-USDC']);
  });

  test('is left before the exchange would end it, and pinged while it is quiet', async () => {
    feed.close();
    const limits = { backOff: { firstMs: 5, mostMs: 20 }, pingMs: 10, renewMs: 60 };
    feed = feedOf({ limits: { ...limits, renewJitterMs: 10 } });
    feed.trades('ETH-USDC', () => undefined);
    await server.until(() => server.connections >= 3);

    expect(heard(1).filter((each) => each === 'ping').length).toBeGreaterThan(0);
    expect(heard(2)[0]).toBe('trades:ETH-USDC');
  });

  test('does not come back once the feed is closed', async () => {
    feed.trades('ETH-USDC', () => undefined);
    await server.until(() => heard(1).length === 1);
    feed.close();
    server.cut();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(server.connections).toBe(1);
  });
});

describe('a channel', () => {
  test('that is refused for good is given up, and its listener told why', async () => {
    server.refusals = [{ action: 'subscribe', code: 'unknown_channel' }];
    const error = await new Promise<CrossbookError>((refused) => {
      feed.trades('NO-NO', () => undefined, { refused });
    });
    expect(error.code).toBe('unknown_channel');
    expect(heard(1)).toEqual(['trades:NO-NO']);
  });

  test('whose matcher is being replaced is asked for until it is there', async () => {
    server.refusals = ['unavailable', 'busy'].map((code) => ({ action: 'subscribe', code }));
    await new Promise<void>((subscribed) => {
      feed.trades('ETH-USDC', () => undefined, { subscribed });
    });
    expect(heard(1)).toHaveLength(3);
  });

  test('that nobody listens to any more is left', async () => {
    const stop = feed.trades('ETH-USDC', () => undefined);
    await server.until(() => heard(1).length === 1);
    stop();
    await server.until(() => heard(1).length === 2);
    expect(server.heard.at(-1)?.request).toMatchObject({ action: 'unsubscribe' });
  });

  test('that is private needs a signer', async () => {
    feed.close();
    feed = createFeed({ url: server.url, limits: { backOff: { firstMs: 5, mostMs: 20 } } });
    const error = await new Promise<CrossbookError>((refused) => {
      feed.account(account, () => undefined, { refused });
    });
    expect(error.code).toBe('session_required');
  });
});

describe('a session', () => {
  test('that has ended is renewed, and its channel heard again', async () => {
    const got: string[] = [];
    let subscribed = 0;
    const more = { subscribed: () => subscribed++ };
    feed.account(account, (message) => got.push(message.type), more);
    await server.until(() => subscribed === 1);
    server.tell([{ type: 'session_expired', channel: privateChannel }]);
    await server.until(() => subscribed === 2);

    expect(heard(1)).toEqual(['authenticate', privateChannel, 'authenticate', privateChannel]);
    expect(got).toEqual([]);
  });

  test('is renewed before it ends, with no gap in the channel', async () => {
    feed.close();
    const tokens = ['first', 'second'];
    server.sessionEndsAtMs = 25_010;
    feed = feedOf({ nowMs: async () => 0, token: async () => tokens.shift() ?? 'none' });
    feed.account(account, () => undefined);
    const heardOf = () => server.heard.filter(({ request }) => request.action === 'authenticate');
    await server.until(() => heardOf().length === 1);
    server.sessionEndsAtMs = 1;
    await server.until(() => heardOf().length === 2);

    expect(heardOf().map(({ request }) => 'token' in request && request.token)).toEqual([
      'first',
      'second',
    ]);
    expect(heard(1).filter((each) => each === privateChannel)).toHaveLength(1);
  });
});

describe('a market', () => {
  const channel = 'market:ETH-USDC';
  const status = (sequence: number, state: MarketState): MarketStatusJson => ({
    market: 'ETH-USDC',
    state,
    sequence,
  });
  const change = (sequence: number, state: MarketState): MarketMessage => ({
    ...{ type: 'market', reason: 'volatility', atMs: 1 },
    ...status(sequence, state),
  });

  test('is told at first, then each change once and in order, and anew after a loss', async () => {
    const states: string[] = [];
    server.statuses.set(channel, status(5, 'open'));
    feed.market('ETH-USDC', ({ state, reason = 'asked' }) => states.push(`${state} ${reason}`));
    await server.until(() => states.length === 1);
    server.tell([change(6, 'halted')]);
    server.tell([change(6, 'halted'), change(4, 'pre_open'), change(7, 'auction')]);
    await server.until(() => states.length === 3);
    server.statuses.set(channel, status(9, 'open'));
    server.cut();
    await server.until(() => states.length === 4);

    expect(states).toEqual(['open asked', 'halted volatility', 'auction volatility', 'open asked']);
    expect(heard(2)).toEqual([channel]);
  });
});

describe('an account', () => {
  test('hears that its orders were amended and triggered', async () => {
    const seen: string[] = [];
    const order = { digest: '0x1', status: 'open', size: '0.5' } as OrderJson;
    feed.account(account, (message) => {
      if (message.type === 'order') seen.push(`${message.order.status} ${message.order.size}`);
    });
    await server.until(() => heard(1).length === 2);
    server.tell([
      { type: 'order', order: { ...order, status: 'untriggered' }, sequence: 1 },
      { type: 'order', order, sequence: 2 },
      { type: 'order', order: { ...order, size: '0.2' }, sequence: 3 },
    ]);
    await server.until(() => seen.length === 3);
    expect(seen).toEqual(['untriggered 0.5', 'open 0.5', 'open 0.2']);
  });
});

describe('a book', () => {
  const listening = async () => {
    const seen: string[] = [];
    server.snapshots.set('depth:ETH-USDC', snapshot(10, 1));
    feed.depth(ethUsdc, (book: DepthBook) => seen.push(`${book.sequence}: ${book.bids()[0]?.[1]}`));
    await server.until(() => seen.length === 1);
    return seen;
  };

  test('follows its deltas from the snapshot on', async () => {
    const seen = await listening();
    server.tell([delta(11, 2), delta(12, 3)]);
    await server.until(() => seen.length === 3);
    expect(seen).toEqual(['10: 0.001', '11: 0.002', '12: 0.003']);
  });

  test('that misses a delta asks for a new snapshot', async () => {
    const seen = await listening();
    server.snapshots.set('depth:ETH-USDC', snapshot(13, 5));
    server.tell([delta(12, 3)]);
    await server.until(() => seen.length === 2);
    expect(seen).toEqual(['10: 0.001', '13: 0.005']);
    expect(heard(1)).toEqual(['depth:ETH-USDC', 'depth:ETH-USDC']);
  });

  test('whose checksum differs asks for a new snapshot', async () => {
    const seen = await listening();
    server.snapshots.set('depth:ETH-USDC', snapshot(11, 6));
    server.tell([{ ...delta(11, 2), checksum: 1 }]);
    await server.until(() => seen.length === 2);
    expect(seen).toEqual(['10: 0.001', '11: 0.006']);
  });

  test('waits a moment for a delta that was overtaken', async () => {
    const seen = await listening();
    server.tell([delta(12, 3)]);
    server.tell([delta(11, 2)]);
    await server.until(() => seen.length === 2);
    expect(seen).toEqual(['10: 0.001', '12: 0.003']);
    expect(heard(1)).toEqual(['depth:ETH-USDC']);
  });
});
