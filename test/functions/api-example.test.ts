import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { Wallet } from 'ethers';
import { expect, test } from 'vitest';
import { httpHandler } from '#cloud/http-edge.ts';
import { marketRoutes } from '../../functions/markets/market-routes.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { chainPlaces } from './chain-places.ts';
import { demoDigests, demoDirectory, demoDomain, demoGroups } from './demo-catalog.ts';
import { engineMatchers } from './engine-matchers.ts';
import { call, silentLogger } from './http-call.ts';
import { ownRights } from './own-rights.ts';

const clock = { nowMs: () => 1_800_000_000_000, monotonicMs: () => 0 };
const page = readFileSync(new URL('../../docs/api/README.md', import.meta.url), 'utf8');
const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];

test('the example in docs/api places an order', async () => {
  const printed: unknown[] = [];
  const run = new Function(
    ...['Wallet', 'fetch', 'console'],
    `return (async () => {${stripTypeScriptTypes(example.replace(/^import .*$/m, ''))}})()`,
  );
  await run(Wallet, exchange(), { log: (value: unknown) => printed.push(value) });
  expect(printed).toMatchObject([
    { status: 'accepted', order: { price: '1850.25', size: '0.5', clientOrderId: 'my-first' } },
  ]);
});

/** The routes that the example calls, as `fetch`; its faucet grants straight to the matcher. */
function exchange() {
  const matchers = engineMatchers(clock);
  const logger = { logger: silentLogger };
  const history = {
    trades: async () => [],
    candles: async () => [],
    ticker: async () => undefined,
  };
  const directory = { directory: demoDirectory, groups: demoGroups };
  const ports = { matchers: matchers.client, history, clock, ...directory };
  const markets = httpHandler(
    'markets',
    marketRoutes({ ...ports, signingDomain: demoDomain, chain: chainPlaces }),
    logger,
  );
  const orders = httpHandler(
    'orders',
    orderRoutes({
      matchers: matchers.client,
      markets: demoDirectory,
      groups: demoGroups,
      digestOf: demoDigests,
      ...ownRights,
      verifySession: async () => ({ refused: 'bad_session' }),
      newCommandId: () => 'c',
    }),
    logger,
  );
  return async (url: string, { method = 'GET', body = '' } = {}) => {
    const route = `${method} ${new URL(url).pathname}`;
    if (route === 'POST /v1/faucet') {
      matchers.grant('majors', JSON.parse(body).account, 'USDC', 100_000_000_000);
      return { json: async () => ({}) };
    }
    const handler = route === 'POST /v1/orders' ? orders : markets;
    const answer = await call(handler, route, body ? { text: body } : {});
    return { json: async () => answer.body };
  };
}
