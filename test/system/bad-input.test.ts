/** Every kind of bad input, sent to the running exchange as a hostile client would: each gets its code, and nothing changes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { signOrder } from '#client/signing.ts';
import type { Refusal } from '#domain/refusal.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import { ledgerSums, pictureOf } from './audit.ts';
import { type Exchange, startExchange } from './local-exchange.ts';
import { Trader } from './trader.ts';
import { eventually } from './waiting.ts';

const market = 'ETH-USDC';
const eth = 10n ** 18n;
const usdc = 10n ** 6n;
const stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-bad-input-'));
let exchange: Exchange;
let trader: Trader;
let before: unknown;

beforeAll(async () => {
  const flags = ['--port', '0', '--without', 'bots'];
  exchange = await startExchange({ stateFolder, assembly: inject('assembly'), flags });
  await eventually('health', async () => (await fetch(`${exchange.apiUrl}/v1/health`)).ok, 20_000);
  trader = await Trader.arrive(exchange.apiUrl);
  await trader.fund();
  await trader.place({ market, side: 'sell', price: '2000', size: '1' });
  before = await picture();
});

afterAll(async () => {
  trader?.leave();
  await exchange?.killNine();
  rmSync(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

async function picture() {
  const { sequence: _, ...rest } = await pictureOf([trader], market);
  return rest;
}

async function send(body: string, path = '/v1/orders') {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(exchange.apiUrl + path, { method: 'POST', headers, body });
  return { status: response.status, answer: await answerOf(response) };
}

type Answer = { code?: string; requestId?: string; message?: string; sequence?: number };
const answerOf = async (response: Response) => (await response.json()) as Answer;

/** A well-formed order of 0.1 ETH at 2,000 as JSON, for breaking. */
async function goodOrder() {
  const { body } = await trader.signed({ market, side: 'sell', price: '2000', size: '0.1' });
  return structuredClone(body) as { order: Record<string, unknown>; signature: string };
}

type Struct = Parameters<typeof signOrder>[2];

/** A good order's struct with some fields changed. */
async function structWith(changes: Partial<Struct>): Promise<Struct> {
  const { order } = await goodOrder();
  const numbers = {
    baseAmount: eth / 10n,
    quoteAmount: 200n * usdc,
    epoch: 0n,
    salt: BigInt(order['salt'] as string),
  };
  return { ...(order as unknown as Struct), ...numbers, ...changes };
}

/** Changes fields of a good order and signs it again, so that only the change is wrong. */
async function resigned(changes: Partial<Struct>) {
  const struct = await structWith(changes);
  return JSON.stringify((await signOrder(trader.wallet, trader.venue.signingDomain, struct)).body);
}

async function expectRefusal(body: string, code: Refusal) {
  const { status, answer } = await send(body);
  expect({ status, code: answer.code }).toEqual({ status: refusalTable[code].status, code });
  expect(answer.requestId).toMatch(/\S/);
  expect(answer.message).toMatch(/\S/);
  expect(await picture()).toEqual(before);
}

test('a signature of other bytes is refused and changes nothing', async () => {
  const body = await goodOrder();
  body.order['baseAmount'] = String(eth);
  await expectRefusal(JSON.stringify(body), 'bad_signature');
});

test("an order signed by a stranger in the account's name is refused", async () => {
  const stranger = Wallet.createRandom();
  const struct = await structWith({ signer: stranger.address.toLowerCase() });
  const { body } = await signOrder(stranger, trader.venue.signingDomain, struct);
  await expectRefusal(JSON.stringify(body), 'not_signer');
});

test('an order signed for another chain is refused', async () => {
  const domain = { ...trader.venue.signingDomain, chainId: 1n };
  const { body } = await signOrder(trader.wallet, domain, await structWith({}));
  await expectRefusal(JSON.stringify(body), 'bad_signature');
});

test("an order that names another chain's tokens is refused", async () => {
  await expectRefusal(await resigned({ baseAsset: '0x1234' }), 'wrong_chain');
});

test('an expired order is refused', async () => {
  await expectRefusal(await resigned({ expiresAtMs: Date.now() - 1_000 }), 'order_expired');
});

test('an order signed more than 60 s ago is refused', async () => {
  await expectRefusal(await resigned({ createdAtMs: Date.now() - 61_500 }), 'order_too_late');
});

test('an order from the future is refused', async () => {
  const createdAtMs = Date.now() + 10_000;
  await expectRefusal(await resigned({ createdAtMs }), 'order_from_the_future');
});

test('a price off the tick is refused', async () => {
  const quoteAmount = 200n * usdc + 1n;
  await expectRefusal(await resigned({ quoteAmount }), 'price_off_tick');
});

test('a size off the lot is refused', async () => {
  // 0.0005 ETH is half a lot; at 2,000 its price is on a tick.
  const changes = { baseAmount: eth / 2_000n, quoteAmount: usdc };
  await expectRefusal(await resigned(changes), 'size_off_lot');
});

test('an order below the smallest notional is refused', async () => {
  // One lot at 100 USDC is worth 0.1 USDC.
  const changes = { baseAmount: eth / 1_000n, quoteAmount: usdc / 10n };
  await expectRefusal(await resigned(changes), 'notional_too_small');
});

