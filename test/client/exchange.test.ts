import { Wallet } from 'ethers';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Crossbook } from '#client/crossbook.ts';
import type { OrderWish } from '#client/signing.ts';
import { aliceKey, bobKey } from '../functions/trader.ts';
import { wholeExchange } from '../functions/whole-exchange.ts';

let exchange: ReturnType<typeof wholeExchange>;
let alice: Crossbook;
let bob: Crossbook;

beforeEach(() => {
  exchange = wholeExchange();
  const owners = [new Wallet(aliceKey), new Wallet(bobKey)] as const;
  for (const { address } of owners) {
    exchange.fund('majors', address.toLowerCase(), 'USDC', 100_000e6);
    exchange.fund('majors', address.toLowerCase(), 'ETH', 50e8);
    exchange.fund('alts', address.toLowerCase(), 'USDC', 100_000e6);
  }
  alice = exchange.client(owners[0]);
  bob = exchange.client(owners[1]);
});

const bid = (some: Partial<OrderWish> = {}): OrderWish =>
  ({ market: 'ETH-USDC', side: 'buy', price: '2000', size: '1', ...some }) as OrderWish;
const ask = (some: Partial<OrderWish> = {}): OrderWish =>
  ({ ...bid(), side: 'sell', ...some }) as OrderWish;
/** By money instead of size. */
const spending = (spend: string, some: Partial<OrderWish>): OrderWish => {
  const { size: _, ...wish } = bid(some);
  return { ...wish, spend };
};
const trade = async () => {
  await bob.place(ask());
  await alice.place(bid({ size: '0.1', type: 'market' }));
};

describe('a client places', () => {
  const wishes: [string, OrderWish, object][] = [
    ['a limit order', bid({ price: '1990' }), { type: 'limit', timeInForce: 'gtc' }],
    ['a market order', bid({ type: 'market' }), { type: 'market', timeInForce: 'ioc' }],
    ['money', spending('100', { type: 'market' }), { spend: '100', filledQuote: '100' }],
    ['fill or kill', bid({ timeInForce: 'fok', size: '0.5' }), { status: 'filled' }],
    ['a post-only order', bid({ price: '1990', postOnly: true }), { postOnly: true }],
    ['an iceberg', bid({ price: '1990', display: '0.2' }), { displaySize: '0.2' }],
    ['a self-trade mode', bid({ price: '1990', stp: 'expire_both' }), { stp: 'expire_both' }],
    [
      'a stop',
      bid({ type: 'stop', trigger: '2010' }),
      { status: 'untriggered', timeInForce: 'ioc' },
    ],
    [
      'a take-profit to rest',
      bid({ type: 'take_profit_limit', trigger: '1950', timeInForce: 'gtd' }),
      { status: 'untriggered', triggerPrice: '1950', timeInForce: 'gtd' },
    ],
  ];
  test.each(wishes)('%s', async (_, wish, shown) => {
    await trade();
    expect((await alice.place(wish)).order).toMatchObject(shown);
  });

  test('an order in the place of another', async () => {
    const { digest } = await alice.place(bid());
    const { order } = await alice.replace(digest, bid({ price: '1995', postOnly: true }));
    expect(await alice.openOrders()).toEqual([order]);
  });

  test('a replacement that is refused leaves the old order', async () => {
    const { digest } = await alice.place(bid());
    await bob.place(ask({ price: '2001' }));
    const crossing = alice.replace(digest, bid({ price: '2001', postOnly: true }));
    await expect(crossing).rejects.toMatchObject({ code: 'post_only_would_cross' });
    expect(await alice.openOrders()).toMatchObject([{ digest, price: '2000' }]);
  });

  test('terms that cannot be are refused before anything is sent', async () => {
    await alice.venue();
    const before = exchange.requests.length;
    await expect(alice.place(bid({ type: 'stop' }))).rejects.toMatchObject({
      code: 'invalid_terms',
      message: expect.stringContaining('needs a trigger'),
    });
    expect(exchange.requests.slice(before)).toEqual(['GET /v1/time']);
  });
});

describe('a client changes what rests', () => {
  test('amends an order in its place', async () => {
    const { digest } = await alice.place(bid());
    await bob.place(bid());
    expect((await alice.amend(digest, { market: 'ETH-USDC', size: '0.4' })).order).toMatchObject({
      size: '0.4',
      status: 'open',
    });
    const { fills } = await bob.place(ask({ size: '0.4', timeInForce: 'ioc' }));
    expect(fills).toHaveLength(1);
    expect((await alice.order(digest)).status).toBe('filled');
  });

  test('an amendment that makes nothing smaller is refused', async () => {
    const { digest } = await alice.place(bid());
    const amended = alice.amend(digest, { market: 'ETH-USDC', size: '1' });
    await expect(amended).rejects.toMatchObject({ code: 'size_not_smaller', status: 422 });
  });

  test('cancels everything, or one side', async () => {
    await alice.place(bid());
    await alice.place(ask({ price: '2100' }));
    expect(await alice.cancelAll({ side: 'sell' })).toMatchObject({ cancelled: 1 });
    expect(await alice.cancelAll()).toMatchObject({ cancelled: 1 });
    expect(await alice.openOrders()).toEqual([]);
  });

  test('is cancelled by its switch once it falls silent, and not before', async () => {
    await alice.place(bid());
    const { groups } = await alice.cancelAllAfter(5_000);
    expect(groups.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
    expect((await alice.settings()).groups[0]).toMatchObject({
      switchAtMs: exchange.clock.nowMs() + 5_000,
    });
    exchange.pass(4_999);
    expect(await alice.openOrders()).toHaveLength(1);
    exchange.pass(1);
    expect(await alice.openOrders()).toEqual([]);
  });

  test('learns which pair group did not do what all were asked for', async () => {
    exchange.matchers.takeDown('alts', 'unavailable');
    const { groups } = await alice.cancelAllAfter(5_000);
    expect(groups).toMatchObject([
      { group: 'majors', status: 'accepted' },
      { group: 'alts', status: 'refused', code: 'unavailable' },
    ]);
  });
});

describe('a client notices', () => {
  test('a halt, by the code and by the state', async () => {
    exchange.matchers.setState('ETH-USDC', 'halted');
    await expect(alice.place(bid())).rejects.toMatchObject({ code: 'market_not_open' });
    expect(await alice.rest.depth('ETH-USDC')).toMatchObject({ state: 'halted' });
  });

  test('what an auction would do now', async () => {
    exchange.matchers.setState('ETH-USDC', 'auction');
    await alice.place(bid({ price: '2010' }));
    await bob.place(ask({ price: '2000', size: '0.5' }));
    const depth = await alice.rest.depth('ETH-USDC');
    expect(depth).toMatchObject({ bids: [['2010', '1']], asks: [['2000', '0.5']] });
    expect(depth.auction).toMatchObject({ size: '0.5', imbalance: '0.5' });
  });

  test('that terms which it was refused by may be others now', async () => {
    await alice.place(bid());
    const asked = () => exchange.requests.filter((each) => each === 'GET /v1/markets').length;
    exchange.matchers.change('ETH-USDC', { takerFeeBps: 20 });
    expect(asked()).toBe(1);
    await expect(alice.place(bid())).rejects.toMatchObject({ code: 'fee_above_signed' });
    await alice.venue();
    expect(asked()).toBe(2);
  });

  test('markets that were listed since, within a minute', async () => {
    const first = await alice.venue();
    expect(await alice.venue()).toBe(first);
    exchange.pass(60_001);
    expect(await alice.venue()).not.toBe(first);
  });
});
