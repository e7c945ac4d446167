import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHistoryStore, type HistoryStore } from '#cloud/history-store.ts';
import { writeHistory } from '#cloud/history-writer.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import {
  account,
  dayMs,
  digest,
  HandWrittenJournal,
  orderDone,
  seeded,
  startMs,
  trade,
} from './clearing-journal.ts';
import { allItems, killedAt, watched } from './ledger-twin.ts';

const groupId = 'g1';
const seed = 7;
/** The newest trade's time; trades of `journal()` lie up to three hours before. */
const nowMs = startMs + 3 * 3_600_000;

let twin: DynamoTwin;
let table: string;
let history: HistoryStore;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());
beforeEach(async () => {
  table = await newTable();
  history = storeAt(nowMs);
});

const storeAt = (atMs: number) =>
  createHistoryStore({
    client: twin.client,
    table,
    clock: { nowMs: () => atMs, monotonicMs: () => atMs },
  });

function tradingJournal(frames = 8, eventsAFrame = 5): HandWrittenJournal {
  const journal = new HandWrittenJournal(groupId);
  const draw = seeded(seed);
  let atMs = startMs;
  let order = 0;
  journal.epoch();
  for (let frame = 0; frame < frames; frame += 1) {
    const events = Array.from({ length: eventsAFrame }, () => {
      atMs += draw(240_000);
      if (draw(4) === 0) return orderDone({ owner: 1, digest: digest(500 + order++), atMs });
      return trade({
        maker: 1,
        taker: 2,
        takerSide: draw(2) ? 'buy' : 'sell',
        baseUnits: 1 + draw(9),
        quoteUnits: 1 + draw(99),
        priceTicks: 90 + draw(20),
        marketId: draw(3) ? 'ETH-USDC' : 'BTC-USDC',
        takerFeeUnits: 2,
        makerFeeUnits: 1,
        atMs,
      });
    });
    if (frame === frames / 2) journal.zombieAfter(() => journal.epoch(), events.slice(0, 2), atMs);
    journal.frame(events, atMs);
  }
  return journal;
}

async function feed(journal: HandWrittenJournal, batch: number, client = twin.client) {
  for (let at = 0; at < journal.records.length; at += batch) {
    const records = journal.records.slice(at, at + batch);
    const consumed = await writeHistory({ client, table }, groupId, records);
    expect(consumed.status).toBe('done');
  }
}

const tradesIn = (journal: HandWrittenJournal, marketId: string) =>
  journal.frames
    .flatMap((frame) => frame.outcomes.flatMap((outcome) => outcome.events))
    .filter((event) => event.type === 'trade')
    .filter((event) => event.marketId === marketId);

describe(`writing a journal's history (seed ${seed})`, () => {
  test('is the same in any batches, fed twice, and after a kill at any call', async () => {
    const journal = tradingJournal(4, 2);
    await feed(journal, journal.records.length);
    const whole = await allItems(twin.client, table);
    await feed(journal, journal.records.length);
    await feed(journal, 3);
    expect(await allItems(twin.client, table)).toEqual(whole);
    for (const batch of [1, 2, 4]) {
      table = await newTable();
      await feed(journal, batch);
      expect(await allItems(twin.client, table)).toEqual(whole);
    }
    for (let call = 1, died = true; died; call += 1) {
      table = await newTable();
      const dying = killedAt(twin.client, call, call % 2 ? 'after' : 'before');
      died = await feed(journal, 4, dying).then(
        () => false,
        () => true,
      );
      await feed(journal, 1 + (call % 5));
      expect(await allItems(twin.client, table)).toEqual(whole);
    }
  });

  test('by two processes at once counts every trade once', async () => {
    const journal = tradingJournal();
    await Promise.all([feed(journal, 2), feed(journal, 5)]);
    const candles = await history.candles('ETH-USDC', '1d', { fromMs: 0, toMs: nowMs, limit: 10 });
    const trades = tradesIn(journal, 'ETH-USDC');
    expect(candles.reduce((sum, candle) => sum + candle.trades, 0)).toBe(trades.length);
  });

  test('is not set back by a process that slept', async () => {
    const journal = tradingJournal();
    await writeHistory({ client: twin.client, table }, groupId, journal.records.slice(0, 2));
    const slow = watched(twin.client, {
      before: (call) => (call === 2 ? feed(journal, journal.records.length) : undefined),
    });
    await writeHistory({ client: slow, table }, groupId, journal.records.slice(0, 4));
    const newest = await writeHistory(
      { client: twin.client, table },
      groupId,
      journal.records.slice(-1),
    );
    expect(newest).toEqual({ status: 'done', frames: 0 });
  });

  test('stops at a record that cannot be accepted and keeps what came before it', async () => {
    const journal = tradingJournal();
    const records = journal.records.filter((_, index) => index !== 2);
    const consumed = await writeHistory({ client: twin.client, table }, groupId, records);
    expect(consumed).toMatchObject({ status: 'stopped', frames: 1, stop: { reason: 'frame_gap' } });
  });
});

