import { beforeEach, describe, expect, test } from 'vitest';
import { httpHandler, refuse } from '#cloud/http-edge.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { demoDigests, demoDirectory, demoGroups } from './demo-catalog.ts';
import { type EngineMatchers, engineMatchers } from './engine-matchers.ts';
import { call, silentLogger } from './http-call.ts';
import { ownRights } from './own-rights.ts';
import { aliceKey, bobKey, trader } from './trader.ts';

const clock = { nowMs: () => 1_800_000_000_000 };
const alice = trader(aliceKey, clock);
const bob = trader(bobKey, clock);

let matchers: EngineMatchers;
let handler: ReturnType<typeof httpHandler<'orders'>>;

beforeEach(() => {
  matchers = engineMatchers(clock);
  for (const { account } of [alice, bob]) {
    matchers.grant('majors', account, 'USDC', 100_000_000_000);
    matchers.grant('majors', account, 'ETH', 1_000_000_000);
  }
  const routes = orderRoutes({
    matchers: matchers.client,
    markets: demoDirectory,
    groups: demoGroups,
    digestOf: demoDigests,
    ...ownRights,
    verifySession: async () => refuse('bad_session'),
    newCommandId: () => `0x${'c0'.repeat(32)}`,
  });
  handler = httpHandler('orders', routes, { logger: silentLogger });
});

type Wish = { side?: 'buy' | 'sell'; price?: number; eth?: number; terms?: string };

/** Alice buys 1 ETH at 2,000 unless told otherwise. */
async function place(wish: Wish = {}, who = alice) {
  const { side = 'buy', price = 2_000, eth = 1, terms = 'limit gtc' } = wish;
  const body = await who.signed({
    side: side === 'buy' ? 0 : 1,
    baseAmount: BigInt(eth * 1_000) * 10n ** 15n,
    quoteAmount: BigInt(Math.round(eth * price * 1e6)),
    terms: `ETH-USDC ${terms}`,
  });
  return call(handler, 'POST /v1/orders', { body });
}
const sell = (wish: Wish = {}) => place({ side: 'sell', ...wish }, bob);

describe('orders of every type reach the book', () => {
  test('a post-only order rests, or is refused where it would trade', async () => {
    await sell();
    const terms = 'limit gtd post_only=true';
    expect(await place({ terms })).toMatchObject({
      status: 422,
      body: { code: 'post_only_would_cross' },
    });
    const rests = await place({ terms, price: 1_999 });
    expect(rests.body.order).toMatchObject({ postOnly: true, timeInForce: 'gtd', status: 'open' });
  });

  test('a fill-or-kill order is filled whole or refused', async () => {
    await sell({ eth: 0.5 });
    expect(await place({ terms: 'limit fok' })).toMatchObject({
      status: 422,
      body: { code: 'fill_or_kill_unfilled' },
    });
    const filled = await place({ terms: 'market fok', eth: 0.5 });
    expect(filled.body.order).toMatchObject({ status: 'filled', timeInForce: 'fok' });
  });

  test('an iceberg shows its slice only', async () => {
    const { body } = await place({ terms: 'limit gtc display=0.2' });
    expect(body.order).toMatchObject({ size: '1', displaySize: '0.2' });
    const depth = await matchers.client.depth('majors', 'ETH-USDC', 1);
    expect(depth.bids).toEqual([[200_000, 200]]);
  });

  test('a stop waits for its trigger, then enters', async () => {
    await sell();
    await place({ eth: 0.1, terms: 'market ioc' });
    const { body } = await place({ price: 2_050, terms: 'stop ioc trigger=2010' });
    expect(body).toMatchObject({
      order: { type: 'stop', triggerPrice: '2010', price: '2050', status: 'untriggered' },
      fills: [],
    });
    await sell({ price: 2_010, eth: 2 });
    await place({ eth: 1, price: 2_010, terms: 'limit ioc' }, alice);
    const order = await matchers.client.order('majors', body.digest);
    expect(order?.status).toBe('filled');
  });

  test('a stop whose trigger the price has passed is refused', async () => {
    await sell();
    await place({ eth: 0.1, terms: 'market ioc' });
    expect(await place({ price: 2_050, terms: 'stop_limit gtc trigger=1990' })).toMatchObject({
      status: 422,
      body: { code: 'stop_would_trigger' },
    });
  });
});

