import { Wallet } from 'ethers';
import { beforeEach, describe, expect, test } from 'vitest';
import { Crossbook } from '#client/crossbook.ts';
import { CrossbookError } from '#client/crossbook-error.ts';
import { digests, signerOf } from '#wire/eip712.ts';
import { placeBody } from '#wire/order-body.ts';
import { marketsJson, signingDomain } from './listed-market.ts';

type Call = { method: string; path: string; body: unknown; token: string | null };
type Answer = { status?: number; body?: unknown; headers?: Record<string, string>; fails?: true };

const wallet = new Wallet(`0x${'22'.repeat(32)}`);
const laptopMs = 1_700_000_000_000;
const exchangeMs = laptopMs + 90_000;
const wish = { market: 'ETH-USDC', side: 'buy' as const, price: '1850.25', size: '1' };

let calls: Call[];
/** What is answered next on a route; the last one stays. */
let answers: Record<string, Answer[]>;

const fetchFrom = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
  const { pathname, search } = new URL(String(url));
  const call = {
    method: init.method ?? 'GET',
    path: pathname + search,
    body: init.body ? JSON.parse(String(init.body)) : undefined,
    token: new Headers(init.headers).get('authorization'),
  };
  calls.push(call);
  const queue = answers[`${call.method} ${pathname}`] ?? [{ status: 404, body: {} }];
  const answer = (queue.length > 1 ? queue.shift() : queue[0]) as Answer;
  if (answer.fails) throw new TypeError('fetch failed');
  const { status = 200, headers = {} } = answer;
  return new Response(JSON.stringify(answer.body), { status, headers });
};

const refusal = (status: number, code: string): Answer => ({
  status,
  body: { code, message: 'no', requestId: 'r-1' },
});
const accepted = {
  status: 201,
  body: { status: 'accepted', digest: '0x', sequence: 1, fills: [] },
};

let waits: number[];
let exchange: Crossbook;

beforeEach(() => {
  calls = [];
  waits = [];
  answers = {
    'GET /v1/markets': [{ body: marketsJson }],
    'GET /v1/time': [{ body: { nowMs: exchangeMs } }],
    'POST /v1/orders': [accepted],
    'POST /v1/sessions/nonce': [{ status: 201, body: { nonce: 'abcdefgh12345678' } }],
    'POST /v1/sessions': [
      { status: 201, body: { token: 't-1', account: '0x', expiresAtMs: exchangeMs + 900_000 } },
      { status: 201, body: { token: 't-2', account: '0x', expiresAtMs: exchangeMs + 900_000 } },
    ],
    'GET /v1/account/balances': [{ body: { account: '0x', balances: [] } }],
  };
  exchange = new Crossbook({
    apiUrl: 'http://127.0.0.1:8080/',
    signer: wallet,
    fetch: fetchFrom,
    now: () => laptopMs,
    random: () => 0.5,
    salt: () => 7n,
    wait: async (ms) => void waits.push(ms),
  });
});

const paths = (path: string) => calls.filter((call) => call.path.split('?')[0] === path);

describe('orders', () => {
  test('are signed with the exchange’s time, whatever the laptop’s clock says', async () => {
    await exchange.place(wish);
    const { order, signature } = placeBody.parse(paths('/v1/orders')[0]?.body);

    expect(order.createdAtMs).toBe(exchangeMs);
    const digest = digests(signingDomain).order(order);
    expect(signerOf(digest, signature)).toBe(wallet.address.toLowerCase());
  });

  test('whose answer was lost are sent again, the very same', async () => {
    answers['POST /v1/orders'] = [{ fails: true }, refusal(503, 'busy'), accepted];
    await exchange.place(wish);

    const sent = paths('/v1/orders').map(({ body }) => body);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  test('that are refused are not sent again', async () => {
    answers['POST /v1/orders'] = [refusal(422, 'balance_too_low')];
    const failed = exchange.place(wish);

    await expect(failed).rejects.toMatchObject({ code: 'balance_too_low', status: 422 });
    await expect(failed).rejects.toBeInstanceOf(CrossbookError);
    expect(paths('/v1/orders')).toHaveLength(1);
  });

  test('whose time is refused are signed anew, once, by a fresh look at the clock', async () => {
    answers['POST /v1/orders'] = [refusal(422, 'order_too_late'), accepted];
    await exchange.place(wish);

    expect(paths('/v1/orders')).toHaveLength(2);
    expect(paths('/v1/time')).toHaveLength(2);
  });

  test('of an unknown market are not sent', async () => {
    const failed = exchange.place({ ...wish, market: 'NO-NO' });
    await expect(failed).rejects.toMatchObject({ code: 'unknown_market' });
    expect(paths('/v1/orders')).toEqual([]);
  });

  test('wait as long as the exchange asks for', async () => {
    const busy = { ...refusal(503, 'busy'), headers: { 'retry-after': '2' } };
    answers['POST /v1/orders'] = [busy, accepted];
    await exchange.place(wish);
    expect(waits).toEqual([2_000]);
  });
});

describe('sessions', () => {
  test('one sign-in serves many requests', async () => {
    await exchange.balances();
    await exchange.balances();

    expect(paths('/v1/sessions')).toHaveLength(1);
    expect(paths('/v1/account/balances').map(({ token }) => token)).toEqual([
      'Bearer t-1',
      'Bearer t-1',
    ]);
  });

  test('a session that ended early is renewed without the caller noticing', async () => {
    const good = { body: { account: '0x', balances: [{ asset: 'ETH' }] } };
    answers['GET /v1/account/balances'] = [refusal(401, 'session_expired'), good];

    expect(await exchange.balances()).toEqual([{ asset: 'ETH' }]);
    expect(paths('/v1/account/balances').map(({ token }) => token)).toEqual([
      'Bearer t-1',
      'Bearer t-2',
    ]);
  });

  test('a gateway that answers no JSON is unavailable, not a crash', async () => {
    answers['GET /v1/account/balances'] = [{ status: 502, body: undefined }];
    await expect(exchange.balances()).rejects.toMatchObject({ code: 'unavailable', status: 502 });
  });

  test('without a signer there is no account', async () => {
    const anonymous = new Crossbook({ apiUrl: 'http://127.0.0.1:8080', fetch: fetchFrom });
    await expect(anonymous.balances()).rejects.toMatchObject({ code: 'session_required' });
  });
});
