/** The register of assets: the first terms stand, whoever asks at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAssetRegister } from '#cloud/asset-register.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';

const doge = { id: 'DOGE', decimals: 4, chainDecimals: 8, chainAsset: '0xd0' };
let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

test('an asset has the terms of its first claim, and no others ever', async () => {
  const register = createAssetRegister({ client: twin.client, table: await newTable() });
  expect(await register.claim(doge)).toBe(true);
  expect(await register.claim({ ...doge })).toBe(true);
  for (const change of [{ decimals: 5 }, { chainDecimals: 9 }, { chainAsset: '0xd1' }])
    expect(await register.claim({ ...doge, ...change })).toBe(false);
  expect(await register.claim({ ...doge, id: 'SHIB', decimals: 5 })).toBe(true);
});

test('of two claims at once with other terms one is refused', async () => {
  const register = createAssetRegister({ client: twin.client, table: await newTable() });
  const claims = [4, 6].map((decimals) => register.claim({ ...doge, decimals }));
  expect((await Promise.all(claims)).sort()).toEqual([false, true]);
});