describe('reading history', () => {
  test('candles hold every trade of their market, oldest first, the newest of a range', async () => {
    const journal = tradingJournal();
    await feed(journal, 100);
    const trades = tradesIn(journal, 'ETH-USDC');
    const all = await history.candles('ETH-USDC', '5m', { fromMs: 0, toMs: nowMs, limit: 500 });
    expect(all.reduce((sum, candle) => sum + candle.quoteUnits, 0n)).toBe(
      BigInt(trades.reduce((sum, each) => sum + each.quoteUnits, 0)),
    );
    expect(all.map((candle) => candle.openAtMs)).toEqual(
      all.map((candle) => candle.openAtMs).sort((a, b) => a - b),
    );
    const last = all.at(-1)?.openAtMs ?? 0;
    const newest = await history.candles('ETH-USDC', '5m', { fromMs: 0, toMs: nowMs, limit: 2 });
    expect(newest).toEqual(all.slice(-2));
    const before = await history.candles('ETH-USDC', '5m', { fromMs: 0, toMs: last, limit: 500 });
    expect(before).toEqual(all.slice(0, -1));
    expect(await history.candles('ETH-USDC', '5m', { fromMs: last, toMs: last, limit: 5 })).toEqual(
      [],
    );
  });

  test('trades come newest first and page by sequence number', async () => {
    const journal = tradingJournal();
    await feed(journal, 100);
    const wanted = tradesIn(journal, 'ETH-USDC')
      .map((each) => each.sequence)
      .reverse();
    const first = await history.trades('ETH-USDC', { limit: 3 });
    const before = first.at(-1)?.sequence ?? 0;
    const rest = await history.trades('ETH-USDC', { limit: 100, before });
    expect([...first, ...rest].map((each) => each.sequence)).toEqual(wanted);
  });
});

