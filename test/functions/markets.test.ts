import { beforeEach, describe, expect, test } from 'vitest';
import type { HistoryStore, TradeView } from '#cloud/history-store.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { type Candle, foldTrades } from '#domain/candle.ts';
import type { ChainJson } from '#wire/rest-api.ts';
import type { RouteOf } from '#wire/routes.ts';
import { marketRoutes } from '../../functions/markets/market-routes.ts';
import { chainPlaces } from './chain-places.ts';
import { demoDirectory, demoDomain, demoGroups } from './demo-catalog.ts';
import { type EngineMatchers, engineMatchers } from './engine-matchers.ts';
import { type Call, call, silentLogger } from './http-call.ts';

const clock = { nowMs: () => 1_800_000_000_000, monotonicMs: () => 0 };
const asked: unknown[] = [];
let matchers: EngineMatchers;
let handler: ReturnType<typeof httpHandler<'markets'>>;

const trades: TradeView[] = [1, 2, 3].map((n) => ({
  sequence: n * 10,
  marketId: 'ETH-USDC',
  atMs: clock.nowMs() - 300_000 + n * 60_000,
  priceTicks: 200_000 + n,
  sizeLots: n * 100,
  baseUnits: n * 10_000_000,
  quoteUnits: (200_000 + n) * n * 100 * 10,
  takerSide: 'buy',
}));
const candles: Candle[] = foldTrades([], trades).filter((candle) => candle.interval === '1m');

const history: Pick<HistoryStore, 'trades' | 'candles' | 'ticker'> = {
  async trades(marketId, page) {
    asked.push({ marketId, ...page });
    const { limit, before = Number.POSITIVE_INFINITY } = page;
    return trades
      .filter(({ sequence }) => sequence < before)
      .reverse()
      .slice(0, limit);
  },
  async candles(marketId, interval, range) {
    asked.push({ marketId, interval, ...range });
    return candles;
  },
  async ticker(marketId) {
    if (marketId !== 'ETH-USDC') return undefined;
    const prices = {
      lastTicks: 200_003,
      openTicks: 200_001,
      highTicks: 200_003,
      lowTicks: 200_001,
    };
    return { marketId, ...prices, baseUnits: 60_000_000n, quoteUnits: 1_200_014_000n, trades: 3 };
  },
};

beforeEach(() => {
  asked.length = 0;
  matchers = engineMatchers(clock);
  const directory = { directory: demoDirectory, groups: demoGroups };
  const ports = { matchers: matchers.client, history, clock, ...directory };
  const routes = marketRoutes({ ...ports, signingDomain: demoDomain, chain: chainPlaces });
  handler = httpHandler('markets', routes, { logger: silentLogger });
});

const get = (route: RouteOf<'markets'>, request: Call = {}) => call(handler, route, request);
const eth = { path: { market: 'ETH-USDC' } };

test('where funds are paid in is told with every listed asset', async () => {
  const { body, status } = await get('GET /v1/chain');
  expect(status).toBe(200);
  expect(body).toMatchObject(chainPlaces);
  const tokens = new Map(
    (body as ChainJson).tokens.map(({ asset, token, decimals }) => [asset, { token, decimals }]),
  );
  for (const { base, quote } of (await demoDirectory.listed()).values())
    for (const { id, chainAsset, chainDecimals } of [base, quote])
      expect(tokens.get(id)).toEqual({
        token: `0x${BigInt(chainAsset).toString(16).padStart(40, '0')}`,
        decimals: chainDecimals,
      });
});

