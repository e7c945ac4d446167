import { describe, expect, test } from 'vitest';
import { noProtections } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { crc32c } from '#wire/crc32c.ts';
import { channelPattern, marketOfChannel } from '#wire/feed-message.ts';
import {
  depthChecksum,
  depthToJson,
  fillToJson,
  orderToJson,
  statusToJson,
} from '#wire/present.ts';

/** A lot is 0.0001 ETH, a tick 0.01 USDC. */
const listed: ListedMarket = {
  market: {
    id: 'ETH-USDC',
    groupId: 'majors',
    baseUnitsPerLot: 10_000,
    quoteUnitsPerTickLot: 1,
    minSizeLots: 1,
    minNotionalUnits: 1,
    ...noProtections,
    makerFeeBps: 10,
    takerFeeBps: 20,
    state: 'open',
  },
  base: { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: '0xaa' },
  quote: { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: '0xbb' },
};

const order = {
  digest: `0x${'0d'.repeat(32)}`,
  account: `0x${'a1'.repeat(20)}`,
  marketId: 'ETH-USDC',
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'gtc',
  postOnly: false,
  selfTrade: 'expire_taker',
  limitTicks: 185_025,
  triggerTicks: 0,
  sizeLots: 15_000,
  displayLots: 0,
  spendUnits: 0,
  filledLots: 5_000,
  filledQuoteUnits: 925_125_000,
  feeUnits: 925_125,
  status: 'open',
  createdAtMs: 1,
  expiresAtMs: 2,
} as const;

test('an order is shown in decimal text of its assets', () => {
  expect(orderToJson(order, listed)).toEqual({
    digest: order.digest,
    account: order.account,
    market: 'ETH-USDC',
    side: 'buy',
    type: 'limit',
    timeInForce: 'gtc',
    postOnly: false,
    stp: 'expire_taker',
    price: '1850.25',
    size: '1.5',
    filledSize: '0.5',
    filledQuote: '925.125',
    fee: '0.925125',
    status: 'open',
    createdAtMs: 1,
    expiresAtMs: 2,
  });
});

test('an order by money shows what it spends instead of a size', () => {
  const json = orderToJson(
    { ...order, sizeLots: 0, spendUnits: 2_500_000, clientOrderId: 'a' },
    listed,
  );
  expect(json).toMatchObject({ spend: '2.5', clientOrderId: 'a' });
  expect(json).not.toHaveProperty('size');
});

test('what was signed beside price and size is shown where the order has it', () => {
  const iceberg = { ...order, displayLots: 100, selfTrade: 'decrement', postOnly: true } as const;
  expect(orderToJson(iceberg, listed)).toMatchObject({
    postOnly: true,
    stp: 'decrement',
    displaySize: '0.01',
  });
  const stop = {
    ...order,
    orderType: 'stop_limit',
    triggerTicks: 185_000,
    status: 'untriggered',
  } as const;
  expect(orderToJson(stop, listed)).toMatchObject({
    type: 'stop_limit',
    triggerPrice: '1850',
    status: 'untriggered',
  });
});

test('rebates show as a negative fee', () => {
  expect(orderToJson({ ...order, feeUnits: -1_500 }, listed).fee).toBe('-0.0015');
});

test('a fill is shown with its identity, role and fee', () => {
  const fill = {
    sequence: 4_711,
    marketId: 'ETH-USDC',
    atMs: 3,
    digest: order.digest,
    side: 'sell',
    role: 'maker',
    priceTicks: 185_025,
    sizeLots: 1,
    quoteUnits: 185_025,
    feeUnits: 185,
  } as const;
  expect(fillToJson(fill, listed)).toEqual({
    tradeId: 'majors-4711',
    market: 'ETH-USDC',
    orderDigest: order.digest,
    side: 'sell',
    role: 'maker',
    price: '1850.25',
    size: '0.0001',
    quote: '0.185025',
    fee: '0.000185',
    feeAsset: 'USDC',
    atMs: 3,
  });
});

test('depth is shown as text levels, best first', () => {
  const depth = {
    marketId: 'ETH-USDC',
    sequence: 9,
    bids: [[185_000, 10_000]] as [number, number][],
    asks: [],
    checksum: 7,
  };
  expect(depthToJson(depth, listed)).toEqual({
    type: 'depth_snapshot',
    market: 'ETH-USDC',
    sequence: 9,
    bids: [['1850', '1']],
    asks: [],
    checksum: 7,
  });
});

test('an auction is shown with what it would do', () => {
  const auction = { priceTicks: 185_000, sizeLots: 10_000, imbalanceLots: -5_000 };
  const depth = { marketId: 'ETH-USDC', sequence: 9, bids: [], asks: [], checksum: 7, auction };
  const shown = { price: '1850', size: '1', imbalance: '-0.5' };
  expect(depthToJson(depth, listed).auction).toEqual(shown);
  const status = {
    state: 'auction',
    sequence: 9,
    untilMs: 70,
    lastTicks: 185_001,
    auction,
  } as const;
  expect(statusToJson({ ...status, referenceTicks: 184_999 }, listed)).toEqual({
    market: 'ETH-USDC',
    state: 'auction',
    sequence: 9,
    untilMs: 70,
    lastPrice: '1850.01',
    referencePrice: '1849.99',
    auction: shown,
  });
});

test('a market shows no time and no price that it has not', () => {
  const status = {
    state: 'open',
    sequence: 9,
    untilMs: 0,
    lastTicks: 0,
    referenceTicks: 0,
  } as const;
  expect(statusToJson(status, listed)).toEqual({ market: 'ETH-USDC', state: 'open', sequence: 9 });
});

describe('the depth checksum', () => {
  const crcOf = (text: string) => crc32c(new TextEncoder().encode(text));
  const levels = (from: number, count: number) =>
    Array.from({ length: count }, (_, index): [number, number] => [from + index, 1]);

  test('goes bid, ask, bid, ask as ticks:lots', () => {
    const bids: [number, number][] = [
      [100, 5],
      [99, 7],
    ];
    expect(depthChecksum(bids, [[101, 3]])).toBe(crcOf('100:5|101:3|99:7'));
    expect(depthChecksum([], [])).toBe(crcOf(''));
  });

  test('covers ten levels a side and no more', () => {
    expect(depthChecksum(levels(1, 11), [])).toBe(depthChecksum(levels(1, 10), []));
    expect(depthChecksum(levels(1, 10), [])).not.toBe(depthChecksum(levels(1, 9), []));
  });
});

describe('a channel', () => {
  test.each([
    ['depth:ETH-USDC', 'ETH-USDC'],
    ['trades:BTC-USDC', 'BTC-USDC'],
    ['market:BTC-USDC', 'BTC-USDC'],
    [`account:0x${'a1'.repeat(20)}`, undefined],
  ])('%s belongs to %s', (channel, market) => {
    expect(channelPattern.test(channel)).toBe(true);
    expect(marketOfChannel(channel)).toBe(market);
  });

  test.each([
    'depth:',
    'depth:ETH',
    'depth:eth-usdc',
    'candles:ETH-USDC',
    'account:0xA1',
    'depth:ETH-USDC\n',
  ])('%j is none', (channel) => {
    expect(channelPattern.test(channel)).toBe(false);
    expect(marketOfChannel(channel)).toBeUndefined();
  });
});