describe('reading what an owner did', () => {
  test('each side of a trade has its fill, with its own fee and order', async () => {
    const journal = new HandWrittenJournal(groupId);
    journal.epoch();
    const fees = { makerFeeUnits: 3, takerFeeUnits: 8 };
    journal.frame([
      trade({ maker: 1, taker: 2, takerSide: 'sell', baseUnits: 5, quoteUnits: 50, ...fees }),
    ]);
    await feed(journal, 10);
    const of = async (owner: number) => (await history.fills(account(owner), { limit: 5 })).fills;
    expect(await of(1)).toEqual([
      {
        sequence: 1,
        marketId: 'ETH-USDC',
        atMs: startMs,
        digest: digest(1),
        side: 'buy',
        role: 'maker',
        priceTicks: 100,
        sizeLots: 5,
        quoteUnits: 50,
        feeUnits: 3,
      },
    ]);
    expect(await of(2)).toMatchObject([
      { side: 'sell', role: 'taker', feeUnits: 8, digest: digest(2) },
    ]);
  });

  test('fills and orders page by cursor, also of one market, each row once', async () => {
    const journal = tradingJournal();
    await feed(journal, 100);
    const all = await history.fills(account(1), { limit: 100 });
    const paged: typeof all.fills = [];
    let cursor: string | undefined;
    do {
      const page = await history.fills(account(1), { limit: 4, ...(cursor ? { cursor } : {}) });
      paged.push(...page.fills);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(all.fills);
    const bitcoin = await history.fills(account(1), { limit: 100, marketId: 'BTC-USDC' });
    expect(bitcoin.fills).toEqual(all.fills.filter((fill) => fill.marketId === 'BTC-USDC'));
    expect(all.cursor).toBeUndefined();
  });

  test('a finished order is found by its digest and among those of its owner', async () => {
    const journal = new HandWrittenJournal(groupId);
    journal.epoch();
    journal.frame([orderDone({ owner: 1, digest: digest(9) })]);
    await feed(journal, 10);
    const order = await history.order(digest(9));
    expect(order).toEqual({
      digest: digest(9),
      clientOrderId: 'mine',
      account: account(1),
      marketId: 'ETH-USDC',
      side: 'buy',
      orderType: 'limit',
      timeInForce: 'gtc',
      postOnly: false,
      selfTrade: 'expire_taker',
      limitTicks: 100,
      triggerTicks: 0,
      sizeLots: 5,
      displayLots: 0,
      spendUnits: 0,
      filledLots: 5,
      filledQuoteUnits: 500,
      feeUnits: 1,
      status: 'filled',
      createdAtMs: startMs - 10,
      expiresAtMs: startMs + dayMs,
      doneAtMs: startMs,
    });
    expect(await history.doneOrders(account(1), { limit: 5 })).toEqual({ orders: [order] });
    expect(await history.order(digest(10))).toBeUndefined();
  });
});

describe('rows that expire', () => {
  test('trades and candles of a minute are gone after 30 days, others stay', async () => {
    await feed(tradingJournal(), 100);
    const later = storeAt(nowMs + 31 * dayMs);
    const range = { fromMs: 0, toMs: nowMs, limit: 500 };
    expect(await later.trades('ETH-USDC', { limit: 5 })).toEqual([]);
    expect(await later.candles('ETH-USDC', '1m', range)).toEqual([]);
    expect(await later.candles('ETH-USDC', '5m', range)).toEqual(
      await history.candles('ETH-USDC', '5m', range),
    );
  });
});

describe('the ticker', () => {
  test('covers the last 24 hours', async () => {
    const journal = tradingJournal();
    await feed(journal, 100);
    const trades = tradesIn(journal, 'ETH-USDC');
    const prices = trades.map((each) => each.priceTicks);
    expect(await history.ticker('ETH-USDC', nowMs)).toEqual({
      marketId: 'ETH-USDC',
      lastTicks: prices.at(-1),
      openTicks: prices[0],
      highTicks: Math.max(...prices),
      lowTicks: Math.min(...prices),
      baseUnits: BigInt(trades.reduce((sum, each) => sum + each.baseUnits, 0)),
      quoteUnits: BigInt(trades.reduce((sum, each) => sum + each.quoteUnits, 0)),
      trades: trades.length,
    });
  });

  test('of a quiet day still knows the last price, of a market that never traded nothing', async () => {
    const journal = tradingJournal();
    await feed(journal, 100);
    const last = tradesIn(journal, 'ETH-USDC').at(-1)?.priceTicks;
    expect(await history.ticker('ETH-USDC', nowMs + 3 * dayMs)).toMatchObject({
      lastTicks: last,
      highTicks: last,
      trades: 0,
    });
    expect(await history.ticker('SOL-USDC', nowMs)).toBeUndefined();
  });
});
