import { beforeEach, describe, expect, test } from 'vitest';
import { httpHandler, refuse } from '#cloud/http-edge.ts';
import { exportFilters, exportKinds } from '#wire/export-request.ts';
import type { RouteOf } from '#wire/routes.ts';
import { runExport } from '../../functions/exports/run-export.ts';
import { statementRoutes } from '../../functions/statements/statement-routes.ts';
import { demoDirectory } from './demo-catalog.ts';
import { type ExportedAccount, exportedAccount, owner, startMs } from './exported-account.ts';
import { type Call, call, silentLogger } from './http-call.ts';

const stranger = '0x00000000000000000000000000000000000000b2';
let account: ExportedAccount;
let handler: ReturnType<typeof httpHandler<'statements'>>;
beforeEach(() => {
  account = exportedAccount();
  const routes = statementRoutes({
    exports: account.store,
    markets: demoDirectory,
    send: account.ports.send,
    urlOf: async (key, { seconds }) => `https://files/${key}?for=${seconds}`,
    clock: { nowMs: account.nowMs },
    verifySession: async (token) => {
      const found = { owner, stranger }[token];
      return found ? { account: found, expiresAtMs: 0 } : refuse('bad_session');
    },
  });
  handler = httpHandler('statements', routes, { logger: silentLogger });
});

const as = (token: string, route: RouteOf<'statements'>, request: Call = {}) =>
  call(handler, route, { ...request, headers: { authorization: `Bearer ${token}` } });
const body = (some: object = {}) => ({
  ...{ kind: 'entries', format: 'csv', from: startMs, to: startMs + 1_000 },
  ...some,
});
const asked = (some: object = {}, token = 'owner') =>
  as(token, 'POST /v1/account/exports', { body: body(some) });
const shown = (exportId: string, token = 'owner') =>
  as(token, 'GET /v1/account/exports/{exportId}', { path: { exportId } });

describe('asking for an export', () => {
  test('is answered at once and sent to who writes it', async () => {
    const { status, body: answer } = await asked({ exportId: 'mine' });
    expect({ status, ...answer }).toMatchObject({
      ...{ status: 'queued', exportId: 'mine', kind: 'entries' },
      progress: { rows: 0, fromMs: startMs, toMs: startMs + 1_000, atMs: startMs, percent: 0 },
    });
    expect(account.sent).toEqual([{ account: owner, exportId: 'mine', delaySeconds: 0 }]);
  });

  test('waits until the last rows of its time are surely there', async () => {
    const to = account.nowMs() - 1_000;
    await asked({ to });
    expect(account.sent).toMatchObject([{ delaySeconds: 9 }]);
  });

  test('again, by its id or by its content, asks for nothing new', async () => {
    const first = await asked();
    const again = await asked();
    expect(first.status).toBe(202);
    expect(again.body).toEqual({ ...first.body, repeated: true });
    expect((await asked({ format: 'json' })).body.exportId).not.toBe(first.body.exportId);
    await asked({ exportId: 'mine' });
    expect(await asked({ exportId: 'mine', format: 'json' })).toMatchObject({
      status: 409,
      body: { code: 'export_id_taken' },
    });
  });

  test('many times at once with one id makes one export', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => asked({ exportId: 'mine' })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(answers.filter(({ body: { repeated } }) => !repeated)).toHaveLength(1);
    expect(await account.store.open({ limit: 10 })).toHaveLength(1);
  });

  test('more than ten that are not over, or fifty a day, is refused', async () => {
    for (let n = 0; n < 10; n += 1) expect((await asked({ exportId: `e${n}` })).status).toBe(202);
    const refused = { status: 429, body: { code: 'too_many_exports' } };
    expect(await asked({ exportId: 'e10' })).toMatchObject(refused);
    expect((await asked({ exportId: 'e10' }, 'stranger')).status).toBe(202);
    const end = async (n: number) =>
      runExport({ account: owner, exportId: `e${n}` }, account.ports);
    for (let n = 0; n < 50; n += 1) {
      await end(n);
      if (n < 40) expect((await asked({ exportId: `e${n + 10}` })).status).toBe(202);
    }
    expect(await asked({ exportId: 'e50' })).toMatchObject({
      ...refused,
      body: { details: { dailyAtMost: 50 } },
    });
    account.pass(86_400_000);
    expect((await asked({ exportId: 'e50' })).status).toBe(202);
  });
});

