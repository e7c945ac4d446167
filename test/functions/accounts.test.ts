import { beforeEach, describe, expect, test } from 'vitest';
import { httpHandler, refuse } from '#cloud/http-edge.ts';
import type { AccountSettings, Balance, LedgerEntry } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import type { FillView, OrderView } from '#wire/matcher-api.ts';
import type { RouteOf } from '#wire/routes.ts';
import { accountRoutes } from '../../functions/accounts/account-routes.ts';
import { sealCursor } from '../../functions/accounts/page-cursor.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { demoCatalog, demoDigests, demoDirectory, demoGroups } from './demo-catalog.ts';
import { emptyStatements } from './empty-statements.ts';
import { type EngineMatchers, engineMatchers } from './engine-matchers.ts';
import { type Call, call, silentLogger } from './http-call.ts';
import { ownRights } from './own-rights.ts';
import { aliceKey, bobKey, trader } from './trader.ts';

const clock = { nowMs: () => 1_800_000_000_000 };
const alice = trader(aliceKey, clock);
const bob = trader(bobKey, clock);
const usdc = 1_000_000;

let matchers: EngineMatchers;
let handler: ReturnType<typeof httpHandler<'accounts'>>;
let orders: ReturnType<typeof httpHandler<'orders'>>;
let settings: Map<string, AccountSettings>;
let done: OrderView[];
let lent: Balance['lent'];

beforeEach(() => {
  matchers = engineMatchers(clock);
  settings = new Map();
  done = [];
  lent = [];
  const verifySession = async (token: string) => {
    const owner = { alice, bob }[token];
    return owner ? { account: owner.account, expiresAtMs: 0 } : refuse('bad_session');
  };
  const routes = accountRoutes({
    ledger: memoryLedger(),
    statements: {
      ...emptyStatements,
      entries: async (_, { limit, cursor }) => pageOf('entries', entries, limit, cursor),
    },
    history: {
      fills: async (_, { limit, cursor }) => pageOf('fills', fills, limit, cursor),
      doneOrders: async (_, { limit, cursor }) => pageOf('orders', done, limit, cursor),
      order: async (digest) => done.find((order) => order.digest === digest),
    },
    matchers: matchers.client,
    markets: demoDirectory,
    groups: demoGroups,
    verifySession,
  });
  handler = httpHandler('accounts', routes, { logger: silentLogger });
  const ports = {
    matchers: matchers.client,
    markets: demoDirectory,
    groups: demoGroups,
    digestOf: demoDigests,
    ...ownRights,
    verifySession,
    newCommandId: () => `0x${'c0'.repeat(32)}`,
  };
  orders = httpHandler('orders', orderRoutes(ports), { logger: silentLogger });
});

function memoryLedger() {
  return {
    balances: async (): Promise<Balance[]> => [
      {
        ...{ asset: 'USDC', available: units(1_000 * usdc), demanded: units(0) },
        ...{ withdrawing: units(usdc / 4), credit: [], lent },
      },
    ],
    accountSettings: async (account: string) =>
      settings.get(account) ?? ({ creditPolicy: 'exact' } as const),
    async setAccountSettings(account: string, value: AccountSettings) {
      settings.set(account, value);
    },
  };
}

const fills: FillView[] = [3, 2, 1].map((sequence) => ({
  sequence,
  marketId: 'ETH-USDC',
  atMs: sequence,
  digest: `0x${'11'.repeat(32)}`,
  side: 'buy',
  role: 'maker',
  priceTicks: 200_000,
  sizeLots: 1,
  quoteUnits: 2_000_000,
  feeUnits: 1_000,
}));

const entries: LedgerEntry[] = [
  {
    entryId: '2#majors',
    account: alice.account,
    asset: 'USDC',
    atMs: 2,
    business: 'clearing',
    businessId: 'majors#7',
    availableUnits: units(-5 * usdc),
    withdrawingUnits: units(0),
    frozenUnits: units(3 * usdc),
    trades: [{ sequence: 9, marketId: 'ETH-USDC', units: -2_000_000n, feeUnits: 1_000n }],
  },
];

/** A page whose cursor is the number of the next row. */
function pageOf<K extends string, T>(name: K, all: T[], limit: number, cursor = '0') {
  const from = Number(cursor);
  const rows = { [name]: all.slice(from, from + limit) } as Record<K, T[]>;
  return from + limit < all.length ? { ...rows, cursor: String(from + limit) } : rows;
}

