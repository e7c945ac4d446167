import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  createSessionSigner,
  createSessionVerifier,
  type SessionSigner,
  type SessionVerifier,
} from '#cloud/session-token.ts';
import { memorySessions } from '../functions/memory-sessions.ts';

const account = `0x${'aa'.repeat(20)}`;
const secret = 's'.repeat(64);
let nowMs: number;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
let store: ReturnType<typeof memorySessions>;
let signer: SessionSigner;
let verify: SessionVerifier;
let reads: number;

beforeEach(async () => {
  nowMs = 1_800_000_000_000;
  reads = 0;
  store = memorySessions();
  signer = await createSessionSigner({ secret, stage: 'local', clock });
  await store.publishKey(signer.keyId, signer.publicKey);
  const publicKey = (keyId: string) => {
    reads += 1;
    return store.publicKey(keyId);
  };
  verify = createSessionVerifier({ keys: { publicKey }, stage: 'local', clock });
});

const bad = { refused: 'bad_session' };
const claims = () =>
  ({ iss: 'crossbook', aud: 'local', sub: account, exp: Math.floor(nowMs / 1000) + 60 }) as const;

describe('a session token', () => {
  test('opens its account until it ends', async () => {
    const { token, expiresAtMs } = await signer.sign(account);
    expect(await verify(token)).toEqual({ account, expiresAtMs });
    nowMs = expiresAtMs - 1;
    expect(await verify(token)).toEqual({ account, expiresAtMs });
    nowMs = expiresAtMs;
    expect(await verify(token)).toEqual({ refused: 'session_expired' });
  });

  test('is signed by a key that the same secret always gives, and another secret never', async () => {
    const again = await createSessionSigner({ secret, stage: 'local', clock });
    const other = await createSessionSigner({ secret: 't'.repeat(64), stage: 'local', clock });
    expect(again.publicKey).toEqual(signer.publicKey);
    expect(other.keyId).not.toBe(signer.keyId);
    expect(await verify((await other.sign(account)).token)).toEqual(bad);
  });

  test('of another stage opens nothing', async () => {
    const elsewhere = await createSessionSigner({ secret, stage: 'prod', clock });
    expect(await verify((await elsewhere.sign(account)).token)).toEqual(bad);
  });

  test('that was altered opens nothing', async () => {
    const { token } = await signer.sign(account);
    const [header, , signature] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims(), sub: 'x' })).toString('base64url');
    expect(await verify(`${header}.${payload}.${signature}`)).toEqual(bad);
  });

  test('without signature, or signed with the public key as a password, opens nothing', async () => {
    const none = new UnsecuredJWT(claims()).encode();
    const confused = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: signer.keyId })
      .sign(Buffer.from(signer.publicKey.x));
    expect(await verify(none)).toEqual(bad);
    expect(await verify(confused)).toEqual(bad);
    expect(reads).toBe(0);
  });

  test.each(['', 'x', 'a.b.c', '..', '🍋'])('that is "%s" opens nothing', async (token) => {
    expect(await verify(token)).toEqual(bad);
  });

  test('asks for its key once', async () => {
    const { token } = await signer.sign(account);
    await verify(token);
    await verify(token);
    expect(reads).toBe(1);
  });

  test('is never signed with a short secret', async () => {
    const short = createSessionSigner({ secret: 'abc', stage: 'local', clock });
    await expect(short).rejects.toThrow('shorter than 32');
  });
});
