import { beforeEach, describe, expect, test } from 'vitest';
import { httpHandler, refuse } from '#cloud/http-edge.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { demoDigests, demoDirectory, demoGroups } from './demo-catalog.ts';
import { type EngineMatchers, engineMatchers } from './engine-matchers.ts';
import { type Call, call, silentLogger } from './http-call.ts';
import { ownRights } from './own-rights.ts';
import { aliceKey, bobKey, trader } from './trader.ts';

let nowMs: number;
const clock = { nowMs: () => nowMs };
const alice = trader(aliceKey, clock);
const bob = trader(bobKey, clock);
const ether = 10n ** 18n;

let directoryFails: boolean;
/** Groups whose leader answers, and takes nothing. */
let refusing: Map<string, 'busy' | 'not_leader'>;
let matchers: EngineMatchers;
let handler: ReturnType<typeof httpHandler<'orders'>>;

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  directoryFails = false;
  refusing = new Map();
  matchers = engineMatchers(clock);
  for (const groupId of demoGroups) matchers.grant(groupId, alice.account, 'USDC', 100_000_000_000);
  matchers.grant('majors', bob.account, 'ETH', 1_000_000_000);
  let ids = 0;
  const routes = orderRoutes({
    matchers: {
      async send(groupId, commands) {
        const code = refusing.get(groupId);
        if (!code) return matchers.client.send(groupId, commands);
        const results = commands.map((each): CommandResult => {
          const commandId = each.type === 'place' ? each.digest : each.commandId;
          return { status: 'refused', commandId, code };
        });
        return { epoch: 1, results };
      },
    },
    markets: {
      ...demoDirectory,
      async find(id) {
        if (directoryFails) throw new Error('the table does not answer');
        return demoDirectory.find(id);
      },
    },
    groups: demoGroups,
    digestOf: demoDigests,
    ...ownRights,
    verifySession: async (token) =>
      token === 'alice' ? { account: alice.account, expiresAtMs: 0 } : refuse('bad_session'),
    newCommandId: () => `0x${String(++ids).padStart(64, '0')}`,
  });
  handler = httpHandler('orders', routes, { logger: silentLogger });
});

const sol = { baseAsset: '0x501', baseAmount: 10n ** 9n, quoteAmount: 100_000_000n };
const place = async (changes: Parameters<typeof alice.signed>[0] = {}, who = alice) =>
  (await call(handler, 'POST /v1/orders', { body: await who.signed(changes) })).body.digest;
const placeSol = () => place({ ...sol, terms: 'SOL-USDC limit gtc' });
const statusOf = async (groupId: string, digest: string) =>
  (await matchers.client.order(groupId, digest))?.status;
const asAlice = (request: Call = {}, token = 'alice'): Call => ({
  ...request,
  headers: { authorization: `Bearer ${token}` },
});