const ask = (route: RouteOf<'accounts'>, request: Call = {}, token = 'alice') =>
  call(handler, route, { ...request, headers: { authorization: `Bearer ${token}` } });
const place = async (body: unknown) => (await call(orders, 'POST /v1/orders', { body })).body;

const freeUsdc = async (): Promise<string> => {
  const { body } = await ask('GET /v1/account/balances');
  return body.balances.find((each: { asset: string }) => each.asset === 'USDC').free;
};

describe('balances', () => {
  test('free is what the ledger has plus what is free in every matcher; held is what orders bind', async () => {
    matchers.grant('majors', alice.account, 'USDC', 2_500 * usdc);
    matchers.grant('alts', alice.account, 'USDC', 100 * usdc);
    const newest = { grantNumber: 1, returnNumber: 0, returnedUnits: units(0) };
    lent = [
      { groupId: 'majors', ...newest, grantedUnits: units(2_500 * usdc) },
      { groupId: 'alts', ...newest, grantedUnits: units(100 * usdc) },
    ];
    await place(await alice.signed());
    const { status, body } = await ask('GET /v1/account/balances');

    expect(status).toBe(200);
    expect(body.account).toBe(alice.account);
    // 2,000 at the limit and 0.1 % taker fee are held.
    expect(body.balances.find((each: { asset: string }) => each.asset === 'USDC')).toEqual({
      asset: 'USDC',
      free: '1598',
      held: '2002',
      withdrawing: '0.25',
      total: '3600.25',
    });
    expect(body.balances.map((each: { asset: string }) => each.asset)).toEqual(
      demoCatalog.assets.map(({ id }) => id),
    );
  });

  test('funds on their way from the ledger to a matcher are counted once', async () => {
    const none = { returnNumber: 0, returnedUnits: units(0) };
    lent = [{ groupId: 'majors', grantNumber: 1, grantedUnits: units(50 * usdc), ...none }];
    expect(await freeUsdc()).toBe('1050');
    matchers.grant('majors', alice.account, 'USDC', 50 * usdc);
    expect(await freeUsdc()).toBe('1050');
  });

  test('a matcher that the ledger has passed is asked again, not for ever', async () => {
    const grants = { grantNumber: 1, grantedUnits: units(50 * usdc) };
    lent = [{ groupId: 'majors', ...grants, returnNumber: 1, returnedUnits: units(50 * usdc) }];
    expect(await ask('GET /v1/account/balances')).toMatchObject({
      status: 503,
      body: { code: 'busy' },
    });
  });

  test('while a matcher does not answer, no balance is shown rather than a wrong one', async () => {
    matchers.takeDown('alts', 'unavailable');
    const answer = await ask('GET /v1/account/balances');
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(answer.body.balances).toBeUndefined();
  });
});

const sol = {
  terms: 'SOL-USDC limit gtc',
  baseAsset: '0x501',
  baseAmount: 10n ** 9n,
  quoteAmount: 100_000_000n,
};
async function placeInBothGroups() {
  matchers.grant('majors', alice.account, 'USDC', 10_000 * usdc);
  matchers.grant('alts', alice.account, 'USDC', 10_000 * usdc);
  await place(await alice.signed());
  await place(await alice.signed(sol));
}

describe('lists of orders', () => {
  beforeEach(placeInBothGroups);

  test('open orders come from all pair groups, or from one market', async () => {
    const { body } = await ask('GET /v1/account/orders');
    expect(body.orders).toMatchObject([{ market: 'ETH-USDC' }, { market: 'SOL-USDC' }]);
    const one = await ask('GET /v1/account/orders', { query: { market: 'SOL-USDC' } });
    expect(one.body.orders).toMatchObject([{ market: 'SOL-USDC', price: '100', size: '1' }]);
  });

  test('an order that waits for its trigger is listed with the open ones', async () => {
    const stop = { quoteAmount: 2_200_000_000n, terms: 'ETH-USDC stop_limit gtc trigger=2100' };
    const { digest } = await place(await alice.signed(stop));
    const { body } = await ask('GET /v1/account/orders', { query: { market: 'ETH-USDC' } });
    expect(body.orders).toMatchObject([
      { status: 'open' },
      { digest, status: 'untriggered', triggerPrice: '2100' },
    ]);
  });

  test('a market of a healthy pair group is listed while another group is down', async () => {
    matchers.takeDown('alts', 'unavailable');
    const one = await ask('GET /v1/account/orders', { query: { market: 'ETH-USDC' } });
    expect(one.body.orders).toHaveLength(1);
    expect(await ask('GET /v1/account/orders')).toMatchObject({ status: 503 });
  });

  test('done orders come by pages', async () => {
    const { orders: live } = await matchers.client.account('majors', alice.account);
    done = [1, 2, 3].map((n) => ({ ...(live[0] as OrderView), createdAtMs: n, status: 'filled' }));
    const query = { status: 'done', limit: '2' };
    const first = await ask('GET /v1/account/orders', { query });
    const { cursor } = first.body;
    const second = await ask('GET /v1/account/orders', { query: { ...query, cursor } });
    const times = [...first.body.orders, ...second.body.orders].map(
      ({ createdAtMs }) => createdAtMs,
    );
    expect(times).toEqual([1, 2, 3]);
    expect(second.body.cursor).toBeUndefined();
  });
});

