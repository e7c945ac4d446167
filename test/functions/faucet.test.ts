import { beforeEach, describe, expect, test } from 'vitest';
import type { FaucetStore } from '#cloud/faucet-store.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { type FaucetPorts, type Gift, giveFunds } from '../../functions/faucet/give-funds.ts';
import { minting } from '../../functions/faucet/minting.ts';
import { demoCatalog } from './demo-catalog.ts';
import { call, silentLogger } from './http-call.ts';

const account = `0x${'aa'.repeat(20)}`;
let nowMs: number;
let mints: Map<string, Gift & { token: string }>;
let coins: string[];
let fail: number;
let handler: ReturnType<typeof httpHandler<'faucet'>>;

beforeEach(() => {
  nowMs = Date.parse('2026-03-01T23:59:00Z');
  mints = new Map();
  coins = [];
  fail = Number.POSITIVE_INFINITY;
  let keys = 0;
  const ports: FaucetPorts = {
    mint: async (gift) => mint(gift),
    async giveCoin({ id }) {
      coins.push(id);
      return coins.length === 1 ? '0xc' : undefined;
    },
    claims: memoryClaims(),
    assets: async () => demoCatalog.assets,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    newKey: () => `key-${++keys}`,
  };
  const routes = {
    'POST /v1/faucet': (request: Parameters<typeof giveFunds>[0]) => giveFunds(request, ports),
  };
  handler = httpHandler('faucet', routes, { logger: silentLogger });
});

function mint(wanted: Gift & { token: string }): string {
  if (mints.size >= fail) throw new Error('the table is gone');
  if (!mints.has(wanted.id)) mints.set(wanted.id, wanted);
  return `0x${[...mints.keys()].indexOf(wanted.id)}`;
}

function memoryClaims(): FaucetStore {
  const byDay = new Map<string, string[]>();
  return {
    async claim({ account: owner, day, key, limit }) {
      const id = `${owner}:${day}`;
      const claims = byDay.get(id) ?? [];
      byDay.set(id, claims);
      if (claims.includes(key)) return { slot: claims.indexOf(key), repeated: true };
      if (claims.length >= limit) return undefined;
      return { slot: claims.push(key) - 1, repeated: false };
    },
  };
}

const ask = (body: unknown) => call(handler, 'POST /v1/faucet', { body });
const given = (asset: string) =>
  [...mints.values()].reduce(
    (sum, { id, atoms }) => sum + (id.endsWith(`:${asset}`) ? atoms : 0n),
    0n,
  );

describe('the faucet', () => {
  test('gives fixed amounts of every asset', async () => {
    const { status, body } = await ask({ account });
    expect(status).toBe(201);
    expect(body).toEqual({
      account,
      amounts: [
        { asset: 'ETH', amount: '10', transactionHash: '0x0' },
        { asset: 'BTC', amount: '1', transactionHash: '0x1' },
        { asset: 'SOL', amount: '500', transactionHash: '0x2' },
        { asset: 'USDC', amount: '100000', transactionHash: '0x3' },
      ],
      coinTransactionHash: '0xc',
    });
    expect(given('USDC')).toBe(100_000_000_000n);
    expect(given('ETH')).toBe(10n * 10n ** 18n);
  });

  test('gives one asset where it is asked for one, to the account in lower case', async () => {
    const { body } = await ask({
      account: account.toUpperCase().replace('0X', '0x'),
      asset: 'BTC',
    });
    expect(body).toMatchObject({ account, amounts: [{ asset: 'BTC', amount: '1' }] });
    expect(mints.size).toBe(1);
  });

  test('gives ten times a day, and again the next day', async () => {
    for (let time = 1; time <= 10; time += 1) expect((await ask({ account })).status).toBe(201);
    expect(await ask({ account })).toMatchObject({
      status: 429,
      body: { code: 'too_many_requests' },
    });
    expect(given('BTC')).toBe(10n * 100_000_000n);
    nowMs += 60_000;
    expect((await ask({ account })).status).toBe(201);
  });

  test('gives once for one idempotencyKey', async () => {
    const request = { account, idempotencyKey: 'first' };
    await ask(request);
    expect(await ask(request)).toMatchObject({ status: 200, body: { repeated: true } });
    expect(given('ETH')).toBe(10n * 10n ** 18n);
  });

  test('finishes under the same key what a crash left undone, and gives nothing twice', async () => {
    const request = { account, idempotencyKey: 'first' };
    fail = 2;
    expect(await ask(request)).toMatchObject({ status: 500, body: { code: 'internal_error' } });
    fail = Number.POSITIVE_INFINITY;
    await ask(request);
    expect(mints.size).toBe(4);
  });

  test.each([
    ['an unknown asset', 404, 'unknown_asset', { account, asset: 'DOGE' }],
    ['an asset that every object has', 404, 'unknown_asset', { account, asset: '__proto__' }],
    ['a house account', 400, 'invalid_request', { account: 'house:vault' }],
    ['an amount', 400, 'unknown_field', { account, amount: '1000000' }],
  ])('refuses %s: %i %s', async (_, status, code, body) => {
    expect(await ask(body)).toMatchObject({ status, body: { code } });
    expect(mints.size).toBe(0);
  });
});

test('coin is given to whoever has less, and by stages that give it', async () => {
  const sent: unknown[] = [];
  const ports = (has: bigint, coinAtoms: bigint) => ({
    rpc: { request: async () => `0x${has.toString(16)}` },
    sender: {
      async send(wanted: { id: string }) {
        sent.push(wanted);
        return { id: wanted.id, nonce: 0, status: 'broadcast' as const, hashes: ['0x1', '0x2'] };
      },
    },
    coinAtoms,
  });
  const gift = { id: 'faucet:coin', account };
  expect(await minting(ports(9n, 10n)).giveCoin(gift)).toBe('0x2');
  expect(sent).toMatchObject([{ id: 'faucet:coin', to: account, valueAtoms: 10n }]);
  expect(await minting(ports(10n, 10n)).giveCoin(gift)).toBeUndefined();
  expect(await minting(ports(0n, 0n)).giveCoin(gift)).toBeUndefined();
  expect(sent).toHaveLength(1);
});
