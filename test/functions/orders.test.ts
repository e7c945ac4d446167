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
const eth = 100_000_000;
const usdc = 1_000_000;

let matchers: EngineMatchers;
let handler: ReturnType<typeof httpHandler<'orders'>>;

beforeEach(() => {
  matchers = engineMatchers(clock);
  matchers.grant('majors', alice.account, 'USDC', 100_000 * usdc);
  matchers.grant('majors', bob.account, 'ETH', 10 * eth);
  matchers.grant('alts', alice.account, 'USDC', 100_000 * usdc);
  let ids = 0;
  const routes = orderRoutes({
    matchers: matchers.client,
    markets: demoDirectory,
    groups: demoGroups,
    digestOf: demoDigests,
    ...ownRights,
    verifySession: async (token) =>
      token === 'alice' ? { account: alice.account, expiresAtMs: 0 } : refuse('bad_session'),
    newCommandId: () => `0x${String(++ids).padStart(64, '0')}`,
  });
  handler = httpHandler('orders', routes, { logger: silentLogger });
});

const place = (body: unknown) => call(handler, 'POST /v1/orders', { body });

describe('placing', () => {
  test('a signed order is accepted and shown in decimal text', async () => {
    const body = await alice.signed();
    const { status, body: answer, headers } = await place({ ...body, clientOrderId: 'mine-1' });

    expect(status).toBe(201);
    expect(answer).toMatchObject({
      status: 'accepted',
      digest: answer.order.digest,
      fills: [],
      order: { market: 'ETH-USDC', side: 'buy', price: '2000', size: '1', filledSize: '0' },
    });
    expect(answer.order).toMatchObject({ status: 'open', clientOrderId: 'mine-1' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-request-id': 'request-1' });
  });

  test('an order that crosses answers with its fills and fees', async () => {
    await place(await alice.signed());
    const sell = { side: 1 as const, baseAmount: 4n * 10n ** 17n, quoteAmount: 800_000_000n };
    const { status, body } = await place(await bob.signed(sell));

    expect(status).toBe(201);
    expect(body.order).toMatchObject({ status: 'filled', filledSize: '0.4', filledQuote: '800' });
    expect(body.fills).toMatchObject([
      { price: '2000', size: '0.4', quote: '800', fee: '0.8', feeAsset: 'USDC', role: 'taker' },
    ]);
  });

  test('the same request sent again gets the first result and is taken once', async () => {
    const body = await alice.signed();
    const first = await place(body);
    const state = matchers.stateHashes();
    const again = await place(body);

    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ repeated: true, digest: first.body.digest });
    expect(again.body.sequence).toBe(first.body.sequence);
    expect(matchers.stateHashes()).toEqual(state);
  });

  test('a market buy may be bounded by money', async () => {
    await place(await bob.signed({ side: 1 }));
    const spend = { cap: 1 as const, terms: 'ETH-USDC market ioc' };
    const { status, body } = await place(
      await alice.signed({ ...spend, baseAmount: 10n ** 17n, quoteAmount: 300_000_000n }),
    );
    expect(status).toBe(201);
    expect(body.order).toMatchObject({ type: 'market', spend: '300', filledQuote: '300' });
  });

  test('a market that cannot be reached answers 503 with Retry-After, and its order may be sent again', async () => {
    matchers.takeDown('majors', 'unavailable');
    const { status, body, headers } = await place(await alice.signed());
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: 'unavailable', requestId: 'request-1' });
    expect(headers).toMatchObject({ 'retry-after': '3' });
  });

  test('a lost reply is never called a refusal', async () => {
    matchers.takeDown('majors', 'outcome_unknown');
    expect(await place(await alice.signed())).toMatchObject({
      status: 504,
      body: { code: 'outcome_unknown' },
    });
  });
});