describe('what cannot be exported', () => {
  const day = 86_400_000;
  test.each([
    ['nothing', { from: startMs, to: startMs }, 'from'],
    ['a time that ends before it begins', { from: startMs + 1, to: startMs }, 'from'],
    ['more than a year', { from: startMs - 366 * day, to: startMs + 1 }, 'from'],
    ['what has not happened yet', { to: startMs + 3_600_001 }, 'to'],
    ['a time with a fraction', { from: 0.5 }, 'from'],
    ['another kind', { kind: 'secrets' }, 'kind'],
    ['another format', { format: 'pdf' }, 'format'],
    ['under an id that could be a path', { exportId: '../x' }, 'exportId'],
    ['an unknown business', { filters: { business: 'theft' } }, 'filters.business'],
  ])('%s is refused, and where the fault is', async (_, some, path) => {
    const { status, body: answer } = await asked(some);
    expect({ status, code: answer.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(answer.details.map((each: { path: string }) => each.path)).toEqual([path]);
    expect(account.sent).toEqual([]);
  });

  test.each(exportKinds)('%s with a filter that they do not have', async (kind) => {
    const values = { asset: 'USDC', market: 'ETH-USDC', business: 'deposit' };
    for (const [name, value] of Object.entries(values)) {
      const has = (exportFilters[kind] as readonly string[]).includes(name);
      const { status, body: answer } = await asked({ kind, filters: { [name]: value } });
      expect(status).toBe(has ? 202 : 400);
      if (!has) expect(answer.code).toBe('unknown_field');
    }
  });

  test('of an asset or market that is not listed', async () => {
    expect(await asked({ filters: { asset: 'DOGE' } })).toMatchObject({
      body: { code: 'unknown_asset' },
    });
    expect(await asked({ filters: { market: 'A-B' } })).toMatchObject({
      body: { code: 'unknown_market' },
    });
  });
});

describe('an export that is shown', () => {
  test('has a URL for a quarter of an hour once its file is there, for a week', async () => {
    await account.deposit(1_000_000, startMs);
    await asked({ exportId: 'mine' });
    expect((await shown('mine')).body.url).toBeUndefined();
    await runExport({ account: owner, exportId: 'mine' }, account.ports);
    const { body: done } = await shown('mine');
    expect(done).toMatchObject({
      ...{ status: 'done', url: `https://files/exports/${owner}/name-1.csv?for=900` },
      urlExpiresAtMs: account.nowMs() + 900_000,
      expiresAtMs: account.nowMs() + 7 * 86_400_000,
      bytes: (await account.text('mine')).length,
      progress: { rows: 1, atMs: startMs + 1_000, percent: 100 },
    });
    account.pass(7 * 86_400_000);
    const { body: old } = await shown('mine');
    expect({ status: old.status, url: old.url }).toEqual({ status: 'done', url: undefined });
  });

  test("is its owner's only", async () => {
    await asked({ exportId: 'mine' });
    expect(await shown('mine', 'stranger')).toMatchObject({ status: 404 });
    expect((await as('stranger', 'GET /v1/account/exports')).body).toEqual({ exports: [] });
  });

  test('is listed with the others, the newest first', async () => {
    for (const exportId of ['b', 'a', 'c']) {
      await asked({ exportId });
      account.pass(1);
    }
    const { body: list } = await as('owner', 'GET /v1/account/exports');
    expect(list.exports.map(({ exportId }: { exportId: string }) => exportId)).toEqual([
      'c',
      'a',
      'b',
    ]);
  });

  test('shows nothing without a session', async () => {
    for (const route of [
      'POST /v1/account/exports',
      'GET /v1/account/exports',
      'GET /v1/account/exports/{exportId}',
    ] as const) {
      expect(await call(handler, route)).toMatchObject({ status: 401 });
      expect(await as('forged', route)).toMatchObject({ status: 401 });
    }
  });
});
