import { describe, expect, it } from 'vitest';
import { verifyLiabilityProof } from '#client/liability-proof.ts';
import { type ApiRequest, isRefused } from '#cloud/http-edge.ts';
import type { LiabilitiesJson, LiabilityProofsJson } from '#wire/rest-api.ts';
import { proveLiabilities } from '../../functions/liabilities/prove-liabilities.ts';
import { liabilityRoutes } from '../../functions/liability-proofs/liability-routes.ts';
import { accountOf, day, liabilitiesWorld } from './liabilities-world.ts';

/** Twenty accounts, published, and the routes as one of them sees them. */
async function publishedWorld() {
  const world = liabilitiesWorld();
  for (let at = 0; at < 20; at += 1) {
    world.owe(accountOf(at), 'ETH', { available: BigInt(at) * 10_000_000n });
    world.owe(accountOf(at), 'USDC', { available: 2_500_000n });
  }
  world.owe(`${accountOf(3)}/bot`, 'USDC', { frozen: 7n });
  await proveLiabilities(world.ports(), { day });
  const routes = liabilityRoutes({
    days: world.days,
    proofs: world.proofs,
    verifySession: async (token) => ({ account: accountOf(Number(token)), expiresAtMs: 0 }),
  });
  const ask = async <T>(route: keyof typeof routes, query: object = {}, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const request: ApiRequest = {
      ...{ requestId: 'r', path: {}, headers, body: undefined },
      query: query as Record<string, string>,
    };
    const answer = await routes[route](request);
    return isRefused(answer) ? { code: answer.refused } : { body: answer.body as T };
  };
  return {
    world,
    days: (query?: object) => ask<LiabilitiesJson>('GET /v1/liabilities', query),
    proofs: (query: object, token?: string) =>
      ask<LiabilityProofsJson>('GET /v1/account/liabilities', query, token),
  };
}

describe('published liabilities', () => {
  it('show everybody the total, the vault and the root of each asset', async () => {
    const { days } = await publishedWorld();
    const { body } = await days();
    expect(body?.days).toMatchObject([
      {
        day,
        assets: [
          { asset: 'ETH', accounts: 19, total: '19', vault: '19', surplus: '0' },
          { asset: 'USDC', accounts: 21, total: '50.000007', vaultSource: 'ledger' },
        ],
      },
    ]);
  });

  it('come in pages, newest day first, and never before they are published', async () => {
    const { world, days } = await publishedWorld();
    await proveLiabilities(world.ports(), { day: '2026-01-30' });
    await proveLiabilities({ ...world.ports(), remainingMs: () => 0 }, { day: '2026-01-29' });
    const first = await days({ limit: '1' });
    expect(first.body).toMatchObject({ days: [{ day }], before: day });
    const rest = await days({ before: day });
    expect(rest.body?.days.map((each) => each.day)).toEqual(['2026-01-30']);
    expect(rest.body?.before).toBeUndefined();
    expect(await days({ before: 'yesterday' })).toEqual({ code: 'invalid_request' });
    expect(await days({ limit: '101' })).toEqual({ code: 'invalid_request' });
  });
});

describe("an owner's proofs", () => {
  it('are verified by the client against what is published', async () => {
    const { days, proofs } = await publishedWorld();
    const { body: list } = await days();
    const published = list?.days[0]?.assets ?? [];
    for (let at = 0; at < 20; at += 1) {
      const { body } = await proofs({}, String(at));
      expect(body).toMatchObject({ day, account: accountOf(at) });
      expect(body?.proofs.map(({ asset }) => asset)).toEqual(at === 0 ? ['USDC'] : ['ETH', 'USDC']);
      for (const proof of body?.proofs ?? []) {
        const terms = published.find(({ asset }) => asset === proof.asset);
        expect(terms && verifyLiabilityProof(proof, terms).status).toBe('verified');
      }
    }
  });

  it('are of one asset, one day and one sub-account where these are named', async () => {
    const { proofs } = await publishedWorld();
    const account = `${accountOf(3)}/bot`;
    const { body } = await proofs({ day, asset: 'USDC', account }, '3');
    expect(body).toMatchObject({ account, proofs: [{ asset: 'USDC', units: '7', account }] });
  });

  it('are for their owner only', async () => {
    const { proofs } = await publishedWorld();
    expect(await proofs({})).toEqual({ code: 'session_required' });
    expect(await proofs({ account: accountOf(4) }, '3')).toEqual({ code: 'not_found' });
    expect(await proofs({ account: `${accountOf(3)}/bot` }, '4')).toEqual({ code: 'not_found' });
  });

  it('are not there for a day that is not published, nor for an asset that nobody holds', async () => {
    const { world, proofs } = await publishedWorld();
    await proveLiabilities({ ...world.ports(), remainingMs: () => 0 }, { day: '2026-01-30' });
    expect(await proofs({ day: '2026-01-30' }, '3')).toEqual({ code: 'not_found' });
    expect(await proofs({ day: '2025-01-30' }, '3')).toEqual({ code: 'not_found' });
    expect(await proofs({ asset: 'DOGE' }, '3')).toEqual({ code: 'unknown_asset' });
    expect(await proofs({ days: day }, '3')).toEqual({ code: 'unknown_field' });
    expect((await proofs({ asset: 'ETH' }, '0')).body).toMatchObject({ proofs: [] });
  });
});