const now = clock.nowMs();
const signed = alice.signed;
const changed = async (change: Record<string, unknown>) => {
  const body = await signed();
  return { ...body, order: { ...body.order, ...change } };
};
const badOrders: [string, number, string, () => Promise<unknown>][] = [
  [
    'another key signed',
    401,
    'bad_signature',
    async () => ({ ...(await signed()), signature: (await bob.signed()).signature }),
  ],
  [
    'one signed field was altered',
    401,
    'bad_signature',
    () => changed({ quoteAmount: '2100000000' }),
  ],
  [
    'it was signed for another chain',
    401,
    'bad_signature',
    () => signed({}, { chainId: 1n, verifyingContract: `0x${'0'.repeat(38)}ff` }),
  ],
  [
    'it was signed for another contract',
    401,
    'bad_signature',
    () => signed({}, { chainId: 31337n, verifyingContract: `0x${'1'.repeat(40)}` }),
  ],
  ['the signature is its high-s twin', 401, 'bad_signature', async () => highS(await signed())],
  ['a key signs for another account', 403, 'not_signer', () => signed({ account: bob.account })],
  [
    'its assets are not those of the market',
    422,
    'wrong_chain',
    () => signed({ baseAsset: '0xb1' }),
  ],
  [
    'the market does not exist',
    404,
    'unknown_market',
    () => signed({ terms: 'DOGE-USDC limit gtc' }),
  ],
  [
    'the terms are not canonical',
    400,
    'invalid_terms',
    () => signed({ terms: 'ETH-USDC  limit gtc' }),
  ],
  [
    'the terms name an unknown type',
    400,
    'invalid_terms',
    () => signed({ terms: 'ETH-USDC iceberg gtc' }),
  ],
  ['a limit order is bounded by money', 400, 'invalid_terms', () => signed({ cap: 1 })],
  [
    'a market sell is bounded by money',
    400,
    'invalid_terms',
    () => signed({ cap: 1, side: 1, terms: 'ETH-USDC market ioc' }),
  ],
  ['a field is unknown', 400, 'unknown_field', async () => ({ ...(await signed()), hurry: true })],
  ['a field of the order is unknown', 400, 'unknown_field', () => changed({ nonce: 1 })],
  ['an amount is negative', 400, 'invalid_request', () => changed({ baseAmount: '-1' })],
  ['an amount has an exponent', 400, 'invalid_request', () => changed({ baseAmount: '1e18' })],
  ['an amount is a JSON number', 400, 'invalid_request', () => changed({ baseAmount: 1e18 })],
  ['an amount has a fraction', 400, 'invalid_request', () => changed({ baseAmount: '1.5' })],
  ['an amount has leading zeros', 400, 'invalid_request', () => changed({ baseAmount: '01' })],
  [
    'an amount passes uint128',
    400,
    'invalid_request',
    () => changed({ quoteAmount: (1n << 128n).toString() }),
  ],
  ['a time is no safe integer', 400, 'invalid_request', () => changed({ expiresAtMs: 2 ** 53 })],
  ['a time is negative', 400, 'invalid_request', () => changed({ createdAtMs: -now })],
  ['the side is neither 0 nor 1', 400, 'invalid_request', () => changed({ side: 2 })],
  [
    'the signature is too short',
    400,
    'invalid_request',
    async () => ({ ...(await signed()), signature: '0x00' }),
  ],
  ['there is no body', 400, 'invalid_request', async () => undefined],
  ['the body is a list', 400, 'invalid_request', async () => []],
  ['the body is null', 400, 'invalid_request', async () => null],
];

