import { beforeEach, expect, test } from 'vitest';
import { createChainFunding } from '#cloud/chain-funding.ts';
import { httpHandler } from '#cloud/http-edge.ts';
import { createStatementStore } from '#cloud/statement-store.ts';
import type { RouteOf } from '#wire/routes.ts';
import { accountRoutes } from '../../functions/accounts/account-routes.ts';
import { depositLog } from '../cloud/chain-story.ts';
import { account, eth, followDeposits, unit, withdrawalWorld } from '../cloud/withdrawal-world.ts';
import { demoDirectory, demoGroups } from './demo-catalog.ts';
import { engineMatchers } from './engine-matchers.ts';
import { call, silentLogger } from './http-call.ts';

let at: ReturnType<typeof withdrawalWorld>;
let handler: ReturnType<typeof httpHandler<'accounts'>>;
const other = `0x${'0b'.repeat(20)}`;
const hash = (n: number) => `0x${String(n).repeat(64)}`;

beforeEach(() => {
  at = withdrawalWorld();
  const { client } = at.memory;
  const routes = accountRoutes({
    ledger: at.ledger,
    statements: createStatementStore({ client, table: 'ledger' }),
    chain: createChainFunding({ client, table: 'chain', confirmations: 3 }),
    history: undefined as never,
    matchers: engineMatchers({ nowMs: () => 0 }).client,
    markets: { ...demoDirectory, assets: async () => [eth] },
    groups: demoGroups,
    verifySession: async () => ({ account, expiresAtMs: 0 }),
  });
  handler = httpHandler('accounts', routes, { logger: silentLogger });
});

const follow = () => followDeposits(at);

const deposit = (n: number, atoms: bigint, asset = BigInt(eth.chainAsset), to = account) =>
  depositLog({ account: to, asset, atoms }, { transactionHash: hash(n), logIndex: n });

const get = async (path: 'deposits' | 'withdrawals', query: Record<string, string> = {}) => {
  const route = `GET /v1/account/${path}` as RouteOf<'accounts'>;
  const headers = { authorization: 'Bearer own' };
  const { status, body } = await call(handler, route, { query, headers });
  expect(status).toBe(200);
  return body;
};

test('deposits show what is under way with its confirmations, and why the rest is not credited', async () => {
  at.story.block();
  at.story.block([deposit(1, 3n * unit), deposit(2, unit / 2n), deposit(3, 7n, 0x77n)]);
  at.story.block([deposit(4, unit, undefined, other)]);
  await follow();
  expect((await get('deposits')).uncredited).toMatchObject([
    { status: 'pending', asset: '0x77', amount: '7', confirmations: 2, confirmationsNeeded: 3 },
    { status: 'pending', asset: 'ETH', amount: '0.000000005', transactionHash: hash(2) },
    { status: 'pending', amount: '0.00000003', logIndex: 1, chainId: 31337 },
  ]);
  at.story.finalize(2);
  at.story.block([deposit(5, unit)]);
  at.story.reorg(3);
  await follow();
  const shown = await get('deposits');
  expect(shown.deposits).toMatchObject([
    { status: 'credited', amount: '0.00000003', transactionHash: hash(1), logIndex: 1 },
  ]);
  expect(shown.uncredited).toMatchObject([
    { status: 'reorged', transactionHash: hash(5) },
    { status: 'unknown_asset', asset: '0x77' },
    { status: 'dust', amount: '0.000000005' },
  ]);
  const oldest = await get('deposits', { order: 'oldest' });
  expect(oldest.uncredited).toBeUndefined();
});

test('a deposit is found by its id, credited or not, by its owner only', async () => {
  at.story.block([deposit(1, unit), deposit(2, unit, undefined, other)]);
  await follow();
  const idOf = (n: number) => `deposit:31337:${hash(n)}:${n}`;
  const mine = await get('deposits', { businessId: idOf(1) });
  expect(mine).toMatchObject({ deposits: [], uncredited: [{ depositId: idOf(1) }] });
  expect(await get('deposits', { businessId: idOf(2) })).toEqual({ deposits: [] });
  expect(await get('deposits', { businessId: 'deposit:x' })).toEqual({ deposits: [] });
  at.story.finalize(1);
  await follow();
  expect(await get('deposits', { businessId: idOf(1) })).toMatchObject({
    deposits: [{ depositId: idOf(1), status: 'credited' }],
  });
});

test('withdrawals show both how far the ledger is and how far the chain', async () => {
  await at.fund(1_000);
  const withdraw = at.withdraw();
  await at.ask(withdraw);
  await at.wake();
  const [shown] = (await get('withdrawals')).withdrawals;
  expect(shown).toMatchObject({
    ...{ status: 'held', stage: 'broadcast', recipient: account, amount: '0.000001' },
    ...{ deadlineMs: withdraw.deadlineMs, approval: { afterBatch: '0' } },
    transactionHash: expect.stringMatching(/^0x/),
  });
  await at.mine();
  await at.wake();
  const over = await get('withdrawals', { businessId: shown.withdrawalId });
  expect(over.withdrawals).toMatchObject([{ status: 'finished', stage: 'confirmed' }]);
});
