import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaucetStore, type FaucetStore } from '#cloud/faucet-store.ts';
import { createSessionStore, type SessionStore } from '#cloud/session-store.ts';
import { type DynamoTwin, startDynamo } from '../twins/dynamo-twin.ts';

let dynamo: DynamoTwin;
let sessions: SessionStore;
let faucet: FaucetStore;

beforeAll(async () => {
  dynamo = await startDynamo('sessions');
  sessions = createSessionStore(dynamo);
  faucet = createFaucetStore(dynamo);
});
afterAll(() => dynamo.stop());

describe('nonces', () => {
  test('sixteen sign-ins at once use a nonce up once', async () => {
    await sessions.keepNonce('n-1', 1_000);
    const taken = await Promise.all(
      Array.from({ length: 16 }, () => sessions.takeNonce('n-1', 500)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test('a nonce that was never given, or is too old, is not taken', async () => {
    await sessions.keepNonce('n-2', 1_000);
    expect(await sessions.takeNonce('n-3', 500)).toBe(false);
    expect(await sessions.takeNonce('n-2', 1_000)).toBe(false);
    expect(await sessions.takeNonce('n-2', 999)).toBe(true);
  });
});

test('a published key is found by its id, and no other', async () => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: 'abc' } as const;
  await sessions.publishKey('key-1', key);
  await sessions.publishKey('key-1', key);
  expect(await sessions.publicKey('key-1')).toEqual(key);
  expect(await sessions.publicKey('key-2')).toBeUndefined();
});

describe('faucet claims', () => {
  const claim = { account: `0x${'aa'.repeat(20)}`, day: '2026-03-01', limit: 10 };

  test('twelve at once get ten slots, each once', async () => {
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, n) => faucet.claim({ ...claim, key: `k-${n}` })),
    );
    const slots = claims.flatMap((each) => (each ? [each.slot] : []));
    expect(slots.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('the same key keeps its slot, even when the day is used up', async () => {
    const day = '2026-03-02';
    const first = await faucet.claim({ ...claim, day, key: 'mine' });
    expect(first).toEqual({ slot: 0, repeated: false });
    expect(await faucet.claim({ ...claim, day, key: 'mine', limit: 1 })).toEqual({
      slot: 0,
      repeated: true,
    });
    expect(await faucet.claim({ ...claim, day, key: 'other', limit: 1 })).toBeUndefined();
  });
});