describe('one order', () => {
  beforeEach(placeInBothGroups);

  test('an order is found while it lives and after it is done', async () => {
    const route = 'GET /v1/account/orders/{digest}';
    const { body } = await ask('GET /v1/account/orders');
    const { digest } = body.orders[0];
    expect(await ask(route, { path: { digest } })).toMatchObject({ body: { status: 'open' } });

    const { orders: live } = await matchers.client.account('majors', alice.account);
    done = [{ ...(live[0] as OrderView), status: 'cancelled' }];
    matchers.takeDown('majors', 'unavailable');
    expect(await ask(route, { path: { digest } })).toMatchObject({ body: { status: 'cancelled' } });
  });

  test('an order that has just ended is found before the history knows it', async () => {
    const { body } = await ask('GET /v1/account/orders', { query: { market: 'ETH-USDC' } });
    const { digest } = body.orders[0];
    await call(orders, 'DELETE /v1/orders/{digest}', {
      path: { digest },
      headers: { authorization: 'Bearer alice' },
    });
    const found = await ask('GET /v1/account/orders/{digest}', { path: { digest } });
    expect(found).toMatchObject({ status: 200, body: { digest, status: 'cancelled' } });
    const toBob = await ask('GET /v1/account/orders/{digest}', { path: { digest } }, 'bob');
    expect(toBob).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('its owner reads back the own id of an order that lives or has just ended', async () => {
    const placed = await place({ ...(await alice.signed({ salt: 77n })), clientOrderId: 'mine' });
    const { digest } = placed.order;
    const path = { digest };
    const shown = () => ask('GET /v1/account/orders/{digest}', { path });
    expect((await shown()).body).toMatchObject({ clientOrderId: 'mine', status: 'open' });
    const headers = { authorization: 'Bearer alice' };
    const ended = await call(orders, 'DELETE /v1/orders/{digest}', { path, headers });
    expect(ended.body.order).toMatchObject({ clientOrderId: 'mine' });
    expect((await shown()).body).toMatchObject({ clientOrderId: 'mine', status: 'cancelled' });
  });

  test('an order of a healthy group is found while another group is down; one that is nowhere may be there', async () => {
    matchers.takeDown('alts', 'unavailable');
    const { body } = await ask('GET /v1/account/orders', { query: { market: 'ETH-USDC' } });
    const path = { digest: body.orders[0].digest };
    expect(await ask('GET /v1/account/orders/{digest}', { path })).toMatchObject({ status: 200 });
    const unknown = { digest: `0x${'77'.repeat(32)}` };
    const answer = await ask('GET /v1/account/orders/{digest}', { path: unknown });
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  });

  test("another's order is not there, live or done", async () => {
    const route = 'GET /v1/account/orders/{digest}';
    const { orders: live } = await matchers.client.account('majors', alice.account);
    const { digest } = live[0] as OrderView;
    const notThere = { status: 404, body: { code: 'not_found' } };
    expect(await ask(route, { path: { digest } }, 'bob')).toMatchObject(notThere);
    done = [{ ...(live[0] as OrderView), status: 'filled' }];
    expect(await ask(route, { path: { digest } }, 'bob')).toMatchObject(notThere);
  });
});

describe('history and settings', () => {
  test('fills come by pages, each once', async () => {
    const first = await ask('GET /v1/account/fills', { query: { limit: '2' } });
    const { cursor } = first.body;
    const second = await ask('GET /v1/account/fills', { query: { limit: '2', cursor } });
    const ids = [...first.body.fills, ...second.body.fills].map(({ tradeId }) => tradeId);
    expect(ids).toEqual(['majors-3', 'majors-2', 'majors-1']);
    expect(first.body.fills[0]).toMatchObject({ price: '2000', size: '0.001', fee: '0.001' });
  });

  test.each([
    ['altered', (cursor: string) => `${cursor.slice(0, -1)}${cursor.endsWith('0') ? '1' : '0'}`],
    ['cut short', (cursor: string) => cursor.slice(1)],
    ['made up', () => 'MA'],
    ['of another alphabet', () => '🍋.0'],
    ['of nothing, sealed as if it were ours', () => sealCursor('', `fills:${alice.account}`)],
  ])('a cursor that is %s is refused', async (_, change) => {
    const { body } = await ask('GET /v1/account/fills', { query: { limit: '2' } });
    const query = { cursor: change(body.cursor) };
    const answer = await ask('GET /v1/account/fills', { query });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test("a cursor of another list, or of another's list, is refused", async () => {
    const { body } = await ask('GET /v1/account/fills', { query: { limit: '2' } });
    const query = { cursor: body.cursor };
    const code = { status: 400, body: { code: 'invalid_request' } };
    expect(await ask('GET /v1/account/entries', { query })).toMatchObject(code);
    expect(await ask('GET /v1/account/fills', { query }, 'bob')).toMatchObject(code);
  });

  test('entries show signed amounts and their trades', async () => {
    const { body } = await ask('GET /v1/account/entries', { query: { asset: 'USDC' } });
    expect(body.entries).toMatchObject([
      {
        business: 'clearing',
        available: '-5',
        frozen: '3',
        trades: [{ amount: '-2', fee: '0.001' }],
      },
    ]);
    const unknown = await ask('GET /v1/account/entries', { query: { asset: 'DOGE' } });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'unknown_asset' } });
  });

  test('the credit policy is exact until its owner chooses otherwise', async () => {
    const route = 'PUT /v1/account/settings';
    expect((await ask('GET /v1/account/settings')).body).toMatchObject({ creditPolicy: 'exact' });
    await ask(route, { body: { creditPolicy: 'sticky' } });
    expect((await ask('GET /v1/account/settings')).body).toMatchObject({ creditPolicy: 'sticky' });
    expect((await ask('GET /v1/account/settings', {}, 'bob')).body.creditPolicy).toBe('exact');
    const wrong = await ask(route, { body: { creditPolicy: 'generous' } });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test('the settings show the fee tier and the armed switch of each pair group', async () => {
    matchers.giveTier('majors', alice.account, 3);
    await call(orders, 'POST /v1/orders/cancel-all-after', {
      body: { afterMs: 60_000 },
      headers: { authorization: 'Bearer alice' },
    });
    const { body } = await ask('GET /v1/account/settings');
    const switchAtMs = clock.nowMs() + 60_000;
    expect(body).toEqual({
      creditPolicy: 'exact',
      groups: [
        { group: 'majors', feeTier: 3, switchAtMs },
        { group: 'alts', feeTier: 0, switchAtMs },
      ],
    });
    const { body: bobs } = await ask('GET /v1/account/settings', {}, 'bob');
    expect(bobs.groups).toEqual(demoGroups.map((group) => ({ group, feeTier: 0 })));
  });
});

const routes: RouteOf<'accounts'>[] = [
  'GET /v1/account/balances',
  'GET /v1/account/orders',
  'GET /v1/account/orders/{digest}',
  'GET /v1/account/fills',
  'GET /v1/account/entries',
  'GET /v1/account/deposits',
  'GET /v1/account/withdrawals',
  'GET /v1/account/settings',
  'PUT /v1/account/settings',
];
describe.each(routes)('%s', (route) => {
  test.each([
    ['no session', {}, 'session_required'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'session_required'],
    ['an endless token', { authorization: `Bearer ${'a'.repeat(5_000)}` }, 'session_required'],
    ['a forged session', { authorization: 'Bearer forged' }, 'bad_session'],
  ])('answers nothing to %s', async (_, headers: Record<string, string>, code) => {
    expect(await call(handler, route, { headers })).toMatchObject({ status: 401, body: { code } });
  });
});