describe('amending', () => {
  const amend = async (digest: string, newAmount: bigint, more: object = {}) =>
    call(handler, 'POST /v1/orders/amend', {
      body: await alice.signedAmend(digest, newAmount, more),
    });
  const patch = (digest: string, body: unknown, token?: string) =>
    call(handler, 'PATCH /v1/orders/{digest}', asAlice({ path: { digest }, body }, token));

  test('a signed Amend makes an order smaller and shows it as it is then', async () => {
    const digest = await place();
    const { status, body } = await amend(digest, ether / 4n);
    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ status: 'accepted', digest, sequence: expect.any(Number) },
      order: expect.objectContaining({ digest, size: '0.25', status: 'open' }),
    });
  });

  test('a session amends its own order', async () => {
    const digest = await place();
    const { body } = await patch(digest, { newAmount: (ether / 2n).toString() });
    expect(body.order).toMatchObject({ size: '0.5' });
  });

  test('the same Amend sent again is taken once', async () => {
    const digest = await place();
    const body = await alice.signedAmend(digest, ether / 2n);
    const first = await call(handler, 'POST /v1/orders/amend', { body });
    const again = await call(handler, 'POST /v1/orders/amend', { body });
    expect(again.body).toMatchObject({ repeated: true, sequence: first.body.sequence });
  });

  test.each<[string, bigint, number, string]>([
    ['no smaller', ether, 422, 'size_not_smaller'],
    ['larger', 2n * ether, 422, 'size_not_smaller'],
    ['between lots', ether / 2n + 1n, 422, 'size_off_lot'],
    ['nothing', 0n, 422, 'size_too_small'],
  ])(
    'an amount that is %s is refused, and the order stays as it is',
    async (_, amount, status, code) => {
      const digest = await place();
      const before = matchers.stateHashes();
      expect(await amend(digest, amount)).toMatchObject({
        status,
        body: { code, details: { digest } },
      });
      expect(matchers.stateHashes()).toEqual(before);
    },
  );

  test('nobody amends what another owns, signs for another or is not there', async () => {
    const digest = await place();
    const bobs = await bob.signedAmend(digest, ether / 2n);
    const asBob = await call(handler, 'POST /v1/orders/amend', { body: bobs });
    expect(asBob).toMatchObject({ status: 403, body: { code: 'not_owner' } });
    const forged = await bob.signedAmend(digest, 1n, { account: alice.account });
    const asForger = await call(handler, 'POST /v1/orders/amend', { body: forged });
    expect(asForger).toMatchObject({ status: 401, body: { code: 'bad_signature' } });
    const nowhere = await amend(`0x${'00'.repeat(32)}`, 1n);
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'unknown_order' } });
    expect(await patch(digest, { newAmount: '1' }, 'forged')).toMatchObject({ status: 401 });
  });

  test.each<[unknown, string]>([
    [{}, 'invalid_request'],
    [{ newAmount: 5 }, 'invalid_request'],
    [{ newAmount: '-1' }, 'invalid_request'],
    [{ newAmount: '1e3' }, 'invalid_request'],
    [{ newAmount: (1n << 128n).toString() }, 'invalid_request'],
    [{ newAmount: '1', size: '1' }, 'unknown_field'],
  ])('%o is no amendment: %s', async (body, code) => {
    const digest = await place();
    expect(await patch(digest, body)).toMatchObject({ status: 400, body: { code } });
    expect(matchers.sent).toHaveLength(1);
  });
});

describe('a command about one order', () => {
  const cancel = (digest: string) =>
    call(handler, 'DELETE /v1/orders/{digest}', asAlice({ path: { digest } }));

  test.each(['busy', 'not_leader'] as const)(
    'that its group has taken is done, however %s another is',
    async (code) => {
      const digest = await placeSol();
      refusing.set('majors', code);
      expect(await cancel(digest)).toMatchObject({ status: 200, body: { status: 'accepted' } });
    },
  );

  test('that one group has not looked for is not called unknown', async () => {
    refusing.set('majors', 'busy');
    expect(await cancel(`0x${'00'.repeat(32)}`)).toMatchObject({ body: { code: 'busy' } });
  });

  test('that is done is not called failed where the directory cannot be read', async () => {
    const digest = await place();
    directoryFails = true;
    expect(await cancel(digest)).toMatchObject({
      status: 200,
      body: { status: 'accepted', digest, fills: [] },
    });
    expect(await statusOf('majors', digest)).toBe('cancelled');
  });
});