describe('markets', () => {
  test('the list holds all that a client needs to sign an order', async () => {
    const { status, body, headers } = await get('GET /v1/markets');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('public, max-age=10');
    expect(body).toMatchObject({
      chainId: 31337,
      verifyingContract: demoDomain.verifyingContract,
      assets: [{ asset: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xe1' }, {}, {}, {}],
    });
    expect(body.markets[0]).toEqual({
      market: 'ETH-USDC',
      base: 'ETH',
      quote: 'USDC',
      group: 'majors',
      state: 'open',
      tickSize: '0.01',
      lotSize: '0.001',
      minSize: '0.001',
      minNotional: '1',
      makerFeeBps: 5,
      takerFeeBps: 10,
      bandBps: 0,
      auctionBandBps: 0,
      haltBps: 0,
      haltWindowMs: 0,
      haltMs: 0,
      auctionMs: 0,
      baseChainAsset: '0xe1',
      quoteChainAsset: '0xd1',
      lotAtoms: '1000000000000000',
      tickLotAtoms: '10',
    });
    expect(await get('GET /v1/markets/{market}', eth)).toMatchObject({ body: body.markets[0] });
  });

  test('the time is the one by which orders are judged, and is never cached', async () => {
    const { body, headers } = await get('GET /v1/time');
    expect(body).toEqual({ nowMs: clock.nowMs() });
    expect(headers['cache-control']).toBe('no-store');
  });

  test('an empty book has a depth with a sequence and no levels', async () => {
    const { status, body } = await get('GET /v1/markets/{market}/depth', eth);
    expect(status).toBe(200);
    expect(body).toMatchObject({ market: 'ETH-USDC', state: 'open', bids: [], asks: [] });
    expect(body.sequence).toBeGreaterThan(0);
  });
});

describe('what happened in a market', () => {
  test('trades come newest first and page backwards by sequence', async () => {
    const route = 'GET /v1/markets/{market}/trades';
    const first = await get(route, { ...eth, query: { limit: '2' } });
    expect(first.body.trades).toMatchObject([
      { tradeId: 'majors-30', price: '2000.03', size: '0.3', takerSide: 'buy' },
      { tradeId: 'majors-20', price: '2000.02', size: '0.2' },
    ]);
    const before = String(first.body.trades[1].sequence);
    const second = await get(route, { ...eth, query: { before } });
    expect(second.body.trades).toMatchObject([{ tradeId: 'majors-10' }]);
  });

  test('candles are decimal text, one a minute with trades', async () => {
    const query = { interval: '1m', from: '5', to: '10' };
    const { body } = await get('GET /v1/markets/{market}/candles', { ...eth, query });
    expect(body).toMatchObject({ market: 'ETH-USDC', interval: '1m' });
    expect(body.candles[0]).toMatchObject({ open: '2000.01', volume: '0.1', trades: 1 });
    expect(asked).toEqual([
      { marketId: 'ETH-USDC', interval: '1m', fromMs: 5, toMs: 10, limit: 100 },
    ]);
  });

  test('the ticker of a market without trades has volume 0 and no prices', async () => {
    const route = 'GET /v1/markets/{market}/ticker';
    const { body } = await get(route, eth);
    expect(body).toMatchObject({ last: '2000.03', open: '2000.01', volume: '0.6', trades: 3 });
    const quiet = await get(route, { path: { market: 'BTC-USDC' } });
    expect(quiet.body).toEqual({
      market: 'BTC-USDC',
      volume: '0',
      quoteVolume: '0',
      trades: 0,
      atMs: clock.nowMs(),
    });
  });

  test('health is 200 only while every pair group has a leader that answers', async () => {
    const { status, body } = await get('GET /v1/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', groups: [{ group: 'majors' }, { group: 'alts' }] });
    matchers.takeDown('alts', 'unavailable');
    expect(await get('GET /v1/health')).toMatchObject({
      status: 503,
      body: {
        code: 'unavailable',
        details: {
          groups: [
            { group: 'majors', status: 'ok' },
            { group: 'alts', status: 'unavailable' },
          ],
        },
      },
    });
  });

  test('depth answers 503 while the matcher is away; history still answers', async () => {
    matchers.takeDown('majors', 'unavailable');
    expect(await get('GET /v1/markets/{market}/depth', eth)).toMatchObject({ status: 503 });
    expect(await get('GET /v1/markets/{market}/trades', eth)).toMatchObject({ status: 200 });
  });
});

const bad: [RouteOf<'markets'>, Record<string, string>, string][] = [
  ['GET /v1/markets/{market}/depth', { levels: '0' }, 'invalid_request'],
  ['GET /v1/markets/{market}/depth', { levels: '501' }, 'invalid_request'],
  ['GET /v1/markets/{market}/depth', { levels: '1e2' }, 'invalid_request'],
  ['GET /v1/markets/{market}/depth', { level: '5' }, 'unknown_field'],
  ['GET /v1/markets/{market}/trades', { limit: '-1' }, 'invalid_request'],
  ['GET /v1/markets/{market}/trades', { limit: '1,2' }, 'invalid_request'],
  ['GET /v1/markets/{market}/candles', { interval: '2m' }, 'invalid_request'],
  ['GET /v1/markets/{market}/candles', { from: 'yesterday' }, 'invalid_request'],
  ['GET /v1/markets/{market}/ticker', { window: '1h' }, 'unknown_field'],
];
describe('bad input', () => {
  test.each(bad)('%s with %o is refused: %s', async (route, query, code) => {
    expect(await get(route, { ...eth, query })).toMatchObject({ status: 400, body: { code } });
    expect(asked).toEqual([]);
  });

  test.each(['DOGE-USDC', '__proto__', ''])('there is no market "%s"', async (market) => {
    const answer = await get('GET /v1/markets/{market}/depth', { path: { market } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'unknown_market' } });
  });
});
