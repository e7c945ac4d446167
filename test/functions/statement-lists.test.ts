import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { httpHandler } from '#cloud/http-edge.ts';
import { units } from '#domain/amount.ts';
import type { RouteOf } from '#wire/routes.ts';
import { accountRoutes } from '../../functions/accounts/account-routes.ts';
import { demoDirectory, demoGroups } from './demo-catalog.ts';
import { engineMatchers } from './engine-matchers.ts';
import {
  digest,
  type ExportedAccount,
  exportedAccount,
  owner,
  startMs,
} from './exported-account.ts';
import { call, silentLogger } from './http-call.ts';

let account: ExportedAccount;
let handler: ReturnType<typeof httpHandler<'accounts'>>;
beforeEach(() => open());

function open(): void {
  account = exportedAccount();
  const { ledger, statements, history } = account;
  const routes = accountRoutes({
    ...{ ledger, statements, history },
    matchers: engineMatchers({ nowMs: () => startMs }).client,
    markets: demoDirectory,
    groups: demoGroups,
    verifySession: async () => ({ account: owner, expiresAtMs: 0 }),
  });
  handler = httpHandler('accounts', routes, { logger: silentLogger });
}

type List = 'entries' | 'fills' | 'orders' | 'deposits' | 'withdrawals';
const list = async (name: List, query: Record<string, string | number> = {}) => {
  const route = `GET /v1/account/${name}` as RouteOf<'accounts'>;
  const text = Object.fromEntries(Object.entries(query).map(([key, value]) => [key, `${value}`]));
  const { status, body } = await call(handler, route, {
    query: text,
    headers: { authorization: 'Bearer own' },
  });
  return { status, body, rows: (body[name] ?? []) as Record<string, unknown>[] };
};

/** Every page of a list; `between` happens before each. */
async function pages(name: List, query: Record<string, string | number>, between = async () => {}) {
  const rows: Record<string, unknown>[] = [];
  let cursor: string | undefined;
  do {
    await between();
    const page = await list(name, { ...query, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.status).toBe(200);
    rows.push(...page.rows);
    cursor = page.body.cursor;
  } while (cursor !== undefined);
  return rows;
}

describe('pages while rows are written', () => {
  const put: Record<'entries' | 'fills' | 'orders', (n: number, atMs: number) => void> = {
    entries: (n, atMs) => account.clear(n, atMs),
    fills: (n, atMs) => account.trade(n, atMs),
    orders: (n, atMs) => account.finish(n, atMs),
  };
  const idOf = { entries: 'businessId', fills: 'tradeId', orders: 'digest' } as const;

  test.each(['entries', 'fills', 'orders'] as const)(
    '%s: each row that was there at the start comes exactly once, none twice, all in order of time',
    async (name) => {
      const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 });
      const story = fc.record({
        ...{ before: times, during: times, limit: fc.integer({ min: 1, max: 7 }) },
        oldest: fc.boolean(),
      });
      const property = fc.asyncProperty(story, async ({ before, during, limit, oldest }) => {
        open();
        const write = (n: number, at: number) => put[name](n, startMs + at);
        before.forEach((at, n) => void write(n + 1, at));
        const status = name === 'orders' ? { status: 'done' } : {};
        const all = await pages(name, { limit: 500, ...status });
        let written = 0;
        const rows = await pages(
          name,
          { ...status, limit, order: oldest ? 'oldest' : 'newest' },
          async () => {
            const at = during[written];
            written += 1;
            if (at !== undefined) write(1_000 + written, at);
          },
        );
        const ids = rows.map((row) => row[idOf[name]]);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toEqual(expect.arrayContaining(all.map((row) => row[idOf[name]])));
        const atMs = rows.map((row) => Number(row['atMs'] ?? row['doneAtMs']));
        expect(atMs).toEqual(atMs.toSorted((a, b) => (oldest ? a - b : b - a)));
      });
      await fc.assert(property, { numRuns: 60 });
    },
  );
});

describe('times', () => {
  beforeEach(() => {
    for (let n = 1; n <= 9; n += 1) account.clear(n, startMs + n);
  });
  const frames = (rows: Record<string, unknown>[]) =>
    rows.map((row) => Number(String(row['businessId']).split('#')[1]));

  test('from counts and to does not, whichever way round', async () => {
    const range = { from: startMs + 3, to: startMs + 6 };
    expect(frames((await list('entries', range)).rows)).toEqual([5, 4, 3]);
    expect(frames((await list('entries', { ...range, order: 'oldest' })).rows)).toEqual([3, 4, 5]);
    expect(frames(await pages('entries', { ...range, limit: 1 }))).toEqual([5, 4, 3]);
    expect(frames(await pages('entries', { ...range, limit: 1, order: 'oldest' }))).toEqual([
      3, 4, 5,
    ]);
  });

  test('an empty time is an empty list', async () => {
    const { status, rows, body } = await list('entries', { from: startMs, to: startMs });
    expect({ status, rows, cursor: body.cursor }).toEqual({
      status: 200,
      rows: [],
      cursor: undefined,
    });
  });

  test.each([
    ['that ends before it begins', { from: 2, to: 1 }, 'from'],
    ['before all time', { from: '-1' }, 'from'],
    ['after all numbers', { to: '99999999999999999' }, 'to'],
    ['in words', { from: 'yesterday' }, 'from'],
    ['of another order', { order: 'best' }, 'order'],
  ])('a range %s is refused', async (_, query, path) => {
    for (const name of ['entries', 'fills', 'orders', 'deposits', 'withdrawals'] as const) {
      const { status, body } = await list(name, query as never);
      expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
      expect(body.details[0].path).toBe(path);
    }
  });
});