test('an order too large for exact numbers is refused', async () => {
  const changes = { baseAmount: eth * 10n ** 12n, quoteAmount: usdc * 10n ** 15n };
  await expectRefusal(await resigned(changes), 'notional_too_large');
});

test('an order for a market that does not exist is refused', async () => {
  await expectRefusal(await resigned({ terms: 'DOGE-USDC limit gtc' }), 'unknown_market');
});

test('terms that are not canonical are refused', async () => {
  await expectRefusal(await resigned({ terms: 'ETH-USDC  limit gtc' }), 'invalid_terms');
});

test('an order without funds is refused', async () => {
  const changes = { baseAmount: eth * 1_000n, quoteAmount: usdc * 2_000_000n };
  await expectRefusal(await resigned(changes), 'balance_too_low');
});

test('malformed JSON is refused', () => expectRefusal('{"order":', 'malformed_json'));

test('a body of 1 MB is refused', () =>
  expectRefusal(JSON.stringify({ order: 'x'.repeat(1_000_000) }), 'body_too_large'));

test('a field that does not exist is refused', async () => {
  await expectRefusal(JSON.stringify({ ...(await goodOrder()), speed: 'fast' }), 'unknown_field');
  const body = await goodOrder();
  body.order['leverage'] = 10;
  await expectRefusal(JSON.stringify(body), 'unknown_field');
});

test.each(['-1', '1e18', '+1', '0x10', ' 1', '1.5', ''])(
  'an amount written %j is refused',
  async (baseAmount) => {
    const body = await goodOrder();
    body.order['baseAmount'] = baseAmount;
    await expectRefusal(JSON.stringify(body), 'invalid_request');
  },
);

test.each([-1, 1e300, 0.5])('a time of %d is refused', async (createdAtMs) => {
  const body = await goodOrder();
  body.order['createdAtMs'] = createdAtMs;
  await expectRefusal(JSON.stringify(body), 'invalid_request');
});

test('the same signed order sent twice is one order, and the second answer is the first result', async () => {
  const { body, digest } = await trader.signed({
    market,
    side: 'sell',
    price: '2500',
    size: '0.1',
  });
  const first = await send(JSON.stringify(body));
  const second = await send(JSON.stringify(body));
  expect(first.status).toBe(201);
  expect(second).toMatchObject({ status: 200, answer: { digest, repeated: true } });
  expect(second.answer.sequence).toBe(first.answer.sequence);
  const { orders } = await trader.rest.openOrders(await trader.token());
  expect(orders.filter((order) => order.digest === digest)).toHaveLength(1);
  await trader.cancel(digest);
  await eventually('the book as before', async () => {
    const now = (await picture()) as { book: unknown };
    return JSON.stringify(now.book) === JSON.stringify((before as { book: unknown }).book);
  });
  before = await picture();
});

test('a stranger cannot cancel an order, and an order that is not there cannot be cancelled', async () => {
  const [open] = (await trader.rest.openOrders(await trader.token())).orders;
  const stranger = await Trader.arrive(exchange.apiUrl);
  await expect(stranger.cancel(open?.digest ?? '')).rejects.toMatchObject({ code: 'not_owner' });
  const nothing = `0x${'ab'.repeat(32)}`;
  await expect(trader.cancel(nothing)).rejects.toMatchObject({ code: 'unknown_order' });
  expect(await picture()).toEqual(before);
});

test("nobody reads an account without its owner's session", async () => {
  const response = await fetch(`${exchange.apiUrl}/v1/account/balances`);
  expect([response.status, (await answerOf(response)).code]).toEqual([401, 'session_required']);
  const forged = await fetch(`${exchange.apiUrl}/v1/account/balances`, {
    headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIweDAifQ.' },
  });
  expect([forged.status, (await answerOf(forged)).code]).toEqual([401, 'bad_session']);
});

test('a WebSocket frame that is not JSON gets a code, and the connection goes on', async () => {
  const listener = await Trader.arrive(exchange.apiUrl);
  await listener.listen(exchange.webSocketUrl, [`depth:${market}`]);
  listener.say('{ not json');
  await listener.hears('error', ({ code }) => code === 'malformed_json');
  listener.say(JSON.stringify({ action: 'dance' }));
  await listener.hears('error', ({ code }) => code === 'unknown_action');
  listener.say(JSON.stringify({ action: 'subscribe', channels: [`account:${trader.account}`] }));
  await listener.hears('error', ({ code }) => code === 'not_owner' || code === 'session_required');
  listener.say(JSON.stringify({ action: 'subscribe', channels: ['weather:ETH-USDC'] }));
  await listener.hears('error', ({ code }) => code === 'unknown_channel');
  listener.say(JSON.stringify({ action: 'ping' }));
  await listener.hears('pong');
  listener.leave();
  expect(await picture()).toEqual(before);
});

test('after all of it every asset still sums to zero', async () => {
  const sums = await ledgerSums(exchange);
  expect(Object.keys(sums)).toContain('ETH');
  expect(Object.values(sums).every((sum) => sum === '0')).toBe(true);
});