describe('bad input at the door: the code is named and nothing reaches a matcher', () => {
  test.each(badOrders)('%s: %i %s', async (_, status, code, make) => {
    const state = matchers.stateHashes();
    const answer = await place(await make());
    expect(answer).toMatchObject({ status, body: { code, requestId: 'request-1' } });
    expect(answer.body.message).toMatch(/\.$/);
    expect(matchers.sent).toEqual([]);
    expect(matchers.stateHashes()).toEqual(state);
  });

  const texts: [string, number, string, string][] = [
    ['malformed JSON', 400, 'malformed_json', '{"order": '],
    ['a number with a leading plus', 400, 'malformed_json', '{"order": +1}'],
    ['1 MB of JSON', 413, 'body_too_large', JSON.stringify({ order: 'x'.repeat(1024 * 1024) })],
    ['a deep nest', 400, 'invalid_request', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['__proto__', 400, 'unknown_field', '{"__proto__": {"admin": true}}'],
    ['a number beyond doubles', 400, 'invalid_request', '{"order": 1e999, "signature": "0x"}'],
  ];
  test.each(texts)('%s: %i %s', async (_, status, code, text) => {
    const answer = await call(handler, 'POST /v1/orders', { text });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(matchers.sent).toEqual([]);
  });

  test('a repeated key in JSON counts as its last value, which must be what was signed', async () => {
    const body = JSON.stringify(await signed());
    const text = body.replace('"baseAmount":', '"baseAmount":"7","baseAmount":');
    const answer = await call(handler, 'POST /v1/orders', { text });
    expect(answer.body).toMatchObject({ status: 'accepted', order: { size: '1' } });
  });
});

describe('bad input at the engine: the code is named and the book, credit and settings stay as they are', () => {
  const cases: [string, number, string, Parameters<typeof alice.signed>[0]][] = [
    ['signed more than 60 s ago', 422, 'order_too_late', { createdAtMs: now - 60_001 }],
    ['signed more than 5 s ahead', 422, 'order_from_the_future', { createdAtMs: now + 5_001 }],
    ['expired', 422, 'order_expired', { expiresAtMs: now }],
    ['off tick', 422, 'price_off_tick', { quoteAmount: 2_000_001_000n }],
    ['off lot', 422, 'size_off_lot', { baseAmount: 15n * 10n ** 14n, quoteAmount: 3_000_000n }],
    ['of nothing', 422, 'size_off_lot', { baseAmount: 0n }],
    [
      'worth too little',
      422,
      'notional_too_small',
      { baseAmount: 10n ** 15n, quoteAmount: 500_000n },
    ],
    [
      'too large for safe integers',
      422,
      'notional_too_large',
      { baseAmount: 10n ** 30n, quoteAmount: 2n * 10n ** 21n },
    ],
    ['charged more than it signed', 422, 'fee_above_signed', { maxFeeBps: 9 }],
    [
      'without funds',
      422,
      'balance_too_low',
      { baseAmount: 10n ** 20n, quoteAmount: 200_000_000_000n },
    ],
  ];
  test.each(cases)('an order %s: %i %s', async (_, status, code, changes) => {
    const state = matchers.stateHashes();
    const answer = await place(await alice.signed(changes));
    expect(answer).toMatchObject({
      status,
      body: { code, details: { digest: expect.any(String) } },
    });
    expect(matchers.stateHashes()).toEqual(state);
  });

  test('a refused order stays refused when it is sent again', async () => {
    const body = await alice.signed({ maxFeeBps: 9 });
    await place(body);
    const again = await place(body);
    expect(again.body).toMatchObject({ code: 'fee_above_signed', details: { repeated: true } });
  });

  test('a clientOrderId that is live is refused', async () => {
    await place({ ...(await alice.signed()), clientOrderId: 'a' });
    const answer = await place({ ...(await alice.signed()), clientOrderId: 'a' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'duplicate_client_order_id' } });
  });
});