describe('filters', () => {
  beforeEach(async () => {
    await account.deposit(2_000_000, startMs + 1);
    await account.ledger.deposit({
      ...{ operationId: 'eth', account: owner, asset: 'ETH', units: units(5), atMs: startMs + 2 },
    });
    account.clear(7, startMs + 3);
    account.trade(7, startMs + 3);
    account.finish(1, startMs + 4);
  });

  test('entries of a business, an asset, a market', async () => {
    const kinds = async (query: object) =>
      (await list('entries', query as never)).rows.map((row) => row['business']);
    expect(await kinds({ business: 'clearing' })).toEqual(['clearing']);
    expect(await kinds({ asset: 'ETH' })).toEqual(['deposit']);
    expect(await kinds({ asset: 'USDC', business: 'deposit' })).toEqual(['deposit']);
    expect(await kinds({ market: 'ETH-USDC' })).toEqual(['clearing']);
    expect(await kinds({ market: 'BTC-USDC' })).toEqual([]);
    expect((await list('entries', { market: 'A-B' })).body.code).toBe('unknown_market');
    expect((await list('entries', { business: 'theft' })).body.code).toBe('invalid_request');
  });

  test('a filter that hides most rows costs bounded work: pages are short, and their cursors lead to all that there is', async () => {
    for (let n = 100; n < 5_100; n += 1) account.clear(n, startMs + n);
    const first = await list('entries', { business: 'deposit', limit: 10 });
    expect(first.rows).toEqual([]);
    expect(first.body.cursor).toBeDefined();
    const rows = await pages('entries', { business: 'deposit', limit: 10 });
    expect(rows.map((row) => row['businessId'])).toEqual(['eth', 'deposit-2000000']);
  });

  test('fills of one order', async () => {
    expect((await list('fills', { digest: digest(1) })).rows).toHaveLength(1);
    expect((await list('fills', { digest: digest(2) })).rows).toEqual([]);
  });
});

describe('one business event', () => {
  beforeEach(async () => {
    await account.deposit(2_000_000, startMs + 1);
    const wish = { withdrawalId: 'w-1', account: owner, asset: 'USDC', units: units(500_000) };
    await account.ledger.demandWithdrawal({ ...wish, atMs: startMs + 5 });
    await account.ledger.holdWithdrawal({ ...wish, atMs: startMs + 6 });
    account.clear(7, startMs + 3);
    const run = { pk: 'RUNS#majors', sk: '0000000000000007', atMs: startMs + 3 };
    account.items.put('ledger', { ...run, groupId: 'majors', toFrame: 7 });
    account.clear(70, startMs + 3);
  });
  const kinds = async (businessId: string) =>
    (await list('entries', { businessId })).rows.map((row) => row['business']);

  test('is found by its id alone: an operation, a run, a withdrawal with all its steps', async () => {
    expect(await kinds('deposit-2000000')).toEqual(['deposit']);
    expect(await kinds('majors#7')).toEqual(['clearing']);
    expect(await kinds('w-1:hold')).toEqual(['withdraw_hold']);
    await account.ledger.returnWithdrawal({ withdrawalId: 'w-1', atMs: startMs + 7 });
    expect(await kinds('w-1')).toEqual(['withdraw_hold', 'withdraw_return']);
    expect(await kinds('nothing')).toEqual([]);
    const { body } = await list('entries', { businessId: 'w-1', asset: 'USDC' });
    expect(body).toMatchObject({ code: 'invalid_request', details: [{ path: 'asset' }] });
  });

  test("of another account shows nothing but one's own side", async () => {
    const stranger = { operationId: 'theirs', account: '0xother', asset: 'USDC' };
    await account.ledger.deposit({ ...stranger, units: units(7), atMs: startMs });
    expect(await kinds('theirs')).toEqual([]);
    expect((await list('deposits', { businessId: 'theirs' })).rows).toEqual([]);
    const wish = { withdrawalId: 'their-w', account: '0xother', asset: 'USDC', units: units(1) };
    await account.ledger.holdWithdrawal({ ...wish, atMs: startMs });
    expect((await list('withdrawals', { businessId: 'their-w' })).rows).toEqual([]);
  });

  test('a deposit and a withdrawal are one row each, with status and times', async () => {
    const deposit = { depositId: 'deposit-2000000', asset: 'USDC', amount: '2' };
    const credited = { ...deposit, status: 'credited', atMs: startMs + 1 };
    expect((await list('deposits')).rows).toEqual([credited]);
    expect((await list('deposits', { businessId: 'deposit-2000000' })).rows).toEqual([credited]);
    expect((await list('deposits', { asset: 'ETH' })).rows).toEqual([]);
    const held = {
      ...{ withdrawalId: 'w-1', asset: 'USDC', amount: '0.5', status: 'held' },
      ...{ askedAtMs: startMs + 5, heldAtMs: startMs + 6 },
    };
    expect((await list('withdrawals')).rows).toEqual([held]);
    await account.ledger.finishWithdrawal({ withdrawalId: 'w-1', atMs: startMs + 9 });
    const finished = { ...held, status: 'finished', endedAtMs: startMs + 9 };
    expect((await list('withdrawals', { businessId: 'w-1' })).rows).toEqual([finished]);
    expect((await list('withdrawals', { from: startMs + 6 })).rows).toEqual([]);
  });
});
