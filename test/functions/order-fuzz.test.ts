import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { httpHandler } from '#cloud/http-edge.ts';
import { doorRefusals, engineRefusals } from '#domain/refusal.ts';
import type { RouteOf } from '#wire/routes.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { demoDigests, demoDirectory, demoGroups } from './demo-catalog.ts';
import { type EngineMatchers, engineMatchers } from './engine-matchers.ts';
import { call, silentLogger } from './http-call.ts';
import { ownRights } from './own-rights.ts';
import { aliceKey, trader } from './trader.ts';

const clock = { nowMs: () => 1_800_000_000_000 };
const alice = trader(aliceKey, clock);
const digest = `0x${'ab'.repeat(32)}`;
const codes: ReadonlySet<string> = new Set([...engineRefusals, ...doorRefusals]);

let matchers: EngineMatchers;
let handler: ReturnType<typeof httpHandler<'orders'>>;
/** Bodies that would be taken, by route. */
let good: [RouteOf<'orders'>, unknown][];

beforeAll(async () => {
  matchers = engineMatchers(clock);
  let ids = 0;
  const routes = orderRoutes({
    matchers: matchers.client,
    markets: demoDirectory,
    groups: demoGroups,
    digestOf: demoDigests,
    ...ownRights,
    verifySession: async () => ({ account: alice.account, expiresAtMs: 0 }),
    newCommandId: () => `0x${String(++ids).padStart(64, '0')}`,
  });
  handler = httpHandler('orders', routes, { logger: silentLogger });
  const order = await alice.signed({ terms: 'ETH-USDC stop_limit gtd trigger=2100 display=0.5' });
  good = [
    ['POST /v1/orders', order],
    ['POST /v1/orders/batch', { orders: [order] }],
    ['POST /v1/orders/cancel', await alice.signedCancel(digest)],
    ['POST /v1/orders/amend', await alice.signedAmend(digest, 5n)],
    ['PATCH /v1/orders/{digest}', { newAmount: '5' }],
    ['POST /v1/orders/cancel-all-after', { afterMs: 5_000 }],
  ];
});

/** Answers as the API answers, and never by an accident of ours. */
async function send(route: RouteOf<'orders'>, body: unknown, query: Record<string, string> = {}) {
  const headers = { authorization: 'Bearer alice' };
  const { status = 500, body: answer } = await call(handler, route, {
    ...{ body, query, path: { digest }, headers },
  });
  expect(status).toBeLessThan(500);
  if (status >= 400) expect(codes).toContain(answer.code);
  return status;
}

const anything = fc.jsonValue({ maxDepth: 3 });
/** Where a body is changed, and into what. */
const spoiling = fc.record({ at: fc.nat(40), into: fc.option(anything, { nil: undefined }) });

describe('whatever is sent to the doors of orders', () => {
  test('arbitrary JSON is refused with a code and reaches no matcher', async () => {
    matchers.sent.length = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(5), anything, async (at, body) => {
        const [route] = good[at] ?? expect.fail();
        // An armed or disarmed switch is the one body that JSON may hit by chance.
        fc.pre(typeof (body as { afterMs?: unknown } | null)?.afterMs !== 'number');
        expect(await send(route, body)).toBeGreaterThanOrEqual(400);
      }),
      { numRuns: 500 },
    );
    expect(matchers.sent).toEqual([]);
  });

  test('a good body with one value spoiled is refused, or means what it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), spoiling, async (at, change) => {
        const [route, body] = good[at] ?? expect.fail();
        const before = matchers.stateHashes();
        const status = await send(route, spoiled(body, change));
        if (status >= 400) expect(matchers.stateHashes()).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test('arbitrary queries are refused with a code', async () => {
    const key = fc.constantFrom('market', 'side', 'limit', '__proto__');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, fc.string()), async (query) => {
        await send('DELETE /v1/orders', undefined, query);
        await send('DELETE /v1/orders/{digest}', undefined, query);
      }),
    );
  });
});

/** The body with its nth value, counted in reading order, replaced or left out. */
function spoiled(body: unknown, { at, into }: { at: number; into?: unknown }): unknown {
  let left = at;
  const visit = (value: unknown): unknown => {
    if (left-- === 0) return into;
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, visit(each)]));
  };
  return visit(body);
}