describe('batches', () => {
  const sol = {
    terms: 'SOL-USDC limit gtc',
    baseAsset: '0x501',
    baseAmount: 10n ** 9n,
    quoteAmount: 100_000_000n,
  };
  const batch = (orders: unknown[]) => call(handler, 'POST /v1/orders/batch', { body: { orders } });

  test('each order stands alone, results keep the order of the request, groups are asked once each', async () => {
    const { status, body } = await batch([
      await alice.signed(sol),
      await alice.signed({ terms: 'DOGE-USDC limit gtc' }),
      await alice.signed(),
      await alice.signed({ maxFeeBps: 9 }),
      await alice.signed(sol),
    ]);
    expect(status).toBe(200);
    const short = body.results.map((each: { order?: { market: string }; code?: string }) =>
      each.order ? each.order.market : each.code,
    );
    expect(short).toEqual([
      'SOL-USDC',
      'unknown_market',
      'ETH-USDC',
      'fee_above_signed',
      'SOL-USDC',
    ]);
    expect(matchers.sent.map(({ groupId }) => groupId)).toEqual([
      'alts',
      'alts',
      'majors',
      'majors',
    ]);
  });

  test('a pair group without a matcher refuses its orders only', async () => {
    matchers.takeDown('alts', 'unavailable');
    const { body } = await batch([await alice.signed(sol), await alice.signed()]);
    expect(body.results).toMatchObject([
      { status: 'refused', code: 'unavailable' },
      { status: 'accepted' },
    ]);
  });

  test('an order whose fate nobody knows is called unknown, not refused', async () => {
    matchers.takeDown('alts', 'outcome_unknown');
    const { body } = await batch([await alice.signed(sol)]);
    expect(body.results).toMatchObject([{ status: 'unknown', code: 'outcome_unknown' }]);
  });

  test('21 orders are refused whole, and so is none', async () => {
    const many = Array.from({ length: 21 }, () => alice.signed());
    for (const orders of [await Promise.all(many), []]) {
      expect(await batch(orders)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
    expect(matchers.sent).toEqual([]);
  });

  test('the same order twice in a batch is taken once', async () => {
    const order = await alice.signed();
    const { body } = await batch([order, order]);
    expect(body.results[0].repeated).toBeUndefined();
    expect(body.results[1]).toMatchObject({ status: 'accepted', repeated: true });
  });
});

describe('cancelling', () => {
  const cancel = (body: unknown, query?: Record<string, string>) =>
    call(handler, 'POST /v1/orders/cancel', query ? { body, query } : { body });
  const remove = (digest: string, token = 'alice') =>
    call(handler, 'DELETE /v1/orders/{digest}', {
      path: { digest },
      headers: { authorization: `Bearer ${token}` },
    });

  test('a signed Cancel ends an order and says what was left of it', async () => {
    const { body: placed } = await place(await alice.signed());
    const { status, body } = await cancel(await alice.signedCancel(placed.digest));
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'accepted', order: { status: 'cancelled' } });
  });

  test('a Cancel that names its market asks that pair group only', async () => {
    const { body: placed } = await place(await alice.signed());
    await cancel(await alice.signedCancel(placed.digest), { market: 'ETH-USDC' });
    expect(matchers.sent.slice(1).map(({ groupId }) => groupId)).toEqual(['majors']);
  });

  test('a Cancel signed by anybody but its account is refused at the door', async () => {
    const { body: placed } = await place(await alice.signed());
    const forged = await bob.signedCancel(placed.digest, { account: alice.account });
    expect(await cancel(forged)).toMatchObject({ status: 401, body: { code: 'bad_signature' } });
    expect(matchers.sent).toHaveLength(1);
  });

  test("nobody cancels another's order", async () => {
    const { body: placed } = await place(await alice.signed());
    const answer = await cancel(await bob.signedCancel(placed.digest));
    expect(answer).toMatchObject({ status: 403, body: { code: 'not_owner' } });
  });

  test('a session cancels its own order', async () => {
    const { body: placed } = await place(await alice.signed());
    expect(await remove(placed.digest)).toMatchObject({
      status: 200,
      body: { order: { status: 'cancelled' } },
    });
  });

  test('without a session, or with a forged one, nothing is cancelled', async () => {
    const { body: placed } = await place(await alice.signed());
    const none = await call(handler, 'DELETE /v1/orders/{digest}', {
      path: { digest: placed.digest },
    });
    expect(none).toMatchObject({ status: 401, body: { code: 'session_required' } });
    expect(await remove(placed.digest, 'forged')).toMatchObject({ body: { code: 'bad_session' } });
    expect(matchers.sent).toHaveLength(1);
  });

  test('"no such order" is said only when every pair group has said so', async () => {
    const digest = `0x${'00'.repeat(32)}`;
    expect(await remove(digest)).toMatchObject({ status: 404, body: { code: 'unknown_order' } });
    matchers.takeDown('alts', 'unavailable');
    expect(await remove(digest)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  });

  test('an order is cancelled although another pair group is down', async () => {
    const { body: placed } = await place(await alice.signed());
    matchers.takeDown('alts', 'unavailable');
    expect(await remove(placed.digest)).toMatchObject({ status: 200 });
  });

  test('a digest that is none is refused', async () => {
    expect(await remove('0x12')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(matchers.sent).toEqual([]);
  });
});

/** (r, n − s, other v) verifies by plain ECDSA too; the contract refuses it, so the door must. */
function highS<B extends { signature: string }>(body: B): B {
  const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const r = body.signature.slice(2, 66);
  const s = (n - BigInt(`0x${body.signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
  const v = body.signature.slice(130) === '1b' ? '1c' : '1b';
  return { ...body, signature: `0x${r}${s}${v}` };
}
