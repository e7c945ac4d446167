/** How far a fill is on its way to the chain, as its owner reads it. */
import { expect, test } from 'vitest';
import { httpHandler } from '#cloud/http-edge.ts';
import type { FillSettlement, OwnFill } from '#cloud/settlement-status.ts';
import { accountRoutes } from '../../functions/accounts/account-routes.ts';
import { demoDirectory, demoGroups } from './demo-catalog.ts';
import { engineMatchers } from './engine-matchers.ts';
import { exportedAccount, owner, startMs } from './exported-account.ts';
import { call, silentLogger } from './http-call.ts';

async function fillsOf(settlements?: (fills: readonly OwnFill[]) => Promise<FillSettlement[]>) {
  const account = exportedAccount();
  const { ledger, statements, history } = account;
  for (const sequence of [3, 4, 9]) account.trade(sequence, startMs + sequence);
  const routes = accountRoutes({
    ...{ ledger, statements, history, settlements },
    matchers: engineMatchers({ nowMs: () => startMs }).client,
    markets: demoDirectory,
    groups: demoGroups,
    verifySession: async () => ({ account: owner, expiresAtMs: 0 }),
  });
  const handler = httpHandler('accounts', routes, { logger: silentLogger });
  const headers = { authorization: 'Bearer own' };
  const { body } = await call(handler, 'GET /v1/account/fills', { headers });
  return body.fills as { tradeId: string; settlement?: FillSettlement }[];
}

test('each fill has the settlement of its own trade and side', async () => {
  const asked: OwnFill[] = [];
  const fills = await fillsOf(async (own) => {
    asked.push(...own);
    return own.map(({ sequence }) => ({ status: 'settled', transactionHash: `0x${sequence}` }));
  });
  expect(fills.length).toBe(3);
  expect(fills.map(({ settlement }) => settlement?.transactionHash)).toEqual(
    fills.map(({ tradeId }) => `0x${tradeId.split('-').at(-1)}`),
  );
  expect(asked.map(({ groupId, sequence }) => `${groupId}-${sequence}`)).toEqual(
    fills.map(({ tradeId }) => tradeId),
  );
});

test('a stage without a chain says nothing of settlement', async () => {
  const fills = await fillsOf();
  expect(fills.every(({ settlement }) => settlement === undefined)).toBe(true);
});