describe('orders that meet their owner’s', () => {
  test('a replacing order takes the place of the old one, which ends in the same moment', async () => {
    const old = (await place()).body.digest;
    const { body } = await place({ price: 1_990, terms: `limit gtc replaces=${old}` });
    expect(body).toMatchObject({ status: 'accepted', order: { price: '1990', status: 'open' } });
    expect((await matchers.client.order('majors', old))?.status).toBe('cancelled');
    const depth = await matchers.client.depth('majors', 'ETH-USDC', 5);
    expect(depth.bids).toEqual([[199_000, 1_000]]);
  });

  test('a replacing order that is refused leaves the old one where it was', async () => {
    const old = (await place()).body.digest;
    await sell({ price: 2_001 });
    const terms = `limit gtc post_only=true replaces=${old}`;
    const { body } = await place({ price: 2_001, terms });
    expect(body.code).toBe('post_only_would_cross');
    expect((await matchers.client.order('majors', old))?.status).toBe('open');
  });

  test('nobody replaces what is not theirs or not there', async () => {
    const old = (await place()).body.digest;
    const terms = `limit gtc replaces=${old}`;
    expect((await sell({ price: 2_100, terms })).body.code).toBe('not_owner');
    const unknown = `limit gtc replaces=0x${'ab'.repeat(32)}`;
    expect((await place({ terms: unknown })).body.code).toBe('unknown_order');
  });

  test('the mode of self-trade prevention is obeyed and shown', async () => {
    const resting = await place({ side: 'sell' });
    const { body } = await place({ terms: 'limit gtc stp=expire_maker' });
    expect(body.order).toMatchObject({ stp: 'expire_maker', status: 'open', filledSize: '0' });
    const ended = await matchers.client.order('majors', resting.body.digest);
    expect(ended?.status).toBe('self_trade');
  });
});

describe('orders by money', () => {
  test('a stop to buy may be bounded by money', async () => {
    await sell();
    await place({ eth: 0.1, terms: 'market ioc' });
    const body = await alice.signed({
      cap: 1,
      baseAmount: 10n ** 17n,
      quoteAmount: 210_000_000n,
      terms: 'ETH-USDC stop ioc trigger=2010',
    });
    const answer = await call(handler, 'POST /v1/orders', { body });
    expect(answer.body.order).toMatchObject({ spend: '210', status: 'untriggered' });
  });
});

describe('a market that is not open', () => {
  test.each(['halted', 'cancel_only', 'closed'] as const)(
    'takes no order while %s',
    async (state) => {
      matchers.setState('ETH-USDC', state);
      expect(await place()).toMatchObject({ status: 409, body: { code: 'market_not_open' } });
    },
  );

  test('takes orders that collect while an auction goes on, crossed or not, and no others', async () => {
    matchers.setState('ETH-USDC', 'auction');
    expect((await place()).body.order.status).toBe('open');
    expect((await sell({ price: 1_990 })).body.order.status).toBe('open');
    for (const terms of ['limit ioc', 'market ioc', 'limit gtc post_only=true'])
      expect((await place({ terms })).body.code).toBe('market_not_open');
    matchers.setState('ETH-USDC', 'open');
    const depth = await matchers.client.depth('majors', 'ETH-USDC', 5);
    expect(depth).toMatchObject({ state: 'open', bids: [], asks: [] });
  });

  test('takes no order further from the reference price than its band', async () => {
    await sell();
    await place({ eth: 0.1, terms: 'market ioc' });
    matchers.change('ETH-USDC', { bandBps: 500 });
    expect(await place({ price: 1_899.99 })).toMatchObject({
      status: 422,
      body: { code: 'price_outside_band' },
    });
    expect((await place({ price: 1_900 })).body.order.status).toBe('open');
  });
});

/** What is wrong is said in a few words, beside the code. */
const wrongTerms: [string, string][] = [
  ['limit', 'MARKET TYPE'],
  ['iceberg gtc', 'iceberg'],
  ['limit day', 'day'],
  ['market gtc', 'market cannot be gtc'],
  ['stop ioc', 'stop needs a trigger'],
  ['limit gtc trigger=1', 'limit has no trigger'],
  ['stop ioc trigger=01', 'trigger cannot be 01'],
  ['stop ioc trigger=1.0', 'trigger cannot be 1.0'],
  ['stop ioc trigger=-1', 'trigger cannot be -1'],
  ['limit ioc display=1', 'ioc has no display'],
  ['limit ioc post_only=true', 'post_only'],
  ['limit gtc post_only=false', 'post_only cannot be false'],
  ['limit gtc stp=expire_taker', 'stp cannot be expire_taker'],
  ['limit gtc stp=decrement display=1', 'display is twice or behind its place'],
  ['limit gtc replaces=0x12', 'replaces cannot be 0x12'],
  ['limit gtc hidden=true', 'no attribute hidden'],
];

describe('terms that are none', () => {
  test.each(wrongTerms)('"%s": %s', async (terms, why) => {
    const answer = await place({ terms });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_terms' } });
    expect(answer.body.details.why).toContain(why);
    expect(matchers.sent).toEqual([]);
  });

  test('are named within a batch too', async () => {
    const orders = [await alice.signed({ terms: 'ETH-USDC stop ioc' }), await alice.signed()];
    const { body } = await call(handler, 'POST /v1/orders/batch', { body: { orders } });
    expect(body.results).toMatchObject([{ code: 'invalid_terms' }, { status: 'accepted' }]);
    expect(body.results[0].message).toContain('stop needs a trigger');
  });

  test('300 characters are read, more are refused unread', async () => {
    const terms = `limit gtc ${'x'.repeat(300)}`;
    expect(await place({ terms })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });
});
