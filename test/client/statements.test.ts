import { beforeEach, describe, expect, test } from 'vitest';
import { createRest } from '#client/rest.ts';
import { createStatements, type Statements } from '#client/statements.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import type { ExportJson } from '#wire/rest-api.ts';
import { httpRoutes } from '#wire/routes.ts';
import { accountRoutes } from '../../functions/accounts/account-routes.ts';
import { type ExportPorts, runExport } from '../../functions/exports/run-export.ts';
import { statementRoutes } from '../../functions/statements/statement-routes.ts';
import { demoDirectory, demoGroups } from '../functions/demo-catalog.ts';
import { engineMatchers } from '../functions/engine-matchers.ts';
import {
  type ExportedAccount,
  exportedAccount,
  owner,
  startMs,
} from '../functions/exported-account.ts';
import { call, silentLogger } from '../functions/http-call.ts';

let account: ExportedAccount;
let statements: Statements;
let requests: string[];
/** URLs that are no longer good. */
let lapsed: number;

beforeEach(() => {
  account = exportedAccount();
  requests = [];
  lapsed = 0;
  const send = exchange();
  statements = createStatements({
    rest: createRest({ apiUrl: 'http://localhost:8080', fetch: send, wait: async () => undefined }),
    asOwner: (ask) => ask('token'),
    newId: () => `id-${requests.length}`,
    fetch: send,
    // While a client waits, the exchange works.
    wait: async () => {
      const message = account.sent.shift();
      if (message) await runExport(message, running());
    },
  });
});

/** Runs end soon, so that a file takes some of them. */
const running = (): ExportPorts => ({ ...account.ports, leftMs: () => 0 });

function exchange(): typeof fetch {
  const { ledger, statements: store, history } = account;
  const verifySession = async () => ({ account: owner, expiresAtMs: 0 });
  const common = { markets: demoDirectory, verifySession };
  const matchers = engineMatchers({ nowMs: () => startMs }).client;
  const accounts = accountRoutes({
    ...{ ...common, ledger, statements: store, history, matchers, groups: demoGroups },
  });
  const files = statementRoutes({
    ...{ ...common, exports: account.store, send: account.ports.send },
    urlOf: async (key) => `http://files/${key}`,
    clock: { nowMs: account.nowMs },
  });
  const logger = { logger: silentLogger };
  const handlers = {
    accounts: httpHandler('accounts', accounts, logger),
    statements: httpHandler('statements', files, logger),
  };
  return async (asked, { method = 'GET', body } = {}) => {
    const { host, pathname, searchParams } = new URL(String(asked));
    requests.push(`${method} ${pathname}`);
    if (host === 'files') {
      if (lapsed-- > 0) return new Response('AccessDenied', { status: 403 });
      return new Response(Buffer.from(account.files.files.get(pathname.slice(1)) ?? []));
    }
    const name = pathname.includes('exports') ? 'statements' : 'accounts';
    const exportId = pathname.split('/exports/')[1];
    const template = exportId === undefined ? pathname : '/v1/account/exports/{exportId}';
    const route = httpRoutes[name].find((each) => each === `${method} ${template}`) ?? 'none';
    const answer = await call(handlers[name], route, {
      query: Object.fromEntries(searchParams),
      headers: { authorization: 'Bearer token' },
      ...(exportId === undefined ? {} : { path: { exportId } }),
      ...(body ? { text: String(body) } : {}),
    });
    return new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 });
  };
}

const wish = { kind: 'entries', format: 'csv', from: startMs, to: startMs + 60_000 } as const;

describe('a client', () => {
  test('goes through all pages, short ones too', async () => {
    await account.deposit(5_000_000, startMs);
    for (let n = 1; n <= 1_700; n += 1) account.clear(n, startMs + n);
    const found: string[] = [];
    for await (const { businessId } of statements.everyEntry({ business: 'deposit' }))
      found.push(businessId);
    expect(found).toEqual(['deposit-5000000']);
    let entries = 0;
    for await (const _ of statements.everyEntry({ order: 'oldest' })) entries += 1;
    expect(entries).toBe(1_701);
    expect(await statements.entriesOf('deposit-5000000')).toMatchObject([{ available: '5' }]);
  });

  test('lists fills, finished orders, deposits and withdrawals', async () => {
    account.trade(7, startMs);
    account.finish(1, startMs);
    await account.deposit(1_000_000, startMs);
    expect((await statements.fills({ market: 'ETH-USDC' })).fills).toHaveLength(1);
    expect((await statements.orders()).orders).toMatchObject([{ status: 'filled' }]);
    expect((await statements.deposits({ asset: 'USDC' })).deposits).toMatchObject([
      { amount: '1' },
    ]);
    expect((await statements.withdrawals()).withdrawals).toEqual([]);
  });

  test('waits for a file, hears how far it is, and reads it as it comes', async () => {
    for (let n = 1; n <= 2_500; n += 1) account.clear(n, startMs + n * 20);
    const told: ExportJson[] = [];
    const { export: done, body } = await statements.file(wish, {
      onProgress: (at) => told.push(at),
    });
    const text = await new Response(body).text();
    expect(text.split('\r\n')).toHaveLength(2_502);
    expect(done).toMatchObject({ status: 'done', progress: { rows: 2_500, percent: 100 } });
    const percents = told.map(({ progress }) => progress.percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(new Set(percents).size).toBeGreaterThan(2);
  });

  test('asks for another URL where the first has lapsed', async () => {
    lapsed = 1;
    const { body } = await statements.file(wish);
    expect(await new Response(body).text()).toMatch(/^time,/);
    lapsed = 2;
    await expect(statements.file(wish)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('asks for one file with one id, however often', async () => {
    await statements.file({ ...wish, exportId: 'mine' });
    await statements.file({ ...wish, exportId: 'mine' });
    expect(await statements.exports()).toMatchObject([{ exportId: 'mine', status: 'done' }]);
  });

  test('is told when a file cannot be written', async () => {
    account.ports.files.begin = async () => Promise.reject(new Error('no S3'));
    await expect(statements.file(wish)).rejects.toMatchObject({ code: 'export_failed' });
    const range = statements.file({ ...wish, to: account.nowMs() + 1 });
    await expect(range).rejects.toMatchObject({ code: 'invalid_request', status: 400 });
  });
});