describe('cancelling all', () => {
  const cancelAll = (query: Record<string, string> = {}, token?: string) =>
    call(handler, 'DELETE /v1/orders', asAlice({ query }, token));

  test('ends the orders of every pair group, and says how many in each', async () => {
    const digests = [await place(), await place(), await placeSol()];
    const { status, body } = await cancelAll();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      cancelled: 3,
      groups: [
        { group: 'majors', status: 'accepted', cancelled: 2 },
        { group: 'alts', status: 'accepted', cancelled: 1 },
      ],
    });
    expect(await statusOf('majors', digests[0] ?? '')).toBe('cancelled');
    expect(await statusOf('alts', digests[2] ?? '')).toBe('cancelled');
  });

  test('of one market or side leaves the others alone', async () => {
    const eth = await place();
    const other = await placeSol();
    expect((await cancelAll({ market: 'SOL-USDC' })).body).toMatchObject({
      cancelled: 1,
      groups: [{ group: 'alts' }],
    });
    expect((await cancelAll({ side: 'sell' })).body.cancelled).toBe(0);
    expect(await statusOf('majors', eth)).toBe('open');
    expect(await statusOf('alts', other)).toBe('cancelled');
  });

  test('is accepted where there is nothing to cancel', async () => {
    expect(await cancelAll()).toMatchObject({ status: 200, body: { cancelled: 0 } });
  });

  test('a pair group that cannot be reached is told beside those that did it', async () => {
    await place();
    matchers.takeDown('alts', 'unavailable');
    const { status, body } = await cancelAll();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      cancelled: 1,
      groups: [
        { group: 'majors', status: 'accepted', cancelled: 1 },
        { group: 'alts', status: 'refused', code: 'unavailable', message: expect.any(String) },
      ],
    });
  });

  test('a pair group whose fate nobody knows is called unknown, not refused', async () => {
    matchers.takeDown('alts', 'outcome_unknown');
    const { body } = await cancelAll();
    expect(body.groups[1]).toMatchObject({ status: 'unknown', code: 'outcome_unknown' });
  });

  test('where no pair group can be reached the request has failed', async () => {
    for (const groupId of demoGroups) matchers.takeDown(groupId, 'unavailable');
    expect(await cancelAll()).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    matchers.takeDown('alts', 'outcome_unknown');
    expect(await cancelAll()).toMatchObject({ status: 504, body: { code: 'outcome_unknown' } });
  });

  test.each<[Record<string, string>, number, string]>([
    [{ market: 'DOGE-USDC' }, 404, 'unknown_market'],
    [{ side: 'both' }, 400, 'invalid_request'],
    [{ account: bob.account }, 400, 'unknown_field'],
  ])('%o is refused: %i %s', async (query, status, code) => {
    expect(await cancelAll(query)).toMatchObject({ status, body: { code } });
    expect(matchers.sent).toEqual([]);
  });

  test('needs a session', async () => {
    await place();
    expect(await cancelAll({}, 'forged')).toMatchObject({ status: 401 });
    expect(matchers.sent).toHaveLength(1);
  });
});

describe("a dead man's switch", () => {
  const arm = (afterMs: unknown, token?: string) =>
    call(handler, 'POST /v1/orders/cancel-all-after', asAlice({ body: { afterMs } }, token));
  const pass = (ms: number) => {
    nowMs += ms;
    for (const groupId of demoGroups) matchers.ring(groupId);
  };

  test('ends all orders once its time is over, and says when that is', async () => {
    const digests = [await place(), await placeSol()] as const;
    const { status, body } = await arm(10_000);
    expect(status).toBe(200);
    expect(body.groups).toMatchObject(
      demoGroups.map((group) => ({ group, status: 'accepted', switchAtMs: nowMs + 10_000 })),
    );
    pass(9_999);
    expect(await statusOf('majors', digests[0])).toBe('open');
    pass(1);
    expect(await statusOf('majors', digests[0])).toBe('cancelled');
    expect(await statusOf('alts', digests[1])).toBe('cancelled');
  });

  test('starts anew when it is sent again, and never fires once disarmed', async () => {
    const digest = await place();
    await arm(10_000);
    pass(9_000);
    await arm(10_000);
    pass(9_000);
    expect(await statusOf('majors', digest)).toBe('open');
    const { body } = await arm(0);
    expect(body.groups[0]).toEqual({
      ...{ group: 'majors', status: 'accepted', sequence: expect.any(Number) },
    });
    pass(60_000);
    expect(await statusOf('majors', digest)).toBe('open');
  });

  test('a pair group that was not told is named', async () => {
    matchers.takeDown('majors', 'busy');
    const { status, body } = await arm(5_000);
    expect(status).toBe(200);
    expect(body.groups).toMatchObject([
      { group: 'majors', status: 'refused', code: 'busy' },
      { group: 'alts', status: 'accepted' },
    ]);
  });

  test.each([999, -1, 86_400_001, 1_000.5, '5000', null, undefined])(
    'no time: %s',
    async (afterMs) => {
      expect(await arm(afterMs)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(matchers.sent).toEqual([]);
    },
  );

  test('needs a session', async () => {
    expect(await arm(5_000, 'forged')).toMatchObject({ status: 401 });
    expect(matchers.sent).toEqual([]);
  });
});
